"""Requests for changes of a service that exists: what it was before, carrying the change out, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select, update

from tapak.accounts.policy import RequestSubject, require
from tapak.audit.service import record
from tapak.db.wake import wake
from tapak.inventory import service as inventory
from tapak.inventory.models import Emergency, Service
from tapak.provisioning import service as provisioning
from tapak.provisioning.models import Resource
from tapak.requests.desk import Desk
from tapak.requests.models import Request
from tapak.requests.snapshots import offered
from tapak.sdk.changes import ChangePart
from tapak.sdk.concerned import CHANGE_KINDS, Concerned, Held
from tapak.sdk.errors import Conflict, Invalid, NotFound
from tapak.sdk.parts import LetterPart
from tapak.sdk.procedure import Procedure
from tapak.sdk.resources import DesiredResource, RecordSet, Site, spec_from_json
from tapak.sdk.step_kinds import Reservation

RUNNING = ("live", "suspended")
NO_DATA = frozenset({*LetterPart().fields, *ChangePart().fields, "statement"})
"""Answers of a change that say nothing about the service."""


def check_start(desk: Desk, procedure: Procedure, service_id: int | None, change: str) -> None:
    """Refuse to begin a change that can't be, or any other request that names a service.

    Raises:
        NotFound: the unit has no such service.
        Invalid: the procedure is no change, needs a service, or knows no such change.
        Conflict: the service doesn't run, or is being changed already.
    """
    if procedure.changes is None or service_id is None:
        if procedure.changes is not None or service_id is not None:
            told = "Perubahan diajukan dari halaman Layanan aktif, pada layanan yang akan diubah."
            raise Invalid(told, log="a change and its service go together", fields={"concerns": [told]})
        return
    service = find(desk, service_id)
    if service.procedure != procedure.changes.base.key or change not in procedure.changes.kinds:
        told = "Perubahan itu tidak tersedia untuk layanan ini."
        raise Invalid(told, log=f"{procedure.key} doesn't {change} services of {service.procedure}")
    check_free(desk, service, change)


def find(desk: Desk, service_id: int) -> Service:
    """A service that the desk's person may have changed.

    Raises:
        NotFound: there is none, or this person may not know of it.
        Forbidden: the person is not of its unit.
    """
    service = desk.session.get(Service, (desk.tenant.id, service_id))
    if service is None:
        raise NotFound("Layanan ini tidak ditemukan.", log=f"service {service_id} not found")
    require(desk.somebody, "service.change", RequestSubject(agency_id=service.agency_id or 0, applicant_id=0))
    return service


def offered_changes(desk: Desk) -> dict[str, list[tuple[str, str, str]]]:
    """What may be asked of services, by the procedure that they came by: key of the change's procedure, kind, words."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for each in offered(desk):
        if each.changes is not None:
            kinds = [(each.key, kind, CHANGE_KINDS[kind]) for kind in each.changes.kinds]
            found.setdefault(each.changes.base.key, []).extend(kinds)
    return found


def check_free(desk: Desk, service: Service, change: str, but: int = 0) -> None:
    """Refuse to change a service that doesn't run, or that another request (not ``but``) is changing.

    Raises:
        Conflict: it is so.
    """
    if service.state not in RUNNING or service.deactivated_at or (service.suspended_at and change != "deactivate"):
        told = "Layanan ini tidak sedang aktif, sehingga tidak dapat diubah sekarang."
        raise Conflict(told, log=f"service {service.id} is {service.state}")
    check_idle(desk, service, but)


def check_idle(desk: Desk, service: Service, but: int = 0) -> None:
    """Refuse where a request (not ``but``) is changing the service, or is still bringing it about.

    Raises:
        Conflict: it is so; the message names the request.
    """
    others = select(Request.number).where(
        or_(Request.concerns_id == service.id, Request.service_id == service.id),
        Request.state.in_(("submitted", "in_process", "returned")),
        Request.id != but,
    )
    busy = desk.session.scalars(others).first()
    if busy is not None:
        told = f"Permohonan {busy} sedang mengerjakan layanan ini. Tunggu sampai selesai, atau tarik permohonan itu."
        raise Conflict(told, log=f"service {service.id} is being changed")


def submitted(desk: Desk, request: Request, letter: Mapping[str, Any]) -> None:
    """A change is submitted: the service is locked and must be free; a letter that an emergency still owes has come.

    Raises:
        Conflict: another one is on its way.
    """
    if request.concerns_id is not None:
        query = select(Service).where(Service.id == request.concerns_id).with_for_update()
        service = desk.session.scalars(query.execution_options(populate_existing=True)).one()
        check_free(desk, service, request.change, but=request.id)
    if request.change == "deactivate":
        owed = update(Emergency).where(Emergency.service_id == request.concerns_id, Emergency.settled_at.is_(None))
        came = {"letter_number": letter["letter_number"], "letter_date": date.fromisoformat(letter["letter_date"])}
        desk.session.execute(owed.values(**came, settled_at=desk.now, settled_by=desk.somebody.name))


def concerned(desk: Desk, request: Request) -> Concerned | None:
    """The service that ``request`` is to change: as it stands, or as it stood when the change began."""
    if request.concerns_id is None:
        return None
    service = desk.session.get_one(Service, (desk.tenant.id, request.concerns_id))
    stood = request.stood or as_it_stands(desk, service)
    return Concerned(
        id=service.id,
        title=stood["title"],
        procedure=service.procedure,
        change=request.change,
        answers=stood["answers"],
        resources=tuple(_held(each) for each in stood["resources"]),
    )


def as_it_stands(desk: Desk, service: Service) -> dict[str, Any]:
    """The service as JSON: title, answers, and the resources that are to stay."""
    first = desk.session.scalar(select(Request.answers).where(Request.id == service.request_id)) or {}
    rows = select(Resource).where(Resource.service_id == service.id, Resource.remove_after.is_(None))
    own = [row for row in desk.session.scalars(rows.order_by(Resource.id)) if row.spec or row.suspended_spec]
    names = {row.identity for row in own if row.kind == Site.kind}
    held = [*(_kept(row) for row in own), *(_kept(row, elsewhere=True) for row in _elsewhere(desk, service, names))]
    return {"title": service.title, "answers": {**first, **service.current}, "resources": held}


def _kept(row: Resource, *, elsewhere: bool = False) -> dict[str, Any]:
    spec = row.suspended_spec or row.spec
    plain = {"key": row.key, "kind": row.kind, "spec": spec, "needs": row.needs, "elsewhere": False}
    return {**plain, "key": f"{row.key}/{row.id}", "needs": [], "elsewhere": True} if elsewhere else plain


def _elsewhere(desk: Desk, service: Service, names: set[str]) -> Sequence[Resource]:
    """Live records at the service's own names that other services of its unit have taken over."""
    query = (
        select(Resource)
        .join(Service, Service.id == Resource.service_id)
        .where(
            Service.agency_id == service.agency_id,
            Resource.service_id != service.id,
            Resource.kind == RecordSet.kind,
            Resource.state == "live",
            Resource.spec["name"].as_string().in_(names),
        )
    )
    return desk.session.scalars(query.order_by(Resource.id)).all()


def _held(stored: Mapping[str, Any]) -> Held:
    return Held(
        stored["key"],
        spec_from_json(stored["kind"], stored["spec"]),
        tuple(stored["needs"]),
        stored.get("elsewhere", False),
    )


def begin(desk: Desk, request: Request, service: Service) -> None:
    """Keep what the service was, before anything of it is changed: the way back."""
    wake(desk.session, provisioning.WAKE, service.id)
    if request.stood is None:
        names, addresses = inventory.holdings(desk.session, service.id)
        request.stood = {
            **as_it_stands(desk, service),
            "current": service.current,
            "suspended": service.suspended_at is not None,
            "since": desk.now.isoformat(),
            "names": names,
            "addresses": addresses,
        }
    if request.change == "deactivate" and service.suspended_at is None:
        service.suspended_at = desk.now
    desk.session.flush()


def take_back(desk: Desk, request: Request) -> None:
    """A change that comes to nothing: what was begun becomes as it was, what was reserved is free again.

    A draft has begun and reserved nothing. A service that an officer took off the net meanwhile stays off it.

    Raises:
        Conflict: somebody else holds by now what the service had.
    """
    if not request.revision:
        return
    service = desk.session.get_one(Service, (desk.tenant.id, request.concerns_id))
    if request.stood is not None:
        _put_back(desk, request, service, request.stood)
        request.stood = None
    let_go(desk, service)


def _put_back(desk: Desk, request: Request, service: Service, stood: Mapping[str, Any]) -> None:
    wake(desk.session, provisioning.WAKE, service.id)
    service.title, service.current, service.deactivated_at = stood["title"], stood["current"], None
    if request.change == "deactivate" and not stood["suspended"] and not _emergency_since(desk, service, stood):
        service.suspended_at = None
    desk.session.flush()
    held = (*(("own_name", name) for name in stood["names"]), *(("address", each) for each in stood["addresses"]))
    inventory.reserve(desk.session, service, [Reservation(kind, value) for kind, value in held])
    before = [_held(each) for each in stood["resources"]]
    declared = [DesiredResource(held.key, held.spec, held.needs) for held in before]
    provisioning.give_back(desk.session, service.id, declared, stood["declared"], plugins=desk.registry)


def _emergency_since(desk: Desk, service: Service, stood: Mapping[str, Any]) -> bool:
    since = datetime.fromisoformat(stood["since"])
    mine = select(Emergency.id).where(Emergency.service_id == service.id, Emergency.declared_at >= since)
    return desk.session.scalar(mine.limit(1)) is not None


def reopen(desk: Desk, request: Request, service_id: int) -> None:
    """An ended request goes on. What a change carried out stays so, whatever becomes of the request then.

    Raises:
        Conflict: another request is at its service, or has gone on with it since.
    """
    wake(desk.session, provisioning.WAKE, service_id)
    query = select(Service).where(Service.id == service_id).with_for_update()
    service = desk.session.scalars(query.execution_options(populate_existing=True)).one()
    check_idle(desk, service, but=request.id)
    if request.concerns_id is None and service.request_id != request.id:
        told = "Layanan ini sudah dilanjutkan permohonan lain. Ajukan permohonan baru untuk mengubahnya."
        raise Conflict(told, log=f"service {service.id} is that of request {service.request_id} now")
    request.stood = None


def carried_out(desk: Desk, request: Request, base: Procedure) -> None:
    """The change is done: the service's data and title are the new ones, and what it no longer uses is released."""
    service = desk.session.get_one(Service, (desk.tenant.id, request.concerns_id))
    given = {name: value for name, value in request.answers.items() if name not in NO_DATA}
    service.current = {**service.current, **given}
    first = desk.session.scalar(select(Request.answers).where(Request.id == service.request_id)) or {}
    service.title = base.subject({**first, **service.current})
    if request.change == "deactivate":
        _end(desk, service)
    let_go(desk, service)
    record(
        desk.session,
        "service.changed",
        person=desk.somebody,
        request_id=service.request_id,
        summary=f"{CHANGE_KINDS[request.change]} dilaksanakan dengan permohonan {request.number}",
        content={"service": service.id, "change": request.change, "by_request": request.id},
    )


def _end(desk: Desk, service: Service) -> None:
    """The service is deactivated; where nothing of it is kept for a time, a worker finds that it has ended."""
    service.deactivated_at = desk.now
    if not provisioning.keeps_something(desk.session, service.id):
        wake(desk.session, provisioning.WAKE, service.id)
        service.suspended_at = None


def let_go(desk: Desk, service: Service) -> None:
    """Release the names and addresses that no record of the service, wanted or served, has any longer."""
    rows = select(Resource.spec, Resource.suspended_spec).where(
        Resource.service_id == service.id, Resource.kind == "record_set"
    )
    specs = [spec or kept for spec, kept in desk.session.execute(rows) if spec or kept]
    names = {str(spec["name"]) for spec in specs if spec["type"] != "PTR"}
    values: Sequence[str] = [str(value) for spec in specs for value in spec["values"]]
    rest = provisioning.rest(desk.session, service.id)
    inventory.let_go(desk.session, service.id, names=names, addresses=set(values), rest=rest)
