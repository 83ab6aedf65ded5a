"""RFC 2136 updates: compare-and-swap on whole RRsets, all of a message or nothing of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.update

from tapak.sdk.dns.asking import Question
from tapak.sdk.dns.provider import Swap
from tapak.sdk.dns.records import Parsed, label, same
from tapak.sdk.dns.servers import Server
from tapak.sdk.errors import ChangedMeanwhile, ProviderError, TapakError
from tapak.sdk.resources import RecordSet
from tapak_bind import failures
from tapak_bind.composing import Piece, fill, messages
from tapak_bind.listing import Record, ZoneListing
from tapak_bind.reading import PrimaryReader

SHORTEST_WAIT = 0.05
# Record sets in a message from which on a transfer of what it changed is quicker than a question for each.
MANY = 50


class Updater:
    """Sends signed updates to the primary and reads back what came of them."""

    def __init__(self, server: Server, key: dns.tsig.Key, timeout: float, listing: ZoneListing) -> None:
        self._server = server
        self._keyring = {key.name: key}
        self._key = key
        self._timeout = timeout
        self._listing = listing
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
            ProviderError: the server refused the message.
        """
        limit = self._timeout if timeout is None else min(timeout, self._timeout)
        try:
            answer = self._server.exchange(message, limit)
        except (dns.exception.Timeout, OSError):
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
        for part in [part for each in _by_zone(swaps) for part in messages(each)]:
            try:
                if self._commit(part, deadline):
                    made.append([piece.swap for piece in part])
            except TapakError as error:
                raise self._undone(made, error) from error

    def _commit(self, pieces: Sequence[Piece], deadline: float) -> bool:
        """Make the swaps of one message; False where they had all been made before.

        An answer may be lost after the update was made, so that the same update is refused when it is sent again:
        what stands decides, not the answer.
        """
        swaps = [piece.swap for piece in pieces]
        zone = swaps[0].target.zone
        before = self.reader.serial(zone) if len(swaps) >= MANY else None
        lost = False
        while True:
            left = deadline - time.monotonic()
            message = self.message(zone)
            fill(message, pieces)
            try:
                rcode = self.send(message, max(min(left, self._timeout / 3), SHORTEST_WAIT))
            except (dns.exception.Timeout, OSError) as error:
                if time.monotonic() >= deadline:
                    raise failures.from_exception(self._server, error) from error
                lost = True
                if self._settled(swaps, deadline):
                    return True
                continue
            made = rcode == dns.rcode.NOERROR
            if made and before is not None and self._transferred(zone, before, swaps):
                return True
            if self._settled(swaps, deadline):
                return lost or made
            raise _changed(swaps, rcode)

    def _transferred(self, zone: dns.name.Name, before: int, swaps: Sequence[Swap]) -> bool:
        """Whether what changed since the serial ``before`` is, at the names of ``swaps``, exactly what they change.

        With the prerequisites, which held, that tells what stands. False where a transfer can't tell.
        """
        try:
            delta = self._listing.changes_since(zone, before)
        except ProviderError:
            return False
        keys = {(swap.target.spec.name, int(swap.target.rdtype)) for swap in swaps}
        old, new = _values(swap.old for swap in swaps), _values(swap.new for swap in swaps)
        if delta.full:
            return {each for each in _standing(delta.records) if each[:2] in keys} == new
        removed, added = ({each for each in some if each[:2] in keys} for some in (delta.removed, delta.added))
        return removed == old - new and added == new - old

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
                for pieces in messages(_ordered([swap.undo for swap in part])):
                    self._commit(pieces, time.monotonic() + self._timeout)
            except TapakError:
                left += part
        if not left:
            return error
        told = f"{error.message} Yang sudah terlanjur diubah dan belum dikembalikan: {_names(left)}."
        return type(error)(told, log=f"{error.log}; could not undo {_names(left)}")


def _by_zone(swaps: Sequence[Swap]) -> list[list[Swap]]:
    """The swaps of each zone, removals first: in whichever message, a name is freed before it is taken."""
    zones: dict[dns.name.Name, list[Swap]] = {}
    for swap in _ordered(swaps):
        zones.setdefault(swap.target.zone, []).append(swap)
    return list(zones.values())


def _ordered(swaps: Sequence[Swap]) -> list[Swap]:
    return sorted(swaps, key=lambda swap: swap.new is not None)


def _values(several: Iterable[Parsed | None]) -> set[Record]:
    return {
        (each.spec.name, int(each.rdtype), each.rdataset.ttl, rdata.to_text())
        for each in several
        if each is not None
        for rdata in each.rdataset
    }


def _standing(records: Iterable[RecordSet]) -> Iterator[Record]:
    for each in records:
        rdtype = int(dns.rdatatype.from_text(each.type))
        yield from ((each.name, rdtype, each.ttl, value) for value in each.values)


def _changed(swaps: Sequence[Swap], rcode: dns.rcode.Rcode) -> ChangedMeanwhile:
    names = _names(swaps)
    told = f"Rekaman {names} di server tidak lagi seperti yang terakhir dibaca; dibaca ulang sebelum diubah."
    return ChangedMeanwhile(told, log=f"{names}: {dns.rcode.to_text(rcode)}, and not what is desired")


def _names(swaps: Sequence[Swap]) -> str:
    return ", ".join(swap.target.spec.identity for swap in swaps[:3]) + (", …" if len(swaps) > 3 else "")
