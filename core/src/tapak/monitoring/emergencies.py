"""Emergency deactivation: an officer takes a service off the net in one act, DNS first; the letter follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from tapak.accounts.policy import require
from tapak.audit.service import record
from tapak.inventory.models import Emergency, Service
from tapak.monitoring import expiry
from tapak.monitoring.renewals import find_running, find_to_move, stated
from tapak.requests.desk import Desk
from tapak.sdk.errors import Conflict, Invalid
from tapak.sdk.procedure import TimeStandard

DAYS_SETTING, DAYS = "emergency_letter_days", 3


@dataclass(frozen=True)
class Duty:
    """A letter that is still owed for a service that was taken off the net at once."""

    emergency: Emergency
    service: Service
    late: bool


def declare(desk: Desk, service_id: int, reason: str) -> Emergency:
    """Take a service off the net now; the letter is due in the agency's days (three working days unless set).

    Raises:
        NotFound: there is no such service.
        Forbidden: the person may not.
        Invalid: no reason is given.
        Conflict: it was taken off the net before.
    """
    service = find_to_move(desk, service_id, "service.emergency")
    why = stated(reason)
    if _open(desk, service_id) is not None or service.deactivated_at is not None:
        raise Conflict("Layanan ini sudah dinonaktifkan.", log=f"service {service_id} is deactivated already")
    days = TimeStandard(int(desk.tenant.settings.get(DAYS_SETTING, DAYS)), "day")
    made = Emergency(
        service_id=service.id,
        reason=why,
        account_id=desk.somebody.account_id,
        declared_by=desk.somebody.name,
        declared_at=desk.now,
        letter_due=desk.calendar.due(desk.now, days),
    )
    desk.session.add(made)
    expiry.suspend(desk.session, service, desk.now, f"penonaktifan darurat: {why}")
    _tell(desk, service, "service.emergency", f"Penonaktifan darurat: {why}")
    return made


def settle(desk: Desk, service_id: int, number: str, on: date | None) -> Emergency:
    """Enter the letter that was owed.

    Raises:
        NotFound: there is no such service.
        Invalid: the letter's number or date is missing, or its date lies ahead.
        Conflict: no letter is owed.
    """
    service = find_running(desk, service_id, "service.emergency")
    owed = _open(desk, service_id)
    if owed is None:
        raise Conflict("Tidak ada surat yang ditunggu untuk layanan ini.", log=f"service {service_id}: no letter owed")
    problems = {
        **({} if 3 <= len(number.strip()) <= 100 else {"letter_number": ["Tulis nomor surat."]}),
        **({} if on and on <= desk.today else {"letter_date": ["Tulis tanggal surat, paling lambat hari ini."]}),
    }
    if problems:
        raise Invalid("Surat belum lengkap.", log="the letter is incomplete", fields=problems)
    owed.letter_number, owed.letter_date = number.strip(), on
    owed.settled_at, owed.settled_by = desk.now, desk.somebody.name
    _tell(desk, service, "service.emergency_settled", f"Surat penonaktifan darurat dicatat: nomor {number.strip()}")
    return owed


def duties(desk: Desk) -> Sequence[Duty]:
    """The letters that are owed, the soonest due first; for officers and admins."""
    require(desk.somebody, "service.emergency", None)
    query = (
        select(Emergency, Service)
        .join(Service, Service.id == Emergency.service_id)
        .where(Emergency.settled_at.is_(None))
        .order_by(Emergency.letter_due, Emergency.id)
    )
    return [Duty(each, service, each.letter_due < desk.now) for each, service in desk.session.execute(query)]


def _open(desk: Desk, service_id: int) -> Emergency | None:
    query = select(Emergency).where(Emergency.service_id == service_id, Emergency.settled_at.is_(None))
    return desk.session.scalars(query.with_for_update()).one_or_none()


def _tell(desk: Desk, service: Service, kind: str, told: str) -> None:
    record(desk.session, kind, person=desk.somebody, request_id=service.request_id, summary=told)
