"""A request that goes on with a service of its unit: taken up under a lock, given back where nothing comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select

from tapak.db.wake import wake
from tapak.inventory import service as inventory
from tapak.inventory.models import Service
from tapak.provisioning import service as provisioning
from tapak.requests import concerning
from tapak.requests.desk import Desk
from tapak.requests.models import Request
from tapak.sdk.errors import Conflict
from tapak.sdk.resources import DesiredResource, spec_from_json, spec_to_json
from tapak.sdk.view import ServiceRef


def follow(desk: Desk, request: Request, wanted: int | None) -> None:
    """Have the request go on with the service ``wanted`` (None: with one of its own), and with nothing else.

    Raises:
        Conflict: the service isn't live, isn't the unit's, or another request goes on with it.
    """
    held = request.service_id if request.before is not None else None
    if wanted == held:
        return
    if request.service_id is not None:
        let_go(desk, request)
    if wanted is not None:
        _take_up(desk, request, wanted)


def let_go(desk: Desk, request: Request) -> None:
    """Undo what the request has reserved or half made; a service that was there before it is as it was again."""
    if request.service_id is None:
        return
    session, before = desk.session, request.before
    if before is not None:
        if "declared" in before:
            resources = _resources(before)
            provisioning.give_back(session, request.service_id, resources, before["declared"], plugins=desk.registry)
        service = session.get_one(Service, (desk.tenant.id, request.service_id))
        concerning.let_go(desk, service)
        service.request_id = before["request_id"]
        request.service_id = request.before = None
        return
    if provisioning.states(session, request.service_id):
        provisioning.withdraw(session, request.service_id)
        return
    inventory.release(session, request.service_id)
    session.get_one(Service, (desk.tenant.id, request.service_id)).state = "ended"


def services(desk: Desk, request: Request) -> tuple[ServiceRef, ...]:
    """The live services of the request's unit, and the one that it goes on with, as that was before."""
    mine = request.service_id if request.before is not None else None
    query = select(Service).where(
        Service.agency_id == request.agency_id, or_(Service.state == "live", Service.id == mine)
    )
    found = desk.session.scalars(query.order_by(Service.id)).all()
    resources = dict(provisioning.declared_of(desk.session, [service.id for service in found]))
    if mine is not None and request.before is not None:
        resources[mine] = _resources(request.before)
    return tuple(ServiceRef(service.id, service.title, resources[service.id]) for service in found)


def _take_up(desk: Desk, request: Request, service_id: int) -> None:
    session = desk.session
    wake(session, provisioning.WAKE, service_id)  # the first lock of the order; who submits a change takes the second
    service = session.get(Service, (desk.tenant.id, service_id), populate_existing=True, with_for_update=True)
    if service is None or service.agency_id != request.agency_id or service.state != "live":
        raise Conflict(
            "Layanan yang dipilih tidak sedang aktif. Pilih layanan lain.",
            log=f"service {service_id} can't be taken up by request {request.id}",
        )
    other = select(Request.number).where(
        or_(Request.service_id == service_id, Request.concerns_id == service_id),
        Request.id != request.id,
        Request.ended_at.is_(None),
        Request.number != "",
    )
    number = session.scalars(other.limit(1)).first()
    if number is not None:
        raise Conflict(
            f"{service.title} masih dikerjakan dalam permohonan {number}. Selesaikan permohonan itu dahulu.",
            log=f"service {service_id} is in the hands of request {number}",
        )
    kept = [_plain(each) for each in provisioning.declared(session, service_id)]
    request.before = {"request_id": service.request_id, "resources": kept}
    request.service_id, service.request_id = service_id, request.id


def _plain(resource: DesiredResource) -> dict[str, Any]:
    spec = resource.spec
    return {"key": resource.key, "kind": spec.kind, "spec": spec_to_json(spec), "needs": list(resource.needs)}


def _resources(before: Mapping[str, Any]) -> tuple[DesiredResource, ...]:
    rows: Sequence[Mapping[str, Any]] = before["resources"]
    return tuple(
        DesiredResource(row["key"], spec_from_json(row["kind"], row["spec"]), tuple(row["needs"])) for row in rows
    )
