"""A zone against what Tapak knows of it, read through once: what is missing, what was changed, what is foreign."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from tapak.monitoring.drift import Difference, live_resources
from tapak.provisioning.connections import ProviderPool
from tapak.provisioning.models import Connection, Resource
from tapak.sdk.resources import RecordSet, spec_from_json
from tapak.zones.places import lister, serving

AT_ONCE = 500
"""Record sets asked about in one read."""
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
        ours = live_resources(session, connection, ids)
        standing = pool.get(connection).read([each.spec for each in ours])
        for each in ours:
            found = standing.get(each.spec.identity)
            if found == each.spec:
                done.same += 1
            else:
                (done.missing if found is None else done.changed).append(Difference(each, found))


def _portions(ids: Iterable[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    return (ordered[start : start + AT_ONCE] for start in range(0, len(ordered), AT_ONCE))
