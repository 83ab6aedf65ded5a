"""A zone against what Tapak knows of it: what is missing, what was changed, what is foreign.

It is read through once; or, from the last look at it on, asked for its serial and what changed since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from tapak.monitoring.drift import (
    IN_ZONES,
    Difference,
    Rows,
    changes_since,
    foreign,
    live_resources,
    portions,
    serials,
)
from tapak.provisioning.connections import ProviderPool
from tapak.provisioning.models import Connection, Resource
from tapak.sdk.provider import ZoneChanges, ZoneReader
from tapak.sdk.resources import RecordSet, spec_from_json
from tapak.zones.places import lister, serving

APEX_OF_SERVER = "NS"


@dataclass
class Comparison:
    """How a zone differs from what Tapak knows. ``total`` counts the record sets that stand in it.

    ``foreign`` leaves out the name servers at the apex, which are the server's own.
    """

    zone: str
    total: int = 0
    same: int = 0
    changed: list[Difference] = field(default_factory=list)
    missing: list[Difference] = field(default_factory=list)
    foreign: list[RecordSet] = field(default_factory=list)

    @property
    def different(self) -> list[Difference]:
        """What is ours and doesn't stand so."""
        return [*self.missing, *self.changed]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is kept of a resource while a zone is read: enough to see whether it stands so (None: not judged)."""

    resource_id: int
    sum: int | None


def compare(session: Session, pool: ProviderPool, zone: str) -> Comparison:
    """Read the whole zone at its server and compare; nothing is changed.

    Only what is live is judged: what a worker is at is its own affair.

    Raises:
        NotFound: no connection serves the zone.
        Invalid: its server can't be read as a whole.
        ProviderError: the server didn't tell.
    """
    connection = serving(session, zone)
    return _whole(session, pool, connection, zone, lister(pool, connection).zone_records(zone))


def compare_recent(session: Session, pool: ProviderPool, zone: str) -> Comparison:
    """Compare what changed since the last look, and what looks have noted; nothing is changed.

    Where nothing changed neither the zone nor what is known of it is read. A zone that was never looked at, not within
    a day, or not since a serial that its server still knows, is read whole. ``same`` counts what was asked about only.

    Raises:
        As :func:`compare`.
    """
    connection = serving(session, zone)
    provider, since = pool.get(connection), serials(session, connection).get(zone)
    if since is None or not isinstance(provider, ZoneReader):
        return compare(session, pool, zone)
    rows = Rows(session, connection)
    changes = changes_since(provider, zone, rows, since)
    if changes.full:
        present = (record for record in changes.present.values() if record is not None)
        return _whole(session, pool, connection, zone, present)
    return _touched(session, pool, connection, changes, rows)


def _touched(
    session: Session, pool: ProviderPool, connection: Connection, changes: ZoneChanges, rows: Rows
) -> Comparison:
    done = Comparison(changes.zone, foreign=foreign(changes, rows))
    noted = or_(Resource.drift.is_not(None), Resource.identity.in_(list(changes.present)))
    in_zone = Resource.applied["zone"].astext == changes.zone
    suspects = {each.id: changes.present.get(each.spec.identity) for each in rows.live(IN_ZONES, noted, in_zone)}
    _judge(session, pool, connection, done, suspects)
    if done.different:
        count = select(func.count()).select_from(Resource)
        standing = (Resource.connection_id == connection.id, Resource.state == "live", IN_ZONES, in_zone)
        done.total = session.scalar(count.where(*standing)) or 0
    done.foreign.sort(key=lambda record: record.identity)
    return done


def _whole(
    session: Session, pool: ProviderPool, connection: Connection, zone: str, records: Iterable[RecordSet]
) -> Comparison:
    known = _known(session, connection, zone)
    done, otherwise = Comparison(zone), {}
    for record in records:
        done.total += 1
        mine = known.pop(record.identity, None)
        if mine is None:
            if not (record.type == APEX_OF_SERVER and record.name == zone):
                done.foreign.append(record)
        elif mine.sum is None or mine.sum == _sum(record):
            done.same += 1
        else:
            otherwise[mine.resource_id] = record
    gone = [mine.resource_id for mine in known.values() if mine.sum is not None]
    _judge(session, pool, connection, done, {**otherwise, **dict.fromkeys(gone)})
    done.foreign.sort(key=lambda record: record.identity)
    return done


def _known(session: Session, connection: Connection, zone: str) -> dict[str, _Known]:
    query = select(Resource.id, Resource.identity, Resource.state, Resource.applied).where(
        Resource.connection_id == connection.id, Resource.kind == RecordSet.kind, Resource.state != "gone"
    )
    found = {}
    for row in session.execute(query.execution_options(yield_per=2000)):
        applied = row.applied or {}
        if applied.get("zone", zone) == zone:
            spec = spec_from_json(RecordSet.kind, applied) if row.state == "live" and applied else None
            found[row.identity] = _Known(row.id, _sum(spec) if isinstance(spec, RecordSet) else None)
    return found


def _sum(record: RecordSet) -> int:
    return hash((record.ttl, record.values))


def _judge(
    session: Session,
    pool: ProviderPool,
    connection: Connection,
    done: Comparison,
    suspects: Mapping[int, RecordSet | None],
) -> None:
    """A provider knows its own spellings: what it reads as the applied spec is the same."""
    for ids in portions(sorted(suspects)):
        ours = live_resources(session, connection, Resource.id.in_(ids))
        standing = pool.get(connection).read([each.spec for each in ours])
        for each in ours:
            found = standing.get(each.spec.identity)
            if found == each.spec:
                done.same += 1
            else:
                (done.missing if found is None else done.changed).append(Difference(each, found))
