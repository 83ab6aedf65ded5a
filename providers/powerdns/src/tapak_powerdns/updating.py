"""Changes of RRsets: compared, written in one PATCH for each zone, and read back, by one worker at a time.

PowerDNS has no prerequisites. What compares and writes therefore holds a lock that all workers share: one for each
zone, and with SQLite, where a second writer gets "database is locked", one for the whole server. Somebody who changes
the same RRset past Tapak between our reading and our PATCH, some milliseconds later, is overwritten.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager

from tapak.sdk.dns.provider import Swap
from tapak.sdk.errors import ChangedMeanwhile, ForeignResource, ProviderUnavailable, TapakError
from tapak_powerdns.client import Client, Refused, refused
from tapak_powerdns.rrsets import Standing, commented, deleting, replacing
from tapak_powerdns.zones import Node, Zones, delegated, hides, patch

Alone = Callable[[str, float], AbstractContextManager[None]]
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.3
TRIES = 4
# Bytes of one PATCH: PowerDNS takes 2 MB (webserver-max-bodysize) unless it is told otherwise.
LARGEST = 1_800_000
# What JSON adds to an RRset, or to a value of it, about.
AROUND = 100


class Updater:
    """Makes swaps. ``alone`` gives the locks; ``comments`` says whether RRsets name their request."""

    def __init__(self, client: Client, zones: Zones, alone: Alone, *, comments: bool) -> None:
        self._client = client
        self._zones = zones
        self._alone = alone
        self._comments = comments
        self._sqlite: bool | None = None

    def swap(self, swaps: Sequence[Swap], timeout: float) -> None:
        """Make ``swaps``, all or none: a PATCH for each zone, more where it would be too large.

        What was made is undone where a later one fails.

        Raises:
            ChangedMeanwhile: the server doesn't hold an ``old``; nothing was changed.
            ProviderError: anything else.
        """
        deadline = time.monotonic() + timeout
        made: list[Sequence[Swap]] = []
        for part in _parts(swaps):
            try:
                if self._commit(part[0].target.spec.zone, part, deadline):
                    made.append(part)
            except TapakError as error:
                raise self._undone(made, error) from error

    def _commit(self, zone: str, swaps: Sequence[Swap], deadline: float) -> bool:
        """Make the swaps of one zone; False where they had all been made before."""
        with self._alone(self._lock(zone, deadline), _left(deadline)):
            self._zones.prepare(zone, _left(deadline))
            return self._write(zone, swaps, deadline)

    def _write(self, zone: str, swaps: Sequence[Swap], deadline: float) -> bool:
        """What stands decides, not the answer: a PATCH whose answer was lost may have been made, or be made yet."""
        pause, problem = FIRST_PAUSE, None
        for attempt in range(TRIES):
            nodes = self._nodes(zone, swaps, deadline)
            if all(_is_made(swap, nodes) for swap in swaps):
                return attempt > 0
            self._compare(zone, swaps, nodes, deadline)
            if problem is not None:
                if time.monotonic() + pause >= deadline:
                    break
                time.sleep(pause)
                pause = min(pause * 3, LONGEST_PAUSE)
            try:
                patch(self._client, zone, self._changes(swaps, nodes), _left(deadline))
                problem = None
            except ProviderUnavailable as unheard:
                problem = unheard
            except Refused as no:
                self._compare(zone, swaps, self._nodes(zone, swaps, deadline), deadline)
                raise refused(no, _names(swaps)) from no
        nodes = self._nodes(zone, swaps, deadline)
        if all(_is_made(swap, nodes) for swap in swaps):
            return True
        raise problem or _not_read_back(swaps)

    def _compare(self, zone: str, swaps: Sequence[Swap], nodes: Mapping[str, Node], deadline: float) -> None:
        leaving = {(swap.target.spec.name, swap.target.spec.type) for swap in swaps if swap.new is None}
        for swap in swaps:
            _refuse_changed(swap, nodes, leaving)
        specs = [swap.target.spec for swap in swaps]
        off = self._zones.switched_off(zone, {spec.name for spec in specs}, nodes, _left(deadline))
        for spec in specs:
            if (spec.name, spec.type) in off:
                told = f"{spec.identity} memuat rekaman yang dinonaktifkan; aktifkan atau hapus dahulu di PowerDNS."
                raise ForeignResource(told, log=f"{spec.identity}: disabled records")

    def _changes(self, swaps: Sequence[Swap], nodes: Mapping[str, Node]) -> list[dict[str, object]]:
        """Removals first: a CNAME may take an address's place."""
        waiting = [swap for swap in swaps if not _is_made(swap, nodes)]
        gone = [deleting(swap.target) for swap in waiting if swap.new is None]
        return gone + [
            replacing(swap.new, self._noted(swap, _standing(swap, nodes))) for swap in waiting if swap.new is not None
        ]

    def _noted(self, swap: Swap, found: Standing | None) -> list[dict[str, object]] | None:
        return commented(found.comments if found else (), swap.note) if self._comments else None

    def _nodes(self, zone: str, swaps: Sequence[Swap], deadline: float) -> dict[str, Node]:
        return self._zones.nodes(zone, {swap.target.spec.name for swap in swaps}, _left(deadline))

    def _lock(self, zone: str, deadline: float) -> str:
        if self._sqlite is None:
            launched = self._client.get("/config/launch", None, _left(deadline)) or {}
            self._sqlite = "sqlite" in str(launched.get("value", ""))
        return f"powerdns {self._client.url}" + ("" if self._sqlite else f" {zone}")

    def _undone(self, made: Sequence[Sequence[Swap]], error: TapakError) -> TapakError:
        """Undo what was ``made`` before ``error``; the error to raise, which tells what could not be undone."""
        left: list[Swap] = []
        for part in reversed(made):
            try:
                self._commit(part[0].target.spec.zone, [swap.undo for swap in part], time.monotonic() + 5)
            except TapakError:
                left += part
        if not left:
            return error
        told = f"{error.message} Yang sudah terlanjur diubah dan belum dikembalikan: {_names(left)}."
        return type(error)(told, log=f"{error.log}; could not undo {_names(left)}")


def _parts(swaps: Sequence[Swap]) -> Iterator[list[Swap]]:
    """The swaps of each zone, as many as fit into a PATCH; removals first: a name is freed before it is taken."""
    part: list[Swap] = []
    size = 0
    for swap in sorted(swaps, key=lambda swap: (swap.target.spec.zone, swap.new is not None)):
        spec = swap.target.spec
        own = AROUND + len(spec.name) + len(swap.note) + sum(AROUND + 2 * len(value) for value in spec.values)
        if part and (size + own > LARGEST or spec.zone != part[0].target.spec.zone):
            yield part
            part, size = [], 0
        part.append(swap)
        size += own
    if part:
        yield part


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.05)


def _is_made(swap: Swap, nodes: Mapping[str, Node]) -> bool:
    found = _standing(swap, nodes)
    return swap.new is None if found is None else found.is_as(swap.new)


def _refuse_changed(swap: Swap, nodes: Mapping[str, Node], leaving: Collection[tuple[str, str]]) -> None:
    """Refuse where it doesn't stand as it was or as it is to be, or where what can't stand beside it stays."""
    found, spec = _standing(swap, nodes), swap.target.spec
    as_it_was = swap.old is None if found is None else found.is_as(swap.old)
    blocked = [] if swap.new is None else hides(swap.new, nodes[spec.name])
    stays = [each for each in blocked if (each.name, each.type) not in leaving]
    if any(each.type == "NS" for each in stays):
        raise delegated(spec.name)
    if stays or not (as_it_was or _is_made(swap, nodes)):
        told = (
            f"Rekaman {spec.identity} di server tidak lagi seperti yang terakhir dibaca; dibaca ulang sebelum diubah."
        )
        raise ChangedMeanwhile(told, log=f"{spec.identity}: not what was observed")


def _not_read_back(swaps: Sequence[Swap]) -> ProviderUnavailable:
    told = f"Rekaman {_names(swaps)} diterima PowerDNS tetapi tidak terbaca kembali; dicoba lagi."
    return ProviderUnavailable(told, log=f"{_names(swaps)}: written and not read back")


def _names(swaps: Sequence[Swap]) -> str:
    return ", ".join(swap.target.spec.identity for swap in swaps[:3]) + (", …" if len(swaps) > 3 else "")


def _standing(swap: Swap, nodes: Mapping[str, Node]) -> Standing | None:
    """What ``nodes`` hold at the name and type of ``swap``."""
    name, kind = swap.key
    return nodes[name].get(kind)
