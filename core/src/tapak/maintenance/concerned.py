"""Which services a maintenance concerns, and what their owners are to be told.

While it is planned that is told by what runs now; once it is closed, by what was written down then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tapak.inventory.models import Service
from tapak.maintenance.models import MaintainedService, Maintenance
from tapak.provisioning.models import Connection, Resource
from tapak.requests.desk import Desk
from tapak.tenants.models import Agency

STATES = ("reserved", "provisioning", "live", "failed", "suspended")
RUNS = and_(Service.state.in_(STATES), Service.deactivated_at.is_(None))
TOLD_AFTERWARDS = timedelta(days=3)
"""How long owners still see how it went, that it was cancelled, or that nobody reported on it."""

_NAMED = exists().where(MaintainedService.maintenance_id == Maintenance.id, MaintainedService.service_id == Service.id)
_ON_SERVERS = exists().where(
    Resource.service_id == Service.id,
    Resource.state != "gone",
    Connection.id == Resource.connection_id,
    Maintenance.connections.op("?")(Connection.key),
)
_CONCERNS = or_(
    and_(Maintenance.state == "planned", RUNS, or_(Maintenance.everything, _NAMED, _ON_SERVERS)),
    and_(Maintenance.state != "planned", _NAMED),
)


@dataclass(frozen=True)
class Notice:
    """A maintenance as an owner is told of it, with the titles of the own services that it concerns."""

    maintenance: Maintenance
    services: tuple[str, ...]


def concerned(maintenance: Maintenance, agency_id: int | None = None) -> Select[Service, str]:
    """The services that it concerns (of one unit, where that is given), each with its unit's name."""
    query = select(Service, Agency.name).join(Agency, Agency.id == Service.agency_id)
    query = query.join(Maintenance, _CONCERNS).where(Maintenance.id == maintenance.id)
    query = query if agency_id is None else query.where(Service.agency_id == agency_id)
    return query.order_by(Agency.name, Service.title, Service.id)


def count(session: Session, maintenance: Maintenance, agency_id: int | None = None) -> int:
    """How many services it concerns."""
    found = concerned(maintenance, agency_id).order_by(None).with_only_columns(Service.id).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def write_down(session: Session, maintenance: Maintenance) -> None:
    """Keep which services a planned maintenance concerns, before it is closed: services come and go."""
    found = concerned(maintenance).order_by(None).with_only_columns(Maintenance.id, Service.id)
    rows = insert(MaintainedService).from_select(["maintenance_id", "service_id"], found)
    session.execute(rows.on_conflict_do_nothing())


def named(session: Session, ids: Sequence[int], agency_id: int | None = None) -> Mapping[int, list[int]]:
    """By maintenance, the ids of the services (of one unit, where that is given) that are written down for it."""
    query = select(MaintainedService.maintenance_id, MaintainedService.service_id)
    query = query.where(MaintainedService.maintenance_id.in_(ids))
    if agency_id is not None:
        query = query.join(Service, Service.id == MaintainedService.service_id).where(Service.agency_id == agency_id)
    found: dict[int, list[int]] = {each: [] for each in ids}
    for maintenance_id, service_id in session.execute(query.order_by(MaintainedService.service_id)):
        found[maintenance_id].append(service_id)
    return found


def notices(desk: Desk, *, agency_id: int | None = None, service_id: int | None = None) -> Sequence[Notice]:
    """What the owners of a unit's services, or of one service, are to be told now; the soonest first."""
    since = desk.now - TOLD_AFTERWARDS
    told = or_(and_(Maintenance.state == "planned", Maintenance.ends_at > since), Maintenance.closed_at > since)
    query = select(Maintenance, Service.title).join(Service, _CONCERNS).where(told)
    query = query.where(Service.agency_id == agency_id) if agency_id is not None else query
    query = query.where(Service.id == service_id) if service_id is not None else query
    rows: Sequence[Any] = desk.session.execute(
        query.order_by(Maintenance.starts_at, Maintenance.id, Service.title)
    ).all()
    return [
        Notice(group[0][0], tuple(title for _, title in group))
        for group in (list(each) for _, each in groupby(rows, key=lambda row: row[0].id))
    ]
