"""RFC 2136 updates: compare-and-swap on whole RRsets, all of a message or nothing of it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.update

from tapak.sdk.dns.asking import Question
from tapak.sdk.dns.provider import Swap
from tapak.sdk.dns.records import label, same
from tapak.sdk.dns.servers import Server
from tapak.sdk.errors import ChangedMeanwhile, Invalid, TapakError
from tapak_bind import failures
from tapak_bind.reading import CNAME, KINDS, STAND_ALONE, PrimaryReader

SHORTEST_WAIT = 0.05
# Record sets in one message: with prerequisites as many as 64 kB are likely to hold, so that few are composed in vain.
FITTING = 500


class Updater:
    """Sends signed updates to the primary and reads back what came of them."""

    def __init__(self, server: Server, key: dns.tsig.Key, timeout: float) -> None:
        self._server = server
        self._keyring = {key.name: key}
        self._key = key
        self._timeout = timeout
        self.reader = PrimaryReader(server, timeout, self.absent)

    def message(self, zone: dns.name.Name) -> dns.update.UpdateMessage:
        """An empty, signed update of ``zone``."""
        return dns.update.UpdateMessage(
            zone, keyring=self._keyring, keyname=self._key.name, keyalgorithm=self._key.algorithm
        )

    def send(self, message: dns.update.UpdateMessage, timeout: float | None = None) -> dns.rcode.Rcode:
        """The server's answer: NOERROR or a prerequisite that failed.

        Raises:
            dns.exception.Timeout, OSError: the answer is lost or the server is down.
            dns.exception.TooBig: the message is over 64 kB; nothing was sent.
            ProviderError: the server refused the message.
        """
        limit = self._timeout if timeout is None else min(timeout, self._timeout)
        try:
            answer = self._server.exchange(message, limit)
        except (dns.exception.Timeout, dns.exception.TooBig, OSError):
            raise
        except dns.exception.DNSException as error:
            raise failures.from_exception(self._server, error) from error
        rcode = answer.rcode()
        if rcode != dns.rcode.NOERROR and rcode not in failures.PREREQUISITES:
            raise failures.from_rcode(self._server, rcode, label(message.zone[0].name))
        if not answer.had_tsig:
            raise failures.unsigned(self._server)
        return rcode

    def absent(self, question: Question, zone: dns.name.Name) -> bool:
        """Whether the zone itself holds no such RRset, as a prerequisite tells; changes nothing.

        Raises:
            ProviderError: the server doesn't answer or refuses the key.
        """
        message = self.message(zone)
        message.absent(question.name, question.rdtype)
        try:
            return self.send(message) == dns.rcode.NOERROR
        except (dns.exception.Timeout, OSError) as error:
            raise failures.from_exception(self._server, error) from error

    def swap(self, swaps: Sequence[Swap], timeout: float) -> None:
        """Make ``swaps``, all or none: a message for each zone, and what was made is undone where a later one fails.

        Raises:
            ChangedMeanwhile: the server doesn't hold an ``old``; nothing was changed.
            ProviderError: anything else.
        """
        deadline = time.monotonic() + timeout
        made: list[list[Swap]] = []
        waiting = _by_zone(swaps)
        try:
            while waiting:
                part = waiting.popleft()
                try:
                    if self._commit(part, deadline):
                        made.append(part)
                except dns.exception.TooBig:
                    waiting.extendleft(_halves(part))
        except TapakError as error:
            raise self._undone(made, error) from error

    def _commit(self, swaps: Sequence[Swap], deadline: float) -> bool:
        """Make the swaps of one zone; False where they had all been made before.

        An answer may be lost after the update was made, so that the same update is refused when it is sent again:
        what stands decides, not the answer.
        """
        lost = False
        while True:
            left = deadline - time.monotonic()
            message = self._compose(swaps)
            try:
                rcode = self.send(message, max(min(left, self._timeout / 3), SHORTEST_WAIT))
            except (dns.exception.Timeout, OSError) as error:
                if time.monotonic() >= deadline:
                    raise failures.from_exception(self._server, error) from error
                lost = True
                if self._settled(swaps, deadline):
                    return True
                continue
            if self._settled(swaps, deadline):
                return lost or rcode == dns.rcode.NOERROR
            raise _changed(swaps, rcode)

    def _compose(self, swaps: Sequence[Swap]) -> dns.update.UpdateMessage:
        message = self.message(swaps[0].target.zone)
        leaving = {swap.question for swap in swaps if swap.new is None}
        for swap in swaps:
            if swap.old is not None:
                message.present(swap.old.name, *swap.old.rdataset)
                message.delete(swap.old.name, swap.old.rdtype)
            else:
                _require_room(message, swap.question, swap.target.zone, leaving)
        for swap in swaps:  # after every removal: a CNAME may take an address's place
            if swap.new is not None:
                message.add(swap.new.name, swap.new.rdataset)
        return message

    def _settled(self, swaps: Sequence[Swap], deadline: float) -> bool:
        """Whether everything stands as it is to stand, with its TTL."""
        left = max(min(deadline - time.monotonic(), self._timeout), SHORTEST_WAIT)
        answers = self.reader.answers((swap.question for swap in swaps), left)
        doubtful = {}
        for swap in swaps:
            found = answers[swap.question].rdataset
            if swap.new is None and (found is not None or answers[swap.question].cname is not None):
                doubtful[swap.question] = swap.target.zone  # perhaps a wildcard's answer
            elif swap.new is not None and (found is None or not same(found, swap.new.rdataset)):
                return False
        standing = self.reader.standing(doubtful, left) if doubtful else {}
        return all(standing[question] is None for question in doubtful)

    def _undone(self, made: Sequence[list[Swap]], error: TapakError) -> TapakError:
        """Undo what was ``made`` before ``error``; the error to raise, which tells what could not be undone."""
        left: list[Swap] = []
        for part in reversed(made):
            try:
                self._commit([swap.undo for swap in part], time.monotonic() + self._timeout)
            except TapakError:
                left += part
        if not left:
            return error
        told = f"{error.message} Yang sudah terlanjur diubah dan belum dikembalikan: {_names(left)}."
        return type(error)(told, log=f"{error.log}; could not undo {_names(left)}")


def _by_zone(swaps: Sequence[Swap]) -> deque[list[Swap]]:
    """The swaps of each zone in portions, removals first: where it must be cut, a name is freed before it is taken."""
    zones: dict[dns.name.Name, list[Swap]] = {}
    for swap in sorted(swaps, key=lambda swap: swap.new is not None):
        zones.setdefault(swap.target.zone, []).append(swap)
    return deque(part[at : at + FITTING] for part in zones.values() for at in range(0, len(part), FITTING))


def _halves(swaps: list[Swap]) -> tuple[list[Swap], list[Swap]]:
    """The later half, then the earlier one, as ``deque.extendleft`` wants them."""
    if len(swaps) == 1:
        told = f"Rekaman {swaps[0].target.spec.identity} terlalu besar untuk satu pesan DNS; kurangi nilainya."
        raise Invalid(told, log=f"{swaps[0].target.spec.identity}: over 64 kB")
    middle = len(swaps) // 2
    return swaps[middle:], swaps[:middle]


def _require_room(
    message: dns.update.UpdateMessage, question: Question, zone: dns.name.Name, leaving: set[Question]
) -> None:
    """Prerequisites of a new RRset: it isn't there, and neither is what can't stand beside it."""
    name, alone = question.name, question.rdtype in STAND_ALONE
    if alone and not any(Question(name, kind) in leaving for kind in KINDS):
        message.absent(name)
        return
    others = KINDS if alone else (CNAME,) if name == zone else STAND_ALONE
    for kind in dict.fromkeys((question.rdtype, *others)):
        if Question(name, kind) not in leaving:
            message.absent(name, kind)


def _changed(swaps: Sequence[Swap], rcode: dns.rcode.Rcode) -> ChangedMeanwhile:
    names = _names(swaps)
    told = f"Rekaman {names} di server tidak lagi seperti yang terakhir dibaca; dibaca ulang sebelum diubah."
    return ChangedMeanwhile(told, log=f"{names}: {dns.rcode.to_text(rcode)}, and not what is desired")


def _names(swaps: Sequence[Swap]) -> str:
    return ", ".join(swap.target.spec.identity for swap in swaps[:3]) + (", …" if len(swaps) > 3 else "")
