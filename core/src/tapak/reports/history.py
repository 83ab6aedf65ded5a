"""What became of names, from what was verified at the servers: when each was new, changed and ended.

Pure: lines of the journal go in, events come out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any

NEW, CHANGED, RENEWED, ENDED = "new", "changed", "renewed", "ended"
KINDS = (NEW, CHANGED, RENEWED, ENDED)


@dataclass(frozen=True)
class Line:
    """A record set's ``spec`` as it was seen at every server at ``at`` (None: it was gone there).

    ``known``: it stood there before it was ours. ``suspended``: the record set is to come back.
    """

    name: str
    agency_id: int
    service_id: int
    resource_id: int
    generation: int
    at: datetime
    spec: Mapping[str, Any] | None
    known: bool = False
    suspended: bool = False


@dataclass(frozen=True)
class Event:
    """What happened to ``name`` of the unit ``agency_id``: new, changed, renewed or ended."""

    kind: str
    name: str
    agency_id: int
    at: datetime


@dataclass(frozen=True)
class _Stay:
    """A record set from ``start`` until ``end`` (None: still there); a suspension doesn't interrupt it."""

    first: Line
    changes: tuple[datetime, ...] = ()
    end: datetime | None = None


def events(lines: Iterable[Line]) -> list[Event]:
    """What happened to every name, in the order of time."""
    found: list[Event] = []
    by_name = sorted(lines, key=lambda line: (line.name, line.resource_id, line.at))
    for _, of_name in groupby(by_name, key=lambda line: line.name):
        stays = [stay for _, of_one in groupby(of_name, key=lambda line: line.resource_id) for stay in _stay([*of_one])]
        for together in _joined(stays):
            found += _of(together)
    return sorted(found, key=lambda event: (event.at, event.name))


def running(found: Iterable[Event], moments: Sequence[datetime]) -> list[Mapping[int, int]]:
    """How many names each unit has at each of ``moments`` (rising), by ``events``' own account."""
    held: dict[str, int] = {}
    counted: list[Mapping[int, int]] = []
    for event in found:
        while len(counted) < len(moments) and event.at >= moments[len(counted)]:
            counted.append(Counter(held.values()))
        if event.kind == ENDED:
            held.pop(event.name, None)
        else:
            held.setdefault(event.name, event.agency_id)
    return [*counted, *(Counter(held.values()) for _ in moments[len(counted) :])]


def _stay(lines: Sequence[Line]) -> Iterator[_Stay]:
    """The stay of one record set; none where it was never there. Gone and back again in one hand is no end."""
    there = [line for line in lines if line.spec is not None]
    if not there:
        return
    changes = tuple(line.at for before, line in pairwise(there) if line.spec != before.spec)
    last = lines[-1]
    yield _Stay(there[0], changes, None if last.spec is not None or last.suspended else last.at)


def _joined(stays: Iterable[_Stay]) -> Iterator[list[_Stay]]:
    """Stays that overlap or follow at once are one of their name."""
    together: list[_Stay] = []
    for stay in sorted(stays, key=lambda each: each.first.at):
        if together and all(each.end is not None and each.end < stay.first.at for each in together):
            yield together
            together = []
        together.append(stay)
    if together:
        yield together


def _of(stays: Sequence[_Stay]) -> Iterator[Event]:
    first = stays[0].first
    ends = [stay.end for stay in stays]
    end = None if None in ends else max(at for at in ends if at is not None)
    yield Event(CHANGED if first.known else NEW, first.name, first.agency_id, first.at)
    moments = {at for stay in stays for at in stay.changes}
    moments |= {stay.first.at for stay in stays[1:] if not _at_once(first, stay.first)}
    moments |= {at for at in ends if at is not None}
    yield from (Event(CHANGED, first.name, first.agency_id, at) for at in sorted(moments - {end}))
    if end is not None:
        yield Event(ENDED, first.name, stays[-1].first.agency_id, end)


def _at_once(first: Line, other: Line) -> bool:
    """Whether ``other`` was declared together with ``first``: it only was seen a moment later."""
    return (other.service_id, other.generation) == (first.service_id, first.generation)
