"""What was changed by hand: found by serial and IXFR (or a whole reading), or by reading sites; noted, never undone.

Only what is live and stays of the generation that was looked at is judged: what a worker is at is its own affair.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tapak.provisioning.models import Connection, Resource, ZoneState
from tapak.sdk.provider import Provider, ZoneChanges, ZoneLister, ZoneReader
from tapak.sdk.resources import RecordSet, Spec, spec_from_json

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


def live_resources(session: Session, connection: Connection, ids: Sequence[int] | None = None) -> list[Ours]:
    """What is live on the connection (of ``ids``, where they are given), in a stable order."""
    of = [] if ids is None else [Resource.id.in_(ids)]
    query = (
        select(
            Resource.id,
            Resource.service_id,
            Resource.generation,
            Resource.kind,
            Resource.applied,
            Resource.drift,
        )
        .where(Resource.connection_id == connection.id, Resource.state == "live", Resource.applied.is_not(None), *of)
        .order_by(Resource.id)
    )
    return [
        Ours(row.id, row.service_id, row.generation, spec_from_json(row.kind, row.applied), row.drift)
        for row in session.execute(query)
    ]


def known_identities(session: Session, connection: Connection) -> frozenset[str]:
    """What isn't foreign on the connection: everything that isn't gone, also what a worker is at."""
    query = select(Resource.identity).where(Resource.connection_id == connection.id, Resource.state != "gone")
    return frozenset(session.scalars(query))


def serials(session: Session, connection: Connection) -> dict[str, int]:
    """Up to which serial each zone of the connection was looked at; not those that are to be read whole again."""
    query = select(ZoneState.zone, ZoneState.serial).where(
        ZoneState.connection_id == connection.id, ZoneState.whole_at > func.now() - WHOLE_EVERY
    )
    return {row.zone: row.serial for row in session.execute(query)}


def look(
    provider: Provider, zones: Sequence[str], ours: Sequence[Ours], known: Set[str], since: Mapping[str, int]
) -> Look:
    """Look at every zone (from its serial in ``since`` on, else in full) and at what has no zone.

    A server that can only list its zones is always read in full. ``known`` are identities that aren't foreign.

    Raises:
        ProviderError: a server didn't tell.
    """
    seen = Look()
    if isinstance(provider, (ZoneReader, ZoneLister)):
        for zone in zones:
            changes = _changes(provider, zone, known, since.get(zone))
            _look_at_zone(provider, changes, [each for each in ours if _in_zone(each.spec, zone)], seen)
            seen.foreign.extend(spec for at, spec in changes.present.items() if spec is not None and at not in known)
        ours = [each for each in ours if not isinstance(each.spec, RecordSet)]
    _compare(provider, ours, seen)
    return seen


def _changes(provider: ZoneReader | ZoneLister, zone: str, known: Set[str], since: int | None) -> ZoneChanges:
    if not isinstance(provider, ZoneReader):
        return ZoneChanges(zone, 0, True, {record.identity: record for record in provider.zone_records(zone)})
    changes = provider.zone_changes(zone, since)
    if not changes.full and any(spec is None and at not in known for at, spec in changes.present.items()):
        # Whether anything else is left at a foreign name only the whole zone tells.
        return provider.zone_changes(zone, None)
    return changes


def _look_at_zone(provider: Provider, changes: ZoneChanges, ours: Sequence[Ours], seen: Look) -> None:
    seen.serials[changes.zone] = changes.serial
    if changes.full:
        seen.whole.add(changes.zone)
    touched = [each for each in ours if changes.full or each.spec.identity in changes.present]
    seen.same.extend(each for each in touched if _stands(each, changes))
    _compare(provider, [each for each in touched if not _stands(each, changes)], seen)


def _compare(provider: Provider, ours: Sequence[Ours], seen: Look) -> None:
    """A provider knows its own spellings: what it reads as the applied spec is the same."""
    for start in range(0, len(ours), AT_ONCE):
        some = ours[start : start + AT_ONCE]
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
