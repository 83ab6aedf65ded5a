"""What a service is to consist of: declared, withdrawn, retried, adopted and repaired as rows; a worker does the rest.

Locks are taken in one order here and in the reconciler: wake row, resources, service, names, audit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tapak.audit.service import Actor, record
from tapak.db.wake import wake
from tapak.engine.diff import plan_order
from tapak.inventory.models import Service
from tapak.inventory.service import give_up
from tapak.plugins import Registry, registry
from tapak.provisioning.connections import connections
from tapak.provisioning.models import DRIFTED_CODE, JournalEntry, Resource
from tapak.provisioning.rows import (
    WAKE,
    add,
    begin_recurring,
    change_row,
    flush,
    is_suspended,
    keep_off,
    plan,
    refuse_held,
    remove,
    rows_of,
    set_service,
    take_over,
)
from tapak.sdk.backups import Backup
from tapak.sdk.errors import Conflict, NotFound
from tapak.sdk.resources import (
    DesiredResource,
    RecordSet,
    Spec,
    spec_from_json,
    spec_to_json,
)
from tapak.sdk.view import ResourceState
from tapak.sdk.wording import resource_name

SERVED = ("verified", "adopted")
"""Phases of the journal that tell what the public was given."""
SUSPENDED = "layanan sedang ditangguhkan; pulihkan dahulu"
OVERRIDABLE = {
    "foreign_resource": ("adopted", "diambil alih"),
    DRIFTED_CODE: ("repair", "diperbaiki"),
}


def declare(
    session: Session,
    service_id: int,
    resources: Sequence[DesiredResource],
    *,
    plugins: Registry | None = None,
) -> None:
    """Write what the service is to consist of, completely: what is no longer declared is to be removed.

    What goes by itself some day stays until then, unless it is declared otherwise. A suspended service stays off the
    net: its records and sites are kept as they are declared until it is restored.

    Raises:
        Conflict: another service holds one of the identities.
        Invalid: no connection serves a resource's kind, zone or record type; the message says what to set up.
        ValueError: the declaration's needs make no order.
    """
    plan_order({resource.key: resource.needs for resource in resources})
    wake(session, WAKE, service_id)
    take_over(session, service_id, resources)
    refuse_held(session, service_id, resources)
    rows = {(row.kind, row.identity): row for row in rows_of(session, service_id)}
    wanted = {(resource.spec.kind, resource.spec.identity): resource for resource in resources}
    for place, row in rows.items():
        if place not in wanted and row.remove_after is None:
            remove(row)
            row.suspended_spec = None
            row.key = f"{row.key}/{row.id}" if row.key in {each.key for each in resources} else row.key
        elif place in wanted and row.key != wanted[place].key:
            row.key = f"{row.key}/{row.id}"  # out of the way of whatever takes it
    flush(session)
    for place in rows.keys() & wanted.keys():
        _change(rows[place], wanted[place])
    flush(session)  # keys are given up before they are taken
    among = connections(session)
    for place, resource in wanted.items():
        if place not in rows:
            add(session, service_id, resource, plugins or registry(), among)
    flush(session)
    if is_suspended(session, service_id):
        keep_off(rows_of(session, service_id))
        flush(session)
    if any(isinstance(resource.spec, Backup) for resource in resources):
        begin_recurring(session, service_id)
    set_service(session, service_id, "provisioning")


def _change(row: Resource, resource: DesiredResource) -> None:
    if resource.gone:
        row.key, row.removal, row.remove_after, row.suspended_spec = resource.key, True, None, None
        remove(row)
    else:
        change_row(row, resource)


def wanted(session: Session, service_id: int) -> dict[str, Any]:
    """What is wanted of each resource of the service, by kind and identity, whether or not it is suspended."""
    rows = rows_of(session, service_id)
    return {
        _place(row.kind, row.identity): row.suspended_spec or row.spec for row in rows if row.spec or row.suspended_spec
    }


def give_back(
    session: Session,
    service_id: int,
    resources: Sequence[DesiredResource],
    declared: Mapping[str, Any],
    *,
    plugins: Registry | None = None,
) -> None:
    """Declare what a service consisted of before, but for what was changed since ``declared`` (as of :func:`wanted`).

    So a password, a key or a release that was replaced meanwhile stays.

    Raises:
        Conflict, Invalid: as for :func:`declare`.
    """
    wake(session, WAKE, service_id)
    now = wanted(session, service_id)
    declare(session, service_id, [_merged(each, declared, now) for each in resources], plugins=plugins)


def _merged(before: DesiredResource, declared: Mapping[str, Any], now: Mapping[str, Any]) -> DesiredResource:
    spec = before.spec
    place = _place(spec.kind, spec.identity)
    if place not in declared or place not in now:
        return before
    made, stands = declared[place], now[place]
    kept = {name: stands[name] if stands[name] != made[name] else value for name, value in spec_to_json(spec).items()}
    return replace(before, spec=spec_from_json(spec.kind, kept))


def _place(kind: str, identity: str) -> str:
    return f"{kind} {identity}"


def withdraw(session: Session, service_id: int) -> None:
    """Have everything of the service removed, names first; what it holds is released when all is gone."""
    wake(session, WAKE, service_id)
    for row in rows_of(session, service_id):
        remove(row)
    flush(session)
    set_service(session, service_id, "provisioning")


def alter(session: Session, service_id: int, key: str, change: Callable[[Spec], Spec]) -> None:
    """Change one resource of a service as its unit, or an officer for it, asks beside any request.

    Raises:
        NotFound: the service has no such resource.
        Conflict: something else is being brought about with it.
    """
    wake(session, WAKE, service_id)
    row = next((each for each in rows_of(session, service_id) if each.key == key and each.spec is not None), None)
    if row is None or row.spec is None:
        raise NotFound("Sumber daya ini tidak ditemukan.", log=f"service {service_id} has no {key}")
    if row.state not in ("live", "failed"):
        raise Conflict(f"{row.identity} sedang dikerjakan. Tunggu sampai selesai.", log=f"{row.identity} is moving")
    row.spec = spec_to_json(change(spec_from_json(row.kind, row.spec)))
    row.generation += 1
    plan(row)
    flush(session)
    set_service(session, service_id, "provisioning")


def suspend(session: Session, service_id: int) -> None:
    """Take the service off the net and keep everything: its DNS records go first, then its sites answer 410."""
    wake(session, WAKE, service_id)
    keep_off(rows_of(session, service_id))
    flush(session)
    set_service(session, service_id, "provisioning")


def restore(session: Session, service_id: int) -> None:
    """Bring a suspended service back as it was, sites before names.

    Raises:
        Conflict: somebody else holds one of its records by now.
    """
    wake(session, WAKE, service_id)
    for row in rows_of(session, service_id):
        if row.suspended_spec is not None:
            row.spec, row.suspended_spec = row.suspended_spec, None
            row.generation += 1
            plan(row)
    flush(session)
    set_service(session, service_id, "provisioning")


def retire(session: Session, now: datetime) -> tuple[int, ...]:
    """Have what was to stay until ``now`` at most removed, names first; gives the services that it was of.

    Its names and addresses are released when it is gone: :func:`release_retired`.
    """
    query = select(Resource.service_id).where(Resource.remove_after <= now, Resource.spec.is_not(None)).distinct()
    services = tuple(session.scalars(query.order_by(Resource.service_id)))
    for service_id in services:
        wake(session, WAKE, service_id)
        for row in rows_of(session, service_id):
            if row.remove_after is not None and row.remove_after <= now:
                remove(row)
                row.suspended_spec = None
        flush(session)
        set_service(session, service_id, "provisioning")
    return services


def keeps_something(session: Session, service_id: int) -> bool:
    """Whether anything of the service stays for a time before it is removed."""
    kept = Resource.service_id == service_id, Resource.remove_after.is_not(None), Resource.spec.is_not(None)
    return session.scalar(select(Resource.id).where(*kept).limit(1)) is not None


def release_retired(session: Session, service_id: int) -> None:
    """Release names and addresses of what was to stay for a time and has gone, where no other record has them."""
    over = (Resource.service_id == service_id, Resource.state == "gone", Resource.remove_after.is_not(None))
    retired = update(Resource).where(*over).values(remove_after=None).returning(Resource.id, Resource.identity)
    gone = {row.id: row.identity.partition("/")[0] for row in session.execute(retired)}
    if not gone:
        return
    was = select(JournalEntry.spec).where(JournalEntry.resource_id.in_(gone), JournalEntry.spec.is_not(None))
    stay = [each for place, each in wanted(session, service_id).items() if place.startswith(f"{RecordSet.kind} ")]
    names = set(gone.values()) - {spec["name"] for spec in stay}
    addresses = _values(session.scalars(was)) - _values(stay)
    give_up(session, service_id, names=names, addresses=addresses, rest=rest(session, service_id))


def _values(specs: Iterable[Any]) -> set[str]:
    return {str(value) for spec in specs for value in spec.get("values", ())}


def rest(session: Session, service_id: int) -> int:
    """For how many seconds a name of the service must rest: the longest TTL that one was ever served with."""
    ttl = (
        select(func.coalesce(func.max(JournalEntry.spec["ttl"].as_integer()), 0))
        .join(Resource, Resource.id == JournalEntry.resource_id)
        .where(Resource.service_id == service_id, Resource.kind == RecordSet.kind, JournalEntry.phase.in_(SERVED))
    )
    return session.scalar(ttl) or 0


def retry(session: Session, service_id: int) -> None:
    """Try again what failed, and look at once at what waits for its next attempt."""
    wake(session, WAKE, service_id)
    for row in rows_of(session, service_id):
        if row.state == "failed":
            plan(row)
    flush(session)
    set_service(session, service_id, "provisioning")


def adopt(session: Session, resource_id: int, person: Actor) -> None:
    """Take over the foreign thing that stands where ours should go: it is changed to what is declared.

    Raises:
        NotFound: no such resource.
        Conflict: nothing foreign stands there.
    """
    _override(session, resource_id, "foreign_resource", person)


def repair(session: Session, resource_id: int, person: Actor | None) -> None:
    """Undo a change that was made by hand.

    Raises:
        NotFound: no such resource.
        Conflict: no change by hand was found there.
    """
    _override(session, resource_id, DRIFTED_CODE, person)


def declared(session: Session, service_id: int) -> tuple[DesiredResource, ...]:
    """What the service is to consist of, as it was declared last, without what goes by itself."""
    return declared_of(session, [service_id])[service_id]


def declared_of(session: Session, service_ids: Sequence[int]) -> Mapping[int, tuple[DesiredResource, ...]]:
    """The same of several services, by one query."""
    query = select(Resource.service_id, Resource.key, Resource.kind, Resource.spec, Resource.needs).where(
        Resource.service_id.in_(service_ids), Resource.spec.is_not(None), Resource.remove_after.is_(None)
    )
    found: dict[int, tuple[DesiredResource, ...]] = dict.fromkeys(service_ids, ())
    for service_id, key, kind, spec, needs in session.execute(query.order_by(Resource.id)):
        found[service_id] += (DesiredResource(key, spec_from_json(kind, spec), tuple(needs)),)
    return found


def states(session: Session, service_id: int) -> tuple[ResourceState, ...]:
    """Where each resource of the service stands, in the order of declaration.

    What is gone is left out, unless it was declared to be removed or is to come back when its service is restored.
    """
    return tuple(
        ResourceState(row.key, row.kind, row.identity, row.state, _why(row), row.removal, _spec(row))
        for row in rows_of(session, service_id)
        if row.state != "gone" or row.removal or row.suspended_spec is not None
    )


def _spec(row: Resource) -> Spec | None:
    spec = row.suspended_spec or row.spec
    return None if spec is None else spec_from_json(row.kind, spec)


def _why(row: Resource) -> str:
    return row.reason or (SUSPENDED if row.state == "gone" and row.suspended_spec is not None else "")


def _override(session: Session, resource_id: int, code: str, person: Actor | None) -> None:
    phase, told = OVERRIDABLE[code]
    service_id = session.scalar(select(Resource.service_id).where(Resource.id == resource_id))
    if service_id is None:
        raise NotFound("Sumber daya ini tidak ditemukan.", log=f"no resource {resource_id}")
    wake(session, WAKE, service_id)
    row = next(each for each in rows_of(session, service_id) if each.id == resource_id)
    if row.reason_code != code and not (code == DRIFTED_CODE and row.drift):
        raise Conflict(
            f"{resource_name(row.identity)} tidak perlu {told}: keadaannya sudah berubah. Muat ulang halaman ini.",
            log=f"{row.identity}: nothing to override ({code})",
        )
    row.override = True
    plan(row)
    session.add(JournalEntry(resource_id=row.id, generation=row.generation, phase=phase, spec=row.spec))
    flush(session)
    set_service(session, service_id, "provisioning")
    request_id = session.scalar(select(Service.request_id).where(Service.id == service_id))
    record(
        session,
        f"resource.{phase}",
        person=person,
        request_id=request_id,
        summary=f"{resource_name(row.identity)} {told}",
        content={"resource": row.id, "kind": row.kind, "identity": row.identity},
        shown=False,
    )
