"""What stands otherwise than it was approved, for the positions that provisioned it and for admins."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, or_, select, tuple_

from tapak.inventory.models import Service
from tapak.provisioning.models import Resource
from tapak.requests.desk import Desk
from tapak.requests.models import Request, Task
from tapak.tenants.models import Agency

SHOWN = 50


@dataclass(frozen=True)
class Trouble:
    """A resource that was changed by hand (``drifted``) or couldn't be brought about; its request's page mends it."""

    request_id: int
    number: str
    subject: str
    agency: str
    kind: str
    identity: str
    drifted: bool
    reason: str


def attention(desk: Desk, *, limit: int = SHOWN) -> tuple[Trouble, ...]:
    """What needs the person's attention, newest request first."""
    person = desk.somebody
    drifted = and_(Resource.state == "live", Resource.drift.is_not(None))
    query = (
        select(
            Request.id,
            Request.number,
            Request.subject,
            Agency.name,
            Resource.kind,
            Resource.identity,
            drifted,
            Resource.reason,
        )
        .join(Service, Service.id == Resource.service_id)
        .join(Request, Request.id == Service.request_id)
        .join(Agency, Agency.id == Request.agency_id)
        .where(or_(drifted, Resource.state == "failed"))
        .order_by(Request.id.desc(), Resource.id)
        .limit(limit)
    )
    if not person.admin:
        held = [each.position_id for each in person.positions]
        provisioned = select(Task.id).where(
            Task.request_id == Request.id,
            Task.position_id.in_(held),
            tuple_(Request.procedure, Task.step).in_(_provisioning(desk)),
        )
        query = query.where(provisioned.exists())
    return tuple(Trouble(*row) for row in desk.session.execute(query))


def _provisioning(desk: Desk) -> list[tuple[str, str]]:
    """Every installed procedure's steps that bring resources about."""
    return sorted(
        {
            (procedure.key, step.key)
            for procedure in desk.registry.procedures.values()
            for step in procedure.steps
            if desk.registry.step_kinds[step.kind].provisions
        }
    )
