"""Active services with their terms: who is late, asking to go on, and deciding on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import aliased

from tapak.accounts.policy import RequestSubject, require
from tapak.audit.service import record
from tapak.db.wake import wake
from tapak.inventory.models import Emergency, ExpiryReminder, Renewal, Service
from tapak.monitoring import expiry
from tapak.provisioning import service as provisioning
from tapak.requests.desk import Desk
from tapak.requests.models import Request
from tapak.sdk.errors import Conflict, Forbidden, Invalid, NotFound
from tapak.tenants.models import Agency

RUNNING = ("provisioning", "live", "failed", "suspended")
MOST = 500


@dataclass(frozen=True)
class Active:
    """An active service; ``left`` are days until its last one (None: no term), ``reminded`` the last reminder's days.

    ``late``: its last day is over; ``renewal`` is the one that waits for a decision, ``refused`` the last one where
    that wasn't approved, ``emergency`` the one whose letter is owed, ``changing`` the number of the request that is
    changing it (empty: none).
    """

    service: Service
    agency: str
    left: int | None
    reminded: int | None
    renewal: Renewal | None
    refused: Renewal | None
    emergency: Emergency | None
    changing: str

    @property
    def late(self) -> bool:
        """Whether the term is over."""
        return self.left is not None and self.left < 0


def active(desk: Desk, *, late: bool = False) -> Sequence[Active]:
    """The services that run, those of the person's unit or, for staff, of all; the soonest to end first."""
    return _active(desk, Service.expires_on < desk.today) if late else _active(desk)


def needing(desk: Desk) -> Sequence[Active]:
    """Those whose renewal waits for a decision, whose unit was reminded, or whose term is over; as :func:`active`."""
    reminded = select(ExpiryReminder.id).where(
        ExpiryReminder.service_id == Service.id, ExpiryReminder.expires_on == Service.expires_on
    )
    ending = or_(Service.expires_on < desk.today, reminded.exists()) & Service.deactivated_at.is_(None)
    return _active(desk, or_(Renewal.id.is_not(None), ending))


def _active(desk: Desk, *where: ColumnElement[bool]) -> Sequence[Active]:
    person = desk.somebody
    require(person, "service.read", None)
    last = (
        select(func.min(ExpiryReminder.days))
        .where(ExpiryReminder.service_id == Service.id, ExpiryReminder.expires_on == Service.expires_on)
        .scalar_subquery()
    )
    changing = (
        select(func.max(Request.number))
        .where(Request.concerns_id == Service.id, Request.state.in_(("submitted", "in_process", "returned")))
        .scalar_subquery()
    )
    refused, each = aliased(Renewal), aliased(Renewal)
    newest = select(func.max(each.id)).where(each.service_id == Service.id).scalar_subquery()
    owed = (Emergency.service_id == Service.id) & Emergency.settled_at.is_(None)
    query = (
        select(Service, Agency.name, last, Renewal, refused, Emergency, func.coalesce(changing, ""))
        .join(Agency, Agency.id == Service.agency_id)
        .outerjoin(Emergency, owed)
        .outerjoin(Renewal, (Renewal.service_id == Service.id) & Renewal.approved.is_(None))
        .outerjoin(refused, (refused.id == newest) & refused.approved.is_(False))
        .where(Service.state.in_(RUNNING), *where)
        .order_by(Service.expires_on.nulls_last(), Service.id)
        .limit(MOST)
    )
    if not person.positions and not person.admin:
        query = query.where(Service.agency_id == person.agency_id)
    return [
        Active(service, agency, _left(desk, service), *more) for service, agency, *more in desk.session.execute(query)
    ]


def ask(desk: Desk, service_id: int, responsible_officer: str, *, still_used: bool) -> Renewal:
    """The unit asks to go on with a service (pendaftaran ulang).

    Raises:
        NotFound: there is no such service of the unit.
        Invalid: what has to be stated isn't.
        Conflict: it has no term or has ended, or a renewal waits already.
    """
    service = find_running(desk, service_id, "service.renew")
    officer = responsible_officer.strip()
    problems = {
        **({} if 3 <= len(officer) <= 120 else {"responsible_officer": ["Tulis nama penanggung jawab sekarang."]}),
        **({} if still_used else {"still_used": ["Nyatakan bahwa layanan ini masih digunakan."]}),
    }
    if problems:
        raise Invalid("Pendaftaran ulang belum lengkap.", log="renewal incomplete", fields=problems)
    waiting = select(Renewal.id).where(Renewal.service_id == service.id, Renewal.approved.is_(None))
    if service.expires_on is None or service.deactivated_at or desk.session.scalar(waiting) is not None:
        raise Conflict("Layanan ini tidak perlu didaftarkan ulang sekarang.", log=f"service {service.id}: no renewal")
    person = desk.somebody
    made = Renewal(
        service_id=service.id, account_id=person.account_id, asked_by=person.name, responsible_officer=officer
    )
    desk.session.add(made)
    _tell(desk, service, "service.renewal_asked", f"Pendaftaran ulang diajukan; penanggung jawab {officer}")
    return made


def decide(desk: Desk, service_id: int, *, approve: bool, reason: str = "") -> Service:
    """Decide on the waiting renewal; an approval gives a new term, and ends a suspension for the old one's end.

    What an officer took off the net stays off it. Without an approval the unit reads the ``reason``.

    Raises:
        NotFound: there is no such service, or nothing waits.
        Invalid: it isn't approved and no reason is given.
        Forbidden: the person may not decide, or asked for it.
        Conflict: the service was ended, or is being ended.
    """
    service = find_to_move(desk, service_id, "service.manage")
    query = select(Renewal).where(Renewal.service_id == service.id, Renewal.approved.is_(None)).with_for_update()
    waiting = desk.session.scalars(query).one_or_none()
    if waiting is None:
        raise NotFound("Tidak ada pendaftaran ulang yang menunggu.", log=f"service {service_id}: no renewal waits")
    if waiting.account_id == desk.somebody.account_id:
        told = "Anda sendiri yang mengajukan pendaftaran ulang ini; pejabat lain yang memutuskannya."
        raise Forbidden(told, log=f"service {service_id}: the asker may not decide")
    waiting.reason = "" if approve else stated(reason)
    waiting.approved, waiting.decided_by, waiting.decided_at = approve, desk.somebody.name, desk.now
    if approve:
        _check_stays(desk, service)
        over = _off_for_its_term(desk, service)
        _renew(desk, service)
        if over:
            _restore(desk, service)
    told = "disetujui" if approve else f"tidak disetujui: {waiting.reason}"
    stays = "; layanan tetap ditangguhkan" if approve and service.suspended_at is not None else ""
    _tell(desk, service, "service.renewal_decided", f"Pendaftaran ulang {told}{stays}")
    return service


def suspend(desk: Desk, service_id: int, why: str) -> Service:
    """Suspend a service by an officer's act.

    Raises:
        NotFound: there is no such service.
        Forbidden: the person may not.
        Invalid: no reason is given.
    """
    service = find_to_move(desk, service_id, "service.manage")
    expiry.suspend(desk.session, service, desk.now, stated(why))
    return service


def stated(reason: str) -> str:
    """An officer's reason for what a unit will not like, without blanks around it.

    Raises:
        Invalid: there is none.
    """
    if not 3 <= len(reason.strip()) <= 500:
        told = "Tuliskan alasan (3 sampai 500 huruf)."
        raise Invalid(told, log="a reason is needed", fields={"reason": [told]})
    return reason.strip()


def restore(desk: Desk, service_id: int) -> Service:
    """Bring a suspended service back in one act, as it was; a term that is over begins anew today.

    Raises:
        NotFound: there is no such service.
        Conflict: it isn't suspended, or is being ended.
        Forbidden: the person may not.
    """
    service = find_to_move(desk, service_id, "service.manage")
    _check_stays(desk, service)
    if service.suspended_at is None:
        raise Conflict("Layanan ini tidak sedang ditangguhkan.", log=f"service {service_id} is not suspended")
    if service.expires_on is not None and service.expires_on < desk.today:
        _renew(desk, service)
    _restore(desk, service)
    owed = update(Emergency).where(Emergency.service_id == service.id, Emergency.settled_at.is_(None))
    desk.session.execute(owed.values(settled_at=desk.now, settled_by=desk.somebody.name, restored_at=desk.now))
    _tell(desk, service, "service.restored", "Layanan dipulihkan")
    return service


def _check_stays(desk: Desk, service: Service) -> None:
    """Refuse where a request has taken the service away, or is doing so."""
    if service.deactivated_at is not None:
        told = "Layanan ini sudah dinonaktifkan dengan permohonan; ajukan layanan baru."
        raise Conflict(told, log=f"service {service.id} is deactivated")
    ending = select(Request.number).where(
        Request.concerns_id == service.id,
        Request.change == "deactivate",
        Request.stood.is_not(None),
        Request.state.in_(("in_process", "returned")),
    )
    number = desk.session.scalars(ending).first()
    if number is not None:
        told = f"Permohonan {number} sedang menonaktifkan layanan ini. Batalkan permohonan itu untuk memulihkannya."
        raise Conflict(told, log=f"service {service.id} is being ended")


def _renew(desk: Desk, service: Service) -> None:
    days = desk.tenant.settings.get(expiry.TERM)
    if days:
        begins = max(service.expires_on or desk.today, desk.today)
        service.expires_on = begins + timedelta(days=days)


def _off_for_its_term(desk: Desk, service: Service) -> bool:
    """Whether the service is off the net because its term was over, and an emergency gave no other reason since."""
    if service.suspended_at is None or service.expires_on is None:
        return False
    since = service.suspended_at.astimezone(ZoneInfo(desk.tenant.time_zone)).date()
    other = select(Emergency.id).where(
        Emergency.service_id == service.id, Emergency.declared_at >= service.suspended_at
    )
    return since > expiry.late_from(service.expires_on, desk.tenant) and desk.session.scalar(other.limit(1)) is None


def _restore(desk: Desk, service: Service) -> None:
    service.suspended_at = None
    desk.session.flush()
    provisioning.restore(desk.session, service.id)


def find_running(desk: Desk, service_id: int, action: str) -> Service:
    """The service, locked, if it runs and the desk's person may do ``action`` on it.

    Raises:
        NotFound: there is none, or this person may not know of it.
        Forbidden: the person may not.
    """
    query = select(Service).where(Service.id == service_id, Service.state.in_(RUNNING)).with_for_update()
    service = desk.session.scalars(query).one_or_none()
    if service is None:
        raise NotFound("Layanan ini tidak ditemukan.", log=f"service {service_id} not found")
    require(desk.somebody, action, RequestSubject(agency_id=service.agency_id or 0, applicant_id=0))
    return service


def find_to_move(desk: Desk, service_id: int, action: str) -> Service:
    """As :func:`find_running`, with the locks of an act that moves its resources, in their order.

    Raises:
        NotFound, Forbidden: as there.
    """
    known = desk.session.get(Service, (desk.tenant.id, service_id))
    if known is not None:
        wake(desk.session, provisioning.WAKE, service_id)
        desk.session.expire(known)
    return find_running(desk, service_id, action)


def _left(desk: Desk, service: Service) -> int | None:
    return None if service.expires_on is None else (service.expires_on - desk.today).days


def _tell(desk: Desk, service: Service, kind: str, told: str) -> None:
    record(desk.session, kind, person=desk.somebody, request_id=service.request_id, summary=told)
