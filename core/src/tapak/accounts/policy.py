"""The one place that says who may do what.

What a person may not even see is NotFound; what they see but may not do is Forbidden.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from tapak.accounts.models import Account
from tapak.sdk.errors import Forbidden, NotFound, SignInNeeded
from tapak.tenants.positions import PREFIXES, Holder, Seat, held_by, seats, substitute


@dataclass(frozen=True)
class Held:
    """A position that a person acts for today. ``kind``: definitive, acting_vacant or acting_daily."""

    position_id: int
    key: str
    title: str
    kind: str

    @property
    def label(self) -> str:
        """The title as the person signs it: ``Plt. Kepala Bidang``."""
        return PREFIXES[self.kind] + self.title


@dataclass(frozen=True)
class Person:
    """Whoever is signed in, with the positions held today. Applicants have an ``agency_id``, officials positions."""

    account_id: int
    name: str
    email: str
    nip: str
    agency_id: int | None
    admin: bool
    positions: tuple[Held, ...] = ()

    def holding(self, position_id: int | None) -> Held | None:
        """The position with that id, if this person acts for it."""
        return next((held for held in self.positions if held.position_id == position_id), None)


@dataclass(frozen=True)
class RequestSubject:
    """What matters of a request. ``signer_nip`` is of whoever signed the letter, in any spacing."""

    agency_id: int
    applicant_id: int
    signer_nip: str = ""
    draft: bool = False


@dataclass(frozen=True)
class TaskSubject:
    """What matters of a task: its actor is a position or an agency.

    ``decides`` marks a step whose outcome is a decision. Where ``holder_barred`` (the holder of ``position_id`` has a
    part in the request; see :func:`stand_in`), the holder of ``substitute_id`` decides instead.
    """

    request: RequestSubject
    position_id: int | None = None
    agency_id: int | None = None
    escalated_to: int | None = None
    decides: bool = False
    substitute_id: int | None = None
    substitute_title: str = ""
    holder_barred: bool = False


@dataclass(frozen=True)
class BookSubject:
    """What matters of a register, by keys of positions: ``writers`` also write in it by hand, and ``readers`` may read
    a sealed one.
    """

    writers: frozenset[str] = frozenset()
    readers: frozenset[str] = frozenset()


Subject = RequestSubject | TaskSubject | BookSubject | None


def person_of(session: Session, account: Account, on: date) -> Person:
    """The person behind ``account`` with the positions held on the tenant's local day ``on``."""
    return person_among(seats(session, on), account)


def person_among(known: Iterable[Seat], account: Account) -> Person:
    """The person behind ``account``, with the positions among ``known`` that are held."""
    held = held_by(account.id, known)
    return Person(
        account_id=account.id,
        name=account.name,
        email=account.email,
        nip=account.nip,
        agency_id=account.agency_id,
        admin=account.admin,
        positions=tuple(Held(each.position_id, each.key, each.title, each.kind) for each in held),
    )


def has_part(account_id: int, nip: str, request: RequestSubject) -> bool:
    """Whether the account submitted the request or signed its letter, and so can't decide on it."""
    signer = _digits(request.signer_nip)
    return account_id == request.applicant_id or (bool(signer) and signer == _digits(nip))


def stand_in(session: Session, position_id: int, request: RequestSubject, on: date) -> Holder | None:
    """Who decides on ``request`` where the holder of ``position_id`` may not; None where no substitute is named."""
    return substitute(session, position_id, on, barred=lambda holder: has_part(holder.account_id, holder.nip, request))


def may(person: Person | None, action: str, subject: Subject = None) -> bool:
    """Whether :func:`require` would let it pass."""
    try:
        require(person, action, subject)
    except (Forbidden, NotFound, SignInNeeded):
        return False
    return True


def require(person: Person | None, action: str, subject: Subject = None) -> None:
    """Let ``person`` do ``action`` on ``subject``, or say why not.

    Raises:
        SignInNeeded: nobody is signed in.
        NotFound: the person may not know of the subject.
        Forbidden: the person may not do this; the message says who may.
        KeyError: there is no such action.
    """
    rule = ACTIONS[action]
    if person is None:
        raise SignInNeeded("Silakan masuk dahulu.", log=f"{action} needs a signed-in person")
    if isinstance(subject, (RequestSubject, TaskSubject)) and not _sees(person, subject):
        raise NotFound("Halaman atau data ini tidak ditemukan.", log=f"{action}: not visible to {person.account_id}")
    problem = rule(person, subject)
    if problem:
        raise Forbidden(problem, log=f"account {person.account_id} may not {action}")


def _digits(nip: str) -> str:
    return "".join(str(unicodedata.decimal(mark)) for mark in nip if mark.isdecimal())


def _sees(person: Person, subject: RequestSubject | TaskSubject) -> bool:
    request = subject.request if isinstance(subject, TaskSubject) else subject
    if person.agency_id is not None and person.agency_id == request.agency_id:
        return not (isinstance(subject, TaskSubject) and subject.agency_id is None and not person.positions)
    return not request.draft and (bool(person.positions) or person.admin)


def _anyone(person: Person, subject: Subject) -> str:
    return ""


def _applicant(person: Person, subject: Subject) -> str:
    return "" if person.agency_id is not None else "Hanya akun Perangkat Daerah yang dapat mengajukan permohonan."


def _staff(person: Person, subject: Subject) -> str:
    return "" if person.positions else "Hanya pejabat yang sedang memegang jabatan yang dapat melakukan ini."


def _overseer(person: Person, subject: Subject) -> str:
    return "" if person.admin else _staff(person, subject)


def _admin(person: Person, subject: Subject) -> str:
    return "" if person.admin else "Hanya admin yang dapat melakukan ini."


def _writes(person: Person, subject: Subject) -> str:
    if not isinstance(subject, BookSubject):
        raise TypeError("writing in a register needs a BookSubject")
    mine = any(held.key in subject.writers for held in person.positions)
    return "" if mine else "Catatan dalam register ini ditulis oleh jabatan lain."


def _plans(person: Person, subject: Subject) -> str:
    if not isinstance(subject, BookSubject):
        raise TypeError("planning maintenance needs the BookSubject of its register")
    return _writes(person, subject) if subject.writers else _staff(person, subject)


def _reads(person: Person, subject: Subject) -> str:
    if not isinstance(subject, BookSubject):
        raise TypeError("reading a sealed register needs a BookSubject")
    allowed = any(held.key in subject.readers for held in person.positions)
    return "" if allowed else "Isi buku ini hanya dapat dibaca pemegang jabatan yang ditunjuk instansi."


def _own(person: Person, subject: Subject) -> str:
    own = isinstance(subject, RequestSubject) and subject.applicant_id == person.account_id
    return "" if own else "Hanya pembuat permohonan yang dapat mengubah draf ini."


def _of_agency(person: Person, subject: Subject) -> str:
    own = isinstance(subject, RequestSubject) and subject.agency_id == person.agency_id
    return "" if own else "Hanya Perangkat Daerah pemohon yang dapat melakukan ini."


def _party(person: Person, subject: Subject) -> str:
    return "" if person.positions or not _of_agency(person, subject) else _of_agency(person, subject)


def _acts(person: Person, subject: Subject) -> str:
    if not isinstance(subject, TaskSubject):
        raise TypeError("a task's action needs a TaskSubject")
    return _decides(person, subject) if subject.decides else _turn(person, subject)


def _turn(person: Person, subject: TaskSubject) -> str:
    if subject.agency_id is not None:
        own = subject.agency_id == person.agency_id
        return "" if own else "Tugas ini milik Perangkat Daerah pemohon."
    mine = person.holding(subject.position_id) or person.holding(subject.escalated_to)
    return "" if mine else "Tugas ini milik jabatan lain."


def _decides(person: Person, subject: TaskSubject) -> str:
    instead = subject.holder_barred and person.holding(subject.substitute_id) is not None
    problem = "" if instead else _turn(person, subject)
    if problem or not has_part(person.account_id, person.nip, subject.request):
        return problem
    return "Anda mengajukan permohonan ini atau menandatangani suratnya, jadi tidak dapat memutuskannya. " + (
        f"Yang dapat memutuskan: {subject.substitute_title or 'pejabat pengganti'}."
        if subject.substitute_id is not None
        else "Belum ada jabatan pengganti: minta admin menetapkannya pada data jabatan."
    )


Rule = Callable[[Person, Subject], str]

ACTIONS: Mapping[str, Rule] = {
    "request.start": _applicant,
    "request.read": _anyone,
    "request.edit": _own,
    "request.withdraw": _of_agency,
    "request.cancel": _staff,
    "request.move": _admin,
    "request.link": _party,
    "procedure.oversee": _admin,
    "task.read": _anyone,
    "task.act": _acts,
    "document.read": _anyone,
    "agenda.read": _overseer,
    "register.read": _overseer,
    "register.write": _writes,
    "register.import": _overseer,
    "register.unseal": _reads,
    "report.read": _overseer,
    "maintenance.read": _overseer,
    "maintenance.plan": _plans,
    "zone.names": _overseer,
    "connection.manage": _admin,
    "settings.manage": _admin,
    "service.repair": _overseer,
    "service.read": _anyone,
    "service.renew": _of_agency,
    "service.change": _of_agency,
    "service.unlock": _of_agency,
    "service.manage": _overseer,
    "service.emergency": _overseer,
    "certificate.read": _overseer,
    "certificate.upload": _admin,
}
"""Every action, and what is in the way (Indonesian; empty: nothing) once the subject is visible."""
