"""Terms of services, looked at each day: a last day for what went live, reminders as rows, suspension of the late."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tapak.audit.service import record
from tapak.inventory.models import IMPORTED, ExpiryReminder, Service
from tapak.provisioning import service as provisioning
from tapak.provisioning.models import Resource
from tapak.requests.joining import join
from tapak.sdk.resources import Site
from tapak.tenants.models import Tenant

REMINDERS = (60, 30, 7, 1)
"""Days before the last one on which the owner is reminded, unless the agency says others."""
GRACE = 30
TERM, GRACE_SETTING, SUSPEND = "service_term_days", "renewal_grace_days", "suspend_expired"
REMINDER_DAYS = "reminder_days"


def look(session: Session, tenant: Tenant, now: datetime) -> None:
    """Give terms, remind, and suspend what is late where the agency wants that; looking again changes nothing.

    What came to be at another service's name before that could take it is made a part of that first.
    """
    today = now.astimezone(ZoneInfo(tenant.time_zone)).date()
    _retire(session, now)
    lasting = (
        Service.state.in_(("live", "suspended")),
        Service.deactivated_at.is_(None),
        Service.agency_id.is_not(None),
    )
    site = select(Resource.id).where(Resource.service_id == Service.id, Resource.kind == Site.kind)
    asked_for = select(Service).where(*lasting, Service.procedure != IMPORTED, ~site.exists())
    for service in session.scalars(asked_for.order_by(Service.id)).all():
        join(session, service, None)
    running = select(Service).where(*lasting).order_by(Service.id).with_for_update()
    for service in session.scalars(running):
        _give_term(service, tenant)
        if service.expires_on is not None:
            _remind(session, service, tenant, today)
            if tenant.settings.get(SUSPEND) and today > late_from(service.expires_on, tenant):
                suspend(session, service, now, "masa layanan habis dan tidak didaftarkan ulang")


def _retire(session: Session, now: datetime) -> None:
    """Remove what was kept for a time: an ended service's site, a name that led to a service's new one."""
    for service_id in provisioning.retire(session, now):
        service = session.scalars(select(Service).where(Service.id == service_id)).one()
        if service.deactivated_at is not None:
            service.suspended_at = None
        told = "Yang disimpan sementara dihapus"
        record(session, "service.retired", person=None, request_id=service.request_id, summary=told)


def late_from(expires_on: date, tenant: Tenant) -> date:
    """The last day of the grace time after ``expires_on``."""
    return expires_on + timedelta(days=tenant.settings.get(GRACE_SETTING, GRACE))


def suspend(session: Session, service: Service, now: datetime, why: str) -> None:
    """Suspend a service, where it isn't yet: its DNS records first, then its sites."""
    if service.suspended_at is not None:
        return
    service.suspended_at = now
    session.flush()
    provisioning.suspend(session, service.id)
    told = f"Layanan ditangguhkan: {why}"
    record(session, "service.suspending", person=None, request_id=service.request_id, summary=told)


def _give_term(service: Service, tenant: Tenant) -> None:
    days = tenant.settings.get(TERM)
    if days and service.expires_on is None and service.live_at is not None:
        since = service.live_at.astimezone(ZoneInfo(tenant.time_zone)).date()
        service.expires_on = since + timedelta(days=days)


def _remind(session: Session, service: Service, tenant: Tenant, today: date) -> None:
    assert service.expires_on is not None
    left = (service.expires_on - today).days
    due = [days for days in tenant.settings.get(REMINDER_DAYS, REMINDERS) if left <= days]
    if left < 0 or not due:
        return
    row = insert(ExpiryReminder).values(service_id=service.id, expires_on=service.expires_on, days=min(due))
    session.execute(row.on_conflict_do_nothing())
