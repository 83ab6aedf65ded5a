"""Which services a maintenance concerns, and what their owners are to be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, or_, select, true

from tapak.inventory.models import Service
from tapak.maintenance.models import MaintainedService, Maintenance
from tapak.provisioning.models import Connection, Resource
from tapak.requests.desk import Desk
from tapak.tenants.models import Agency

RUNNING = ("reserved", "provisioning", "live", "failed", "suspended")
TOLD_AFTERWARDS = timedelta(days=3)
"""How long owners still see how it went, or that it was cancelled."""


@dataclass(frozen=True)
class Notice:
    """A maintenance as an owner is told of it, with the titles of the own services that it concerns."""

    maintenance: Maintenance
    services: tuple[str, ...]


def concerned(maintenance: Maintenance) -> Select[Service, str]:
    """The running services that it concerns, each with its unit's name."""
    query = select(Service, Agency.name).join(Agency, Agency.id == Service.agency_id)
    return query.where(Service.state.in_(RUNNING), _concerns(maintenance)).order_by(Agency.name, Service.title)


def notices(desk: Desk, *, agency_id: int | None = None, service_id: int | None = None) -> Sequence[Notice]:
    """What the owners of a unit's services, or of one service, are to be told now; the soonest first."""
    told = or_(Maintenance.state == "planned", Maintenance.closed_at > desk.now - TOLD_AFTERWARDS)
    planned = desk.session.scalars(select(Maintenance).where(told).order_by(Maintenance.starts_at)).all()
    found = []
    for maintenance in planned:
        query = concerned(maintenance)
        query = query.where(Service.agency_id == agency_id) if agency_id is not None else query
        query = query.where(Service.id == service_id) if service_id is not None else query
        titles = tuple(service.title for service, _ in desk.session.execute(query))
        found += [Notice(maintenance, titles)] if titles else []
    return found


def _concerns(maintenance: Maintenance) -> ColumnElement[bool]:
    if maintenance.everything:
        return true()
    named = select(MaintainedService.service_id).where(MaintainedService.maintenance_id == maintenance.id)
    on_servers = (
        select(Resource.service_id)
        .join(Connection, Connection.id == Resource.connection_id)
        .where(Connection.key.in_(maintenance.connections), Resource.state != "gone")
    )
    return or_(Service.id.in_(named), Service.id.in_(on_servers))
