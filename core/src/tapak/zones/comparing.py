"""A zone against what Tapak knows of it, read through once: what is missing, what was changed, what is foreign."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from tapak.provisioning.connections import ProviderPool
from tapak.provisioning.models import Connection, Resource
from tapak.sdk.resources import RecordSet, spec_from_json
from tapak.zones.places import lister, serving

AT_ONCE = 500
"""Record sets asked about in one read."""
APEX_OF_SERVER = "NS"


@dataclass(frozen=True)
class Difference:
    """A record set of ours (``ours``, with the resource and service that it is of) and what stands there instead."""

    resource_id: int
    service_id: int
    ours: RecordSet
    found: RecordSet | None


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


@dataclass(frozen=True)
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
    known = _known(session, connection, zone)
    done, otherwise = Comparison(zone), {}
    for record in lister(pool, connection).zone_records(zone):
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
    for ids in _portions(suspects):
        query = select(Resource.id, Resource.service_id, Resource.applied).where(Resource.id.in_(ids))
        rows = [(row, spec_from_json(RecordSet.kind, row.applied)) for row in session.execute(query.order_by("id"))]
        standing = pool.get(connection).read([spec for _, spec in rows])
        for row, spec in rows:
            found = standing.get(spec.identity)
            assert isinstance(spec, RecordSet)
            if found == spec:
                done.same += 1
            elif isinstance(found, RecordSet):
                done.changed.append(Difference(row.id, row.service_id, spec, found))
            else:
                done.missing.append(Difference(row.id, row.service_id, spec, None))


def _portions(ids: Iterable[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    return (ordered[start : start + AT_ONCE] for start in range(0, len(ordered), AT_ONCE))
