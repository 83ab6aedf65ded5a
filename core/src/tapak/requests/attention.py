"""What stands otherwise than it was approved, for the positions that provisioned it and for admins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Boolean, and_, bindparam, or_, select, tuple_

from tapak.inventory.models import Service
from tapak.plugins import Registry
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


_DRIFTED = and_(Resource.state == "live", Resource.drift.is_not(None))
_PROVISIONED = select(Task.id).where(
    Task.request_id == Request.id,
    Task.position_id.in_(bindparam("held", expanding=True)),
    tuple_(Request.procedure, Task.step).in_(bindparam("provisioning", expanding=True)),
)
_TROUBLES = (
    select(
        Request.id,
        Request.number,
        Request.subject,
        Agency.name,
        Resource.kind,
        Resource.identity,
        _DRIFTED,
        Resource.reason,
    )
    .join(Service, Service.id == Resource.service_id)
    .join(Request, Request.id == Service.request_id)
    .join(Agency, Agency.id == Request.agency_id)
    .where(or_(_DRIFTED, Resource.state == "failed"), or_(bindparam("admin", type_=Boolean), _PROVISIONED.exists()))
    .order_by(Request.id.desc(), Resource.id)
    .limit(bindparam("most"))
)


def attention(desk: Desk, *, limit: int = SHOWN) -> tuple[Trouble, ...]:
    """What needs the person's attention, newest request first."""
    person = desk.somebody
    held = [each.position_id for each in person.positions]
    given = {"held": held, "provisioning": _provisioning(desk.registry), "admin": person.admin, "most": limit}
    return tuple(Trouble(*row) for row in desk.session.execute(_TROUBLES, given))


@lru_cache(maxsize=8)
def _provisioning(registry: Registry) -> list[tuple[str, str]]:
    """Every installed procedure's steps that bring resources about."""
    return sorted(
        {
            (procedure.key, step.key)
            for procedure in registry.procedures.values()
            for step in procedure.steps
            if registry.step_kinds[step.kind].provisions
        }
    )
