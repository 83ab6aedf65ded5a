"""What was changed by hand: found by serial and IXFR (or a whole reading), or by reading sites; noted, never undone.

Only what is live and stays of the generation that was looked at is judged: what a worker is at is its own affair.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tapak.provisioning.models import Connection, Resource, ZoneState
from tapak.sdk.provider import Provider, ZoneChanges, ZoneLister, ZoneReader
from tapak.sdk.resources import RecordSet, Spec, spec_from_json

T = TypeVar("T")

EVERY = 300.0
"""Seconds between two looks at a connection."""
WHOLE_EVERY = timedelta(days=1)
"""How old a whole reading may be: a serial doesn't tell of everything (a database changed behind PowerDNS's API)."""
AT_ONCE = 500
"""Resources asked about in one read."""


@dataclass(frozen=True)
class Ours:
    """A live resource as it was last verified; ``drift`` is what an earlier look noted."""

    id: int
    service_id: int
    generation: int
    spec: Spec
    drift: dict[str, Any] | None


@dataclass(frozen=True)
class Difference:
    """Ours stands otherwise, or no longer (``found`` None)."""

    ours: Ours
    found: Spec | None


@dataclass
class Look:
    """What one look at a connection found.

    ``same`` are resources that were looked at and stand as they should; ``foreign`` record sets that we never made;
    ``whole`` zones that were read in full; ``serials`` what each zone stood at.
    """

    different: list[Difference] = field(default_factory=list)
    same: list[Ours] = field(default_factory=list)
    foreign: list[RecordSet] = field(default_factory=list)
    whole: set[str] = field(default_factory=set)
    serials: dict[str, int] = field(default_factory=dict)


def live_resources(session: Session, connection: Connection, *which: Any) -> list[Ours]:
    """What is live on the connection, of ``which`` (conditions on :class:`Resource`), in a stable order."""
    query = (
        select(
            Resource.id,
            Resource.service_id,
            Resource.generation,
            Resource.kind,
            Resource.applied,
            Resource.drift,
        )
        .where(Resource.connection_id == connection.id, Resource.state == "live", Resource.applied.is_not(None), *which)
        .order_by(Resource.id)
    )
    return [
        Ours(row.id, row.service_id, row.generation, spec_from_json(row.kind, row.applied), row.drift)
        for row in session.execute(query)
    ]


class Rows:
    """What is known of a connection, read as it is asked for; no transaction stays open while servers are asked."""

    def __init__(self, session: Session, connection: Connection) -> None:
        self._session = session
        self._connection = connection

    def live(self, *which: Any) -> list[Ours]:
        """What is live, of ``which`` (conditions on :class:`Resource`)."""
        found = live_resources(self._session, self._connection, *which)
        self._session.commit()
        return found

    def in_zone(self, changes: ZoneChanges) -> list[Ours]:
        """What is live in the zone: all where it was read whole, else what ``changes`` tell of."""
        if changes.full:
            return self.live(IN_ZONES, Resource.applied["zone"].astext == changes.zone)
        some = [self.live(IN_ZONES, Resource.identity.in_(some)) for some in portions(changes.present)]
        return [each for several in some for each in several if _in_zone(each.spec, changes.zone)]

    def known(self, identities: Collection[str]) -> Set[str]:
        """Those of ``identities`` that aren't foreign: everything that isn't gone, also what a worker is at."""
        here = (Resource.connection_id == self._connection.id, Resource.state != "gone")
        found: set[str] = set()
        for some in portions(identities):
            found.update(self._session.scalars(select(Resource.identity).where(*here, Resource.identity.in_(some))))
        self._session.commit()
        return found


IN_ZONES = Resource.kind == RecordSet.kind


def portions(items: Collection[T]) -> Iterator[list[T]]:
    """``items``, so many at once as are asked about in one read."""
    ordered = list(items)
    return (ordered[start : start + AT_ONCE] for start in range(0, len(ordered), AT_ONCE))


def serials(session: Session, connection: Connection) -> dict[str, int]:
    """Up to which serial each zone of the connection was looked at; not those that are to be read whole again."""
    query = select(ZoneState.zone, ZoneState.serial).where(
        ZoneState.connection_id == connection.id, ZoneState.whole_at > func.now() - WHOLE_EVERY
    )
    return {row.zone: row.serial for row in session.execute(query)}


def look(provider: Provider, zones: Sequence[str], rows: Rows, since: Mapping[str, int]) -> Look:
    """Look at every zone (from its serial in ``since`` on, else in full) and at what has no zone.

    A server that can only list its zones is always read in full. Where nothing changed no row is read either.

    Raises:
        ProviderError: a server didn't tell.
    """
    seen = Look()
    if isinstance(provider, (ZoneReader, ZoneLister)):
        for zone in zones:
            changes = changes_since(provider, zone, rows, since.get(zone))
            _look_at_zone(provider, changes, rows.in_zone(changes), seen)
            seen.foreign.extend(foreign(changes, rows))
        _compare(provider, rows.live(~IN_ZONES), seen)
    else:
        _compare(provider, rows.live(), seen)
    return seen


def foreign(changes: ZoneChanges, rows: Rows) -> list[RecordSet]:
    """What ``changes`` tell of and we never made."""
    known = rows.known(changes.present)
    return [spec for at, spec in changes.present.items() if spec is not None and at not in known]


def changes_since(provider: ZoneReader | ZoneLister, zone: str, rows: Rows, since: int | None) -> ZoneChanges:
    """What changed in ``zone``, or the whole of it.

    Raises:
        ProviderError: its server didn't tell.
    """
    if not isinstance(provider, ZoneReader):
        return ZoneChanges(zone, 0, True, {record.identity: record for record in provider.zone_records(zone)})
    changes = provider.zone_changes(zone, since)
    removed = {at for at, spec in changes.present.items() if spec is None}
    if not changes.full and removed - rows.known(removed):
        # Whether anything else is left at a foreign name only the whole zone tells.
        return provider.zone_changes(zone, None)
    return changes


def _look_at_zone(provider: Provider, changes: ZoneChanges, ours: Sequence[Ours], seen: Look) -> None:
    seen.serials[changes.zone] = changes.serial
    if changes.full:
        seen.whole.add(changes.zone)
    seen.same.extend(each for each in ours if _stands(each, changes))
    _compare(provider, [each for each in ours if not _stands(each, changes)], seen)


def _compare(provider: Provider, ours: Sequence[Ours], seen: Look) -> None:
    """A provider knows its own spellings: what it reads as the applied spec is the same."""
    for some in portions(ours):
        found = provider.read([each.spec for each in some])
        for each in some:
            standing = found.get(each.spec.identity)
            if standing == each.spec:
                seen.same.append(each)
            else:
                seen.different.append(Difference(each, standing))


def _stands(ours: Ours, changes: ZoneChanges) -> bool:
    return changes.present.get(ours.spec.identity) == ours.spec


def _in_zone(spec: Spec, zone: str) -> bool:
    return isinstance(spec, RecordSet) and spec.zone == zone


def names(found: Iterable[RecordSet], zone: str) -> set[str]:
    """Names of record sets below (not at) ``zone``."""
    return {spec.name for spec in found if spec.name.endswith(f".{zone}")}
