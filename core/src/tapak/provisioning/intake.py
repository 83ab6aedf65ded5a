"""Taking in records that stand in a zone already, as services without a unit. Nothing at a server is changed.

All of it happens in the database, set by set: a zone of 100,000 records passes through in seconds, and little of it is
ever in memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tapak.inventory.models import IMPORTED
from tapak.provisioning.models import Connection
from tapak.sdk.dns.records import check
from tapak.sdk.errors import Conflict, Invalid
from tapak.sdk.resources import RecordSet, spec_to_json

AT_ONCE = 5000
"""Record sets in one statement."""

APEX = "NS di puncak zona: milik server DNS"
TYPE = "jenis rekaman tidak dilayani sambungan ini"
ODD = "nama atau nilainya tidak sah"
DELEGATED = "didelegasikan ke server lain"
HELD = "namanya dipegang layanan Tapak"


@dataclass
class Intake:
    """What was taken in: ``names`` that are new, ``record_sets`` at them and at names that were taken in before.

    ``known`` counts record sets that Tapak had already; ``left_out`` are the identities of those that stay outside, by
    the reason (Indonesian).
    """

    names: int = 0
    record_sets: int = 0
    known: int = 0
    left_out: dict[str, list[str]] = field(default_factory=dict)

    def leave_out(self, reason: str, identities: Iterable[str]) -> None:
        """Note record sets that stay outside."""
        found = sorted(identities)
        if found:
            self.left_out.setdefault(reason, []).extend(found)


def take_in(
    session: Session, connection: Connection, zone: str, records: Iterable[RecordSet], served: Set[str]
) -> Intake:
    """Make known what stands in ``zone``; ``served`` are the record types that the connection's provider changes.

    Raises:
        Conflict: one of the records became somebody's meanwhile; nothing was taken in.
        ProviderError: ``records`` couldn't be read.
    """
    done = Intake()
    candidates = _fitting(done, zone, records, served)
    while some := list(islice(candidates, AT_ONCE)):
        session.execute(_FILL, {"rows": json.dumps(some)})
    _nested_loops(session, allowed=False)
    # Plans of this connection (a foreign key's too) may be of a time when a look through a whole table cost nothing.
    session.execute(text("discard plans"))
    given = {"zone": zone, "imported": IMPORTED, "connection": connection.id}
    done.leave_out(DELEGATED, _identities(session, _DELEGATED, given))
    done.known = len(_identities(session, _KNOWN, given))
    done.leave_out(HELD, _identities(session, _HELD, given))
    try:
        _write(session, done, given)
    except IntegrityError as problem:
        raise Conflict(
            "Salah satu rekaman baru saja menjadi milik layanan lain. Ulangi impornya.",
            log=f"import of {zone}: a record set was taken meanwhile",
        ) from problem
    session.execute(text("delete from zone_intake"))
    _nested_loops(session, allowed=True)
    return done


def _nested_loops(session: Session, *, allowed: bool) -> None:
    """What one transaction has filled is thought empty until it ends: 100,000 times 100,000 rows would be looked at."""
    session.execute(text("select set_config('enable_nestloop', :value, true)"), {"value": "on" if allowed else "off"})


def _fitting(done: Intake, zone: str, records: Iterable[RecordSet], served: Set[str]) -> Iterator[Mapping[str, Any]]:
    """Rows of what may be ours; a delegation comes along until what lies below it is known."""
    for record in records:
        delegates = record.type == "NS" and record.name != zone
        problem = "" if delegates else _problem(record, zone, served)
        if problem:
            done.leave_out(problem, [record.identity])
        else:
            yield {
                "name": record.name,
                "type": record.type,
                "identity": record.identity,
                "spec": spec_to_json(record),
            }


def _problem(record: RecordSet, zone: str, served: Set[str]) -> str:
    if record.type == "NS":
        return APEX
    if record.type not in served:
        return TYPE
    try:
        check(record, [zone])
    except Invalid:
        return ODD
    return ""


def _identities(session: Session, statement: Any, given: Mapping[str, Any]) -> Sequence[str]:
    return session.scalars(statement, given).all()


def _write(session: Session, done: Intake, given: Mapping[str, Any]) -> None:
    session.execute(_FOUND, given)
    done.names = len(session.execute(_MAKE, given).all())
    for statement in (_HOLD, _OUT_OF_THE_WAY, _PUT):
        session.execute(statement, given)
    done.record_sets = session.scalar(text("select count(*) from zone_intake")) or 0


_FILL = text(
    """
    insert into zone_intake (name, type, identity, spec)
    select name, type, identity, spec
    from jsonb_to_recordset(cast(:rows as jsonb)) as row (name text, type text, identity text, spec jsonb)
    """
)
# Servers answer for what lies at or below a delegation with a referral: neither read nor changed here.
_DELEGATED = text(
    """
    with away as materialized (select distinct name from zone_intake where type = 'NS' and name <> :zone)
    delete from zone_intake as each
    where exists (select from away) and exists (
        select from string_to_array(each.name, '.') as labels,
            generate_series(1, cardinality(labels)) as start
        where array_to_string(labels[start:], '.') in (select name from away)
    )
    returning each.identity
    """
)
_KNOWN = text(
    """
    delete from zone_intake as each using resource
    where resource.kind = 'record_set' and resource.identity = each.identity and resource.state <> 'gone'
    returning each.identity
    """
)
_HELD = text(
    """
    delete from zone_intake as each using held_name left join service on service.id = held_name.service_id
    where held_name.name = each.name and held_name.state <> 'foreign'
        and not (held_name.state = 'quarantined' and coalesce(held_name.until <= now(), true))
        and not (coalesce(service.procedure, '') = :imported and service.state = 'live')
    returning each.identity
    """
)
_FOUND = text(
    """
    update zone_intake set service_id = service.id from service
    where service.procedure = :imported and service.title = zone_intake.name and service.state = 'live'
    """
)
_MAKE = text(
    """
    with made as (
        insert into service (title, procedure, state)
        select distinct name, :imported, 'live' from zone_intake where service_id is null order by name
        returning id, title
    ), taken as (
        update zone_intake set service_id = made.id from made where made.title = zone_intake.name
    )
    select title from made
    """
)
_HOLD = text(
    """
    insert into held_name (name, service_id, state)
    select distinct name, service_id, 'live' from zone_intake where name <> :zone order by name
    on conflict (tenant_id, name) do update set service_id = excluded.service_id, state = 'live', until = null
        where held_name.state in ('foreign', 'quarantined')
    """
)
_OUT_OF_THE_WAY = text(
    """
    update resource set key = key || '/' || id
    where state = 'gone' and service_id in (select service_id from zone_intake)
    """
)
_PUT = text(
    """
    with put as (
        insert into resource (
            service_id, connection_id, key, kind, identity, spec, applied, observed_generation, state, verified_at
        )
        select service_id, :connection, lower(type), 'record_set', identity, spec, spec, 1, 'live', now()
        from zone_intake order by identity
        returning id, spec
    )
    insert into journal_entry (resource_id, generation, phase, spec) select id, 1, 'adopted', spec from put
    """
)
