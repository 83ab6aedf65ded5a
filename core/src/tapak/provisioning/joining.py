"""Records that a request made at the names of other services of its unit: each goes to the service that has its name.

So a change of records opens nothing that is renewed, suspended or ended apart from the site that bears the name.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from tapak.db.wake import wake
from tapak.inventory.models import IMPORTED, HeldName, Service
from tapak.provisioning.models import Resource
from tapak.provisioning.rows import WAKE, flush, leave, rows_of
from tapak.sdk.resources import RecordSet, Site


def hosts(session: Session, service: Service) -> Sequence[Service]:
    """The live services of the unit that ``service`` has records at, or below, the names of."""
    records = _records(session, service.id)
    if not records:
        return ()
    names = _names(session, service)
    found = {host for row in records if (host := _host(row, names))}
    return session.scalars(select(Service).where(Service.id.in_(found)).order_by(Service.id)).all()


def join(session: Session, service: Service, taking: Collection[int]) -> None:
    """Give each service of ``taking`` (of :func:`hosts`) its records; where nothing stays, ``service`` has ended."""
    for each in sorted({service.id, *taking}):
        wake(session, WAKE, each)
    names, moved = _names(session, service), dict[int, set[str]]()
    for row in _records(session, service.id):
        host = _host(row, names)
        if host in taking and host is not None:
            moved.setdefault(host, set()).add(row.identity.partition("/")[0])
            row.service_id, row.key, row.needs = host, f"{row.key}/{row.id}", _site_of(session, host, row)
    flush(session)
    for host, left in moved.items():
        leave(session, service.id, left, host)
    session.refresh(service)


def _records(session: Session, service_id: int) -> Sequence[Resource]:
    return [
        row for row in rows_of(session, service_id) if row.kind == RecordSet.kind and row.spec and row.state == "live"
    ]


def _names(session: Session, service: Service) -> dict[str, int]:
    """The names that other live services of the unit have, with their services."""
    query = (
        select(HeldName.name, HeldName.service_id)
        .join(Service, Service.id == HeldName.service_id)
        .where(
            Service.agency_id == service.agency_id,
            Service.id != service.id,
            Service.state == "live",
            Service.suspended_at.is_(None),
            Service.deactivated_at.is_(None),
            Service.procedure != IMPORTED,
        )
    )
    return {name: int(held_by or 0) for name, held_by in session.execute(query)}


def _host(row: Resource, names: dict[str, int]) -> int | None:
    """The service that has the record's name, or else the nearest one above it within its zone."""
    spec = row.spec or {}
    name = str(spec["name"])
    while name != spec["zone"] and "." in name:
        if name in names:
            return names[name]
        name = name.partition(".")[2]
    return None


def _site_of(session: Session, service_id: int, row: Resource) -> list[str]:
    """What the record needs where it goes: the site of its own name."""
    name = str((row.spec or {})["name"])
    return [each.key for each in rows_of(session, service_id) if each.kind == Site.kind and each.identity == name]
