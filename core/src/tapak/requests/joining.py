"""A done request's records go to the services that have their names."""

from __future__ import annotations

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from tapak.audit.service import Actor, record
from tapak.inventory.models import Service
from tapak.provisioning import joining
from tapak.requests.models import Request


def join(session: Session, service: Service, person: Actor | None, but: int = 0) -> None:
    """Do so for what ``service`` consists of, where no request (not ``but``) is at it or at one that takes from it."""
    taking = [host for host in joining.hosts(session, service) if not _busy(session, host.id, but)]
    if not taking or _busy(session, service.id, but):
        return
    joining.join(session, service, [host.id for host in taking])
    first = select(Request.number).where(Request.id == service.request_id)
    told = f"Rekaman DNS dari permohonan {session.scalar(first)} menjadi bagian layanan ini"
    for host in taking:
        record(session, "service.joined", person=person, request_id=host.request_id, summary=told)
    if service.state == "ended":
        where = Request.service_id == service.id
        session.execute(update(Request).where(where).values(service_id=taking[0].id))


def _busy(session: Session, service_id: int, but: int) -> bool:
    at_it = or_(Request.service_id == service_id, Request.concerns_id == service_id)
    running = select(Request.id).where(at_it, Request.ended_at.is_(None), Request.number != "", Request.id != but)
    return session.scalar(running.limit(1)) is not None
