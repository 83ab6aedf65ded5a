"""Requests that belong together (Keterkaitan): a website and its hosting, linked by the unit or by an officer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from tapak.accounts.policy import may
from tapak.audit.service import record
from tapak.requests import access
from tapak.requests.desk import Desk
from tapak.requests.models import Request, RequestLink
from tapak.sdk.errors import Conflict, Invalid, NotFound

SHOWN = 50


@dataclass(frozen=True)
class Linked:
    """A request at the other end of a link."""

    request_id: int
    number: str
    subject: str
    state: str


def linked(desk: Desk, request_id: int) -> tuple[Linked, ...]:
    """The requests that are linked with this one and that the person may see, oldest first."""
    access.find_request(desk, request_id)
    return tuple(
        _row(each) for each in _others(desk, request_id) if may(desk.person, "request.read", access.subject(each))
    )


def candidates(desk: Desk, request_id: int) -> tuple[Linked, ...]:
    """Submitted requests of the same unit that could be linked with this one, newest first."""
    request = access.find_request(desk, request_id)
    taken = {each.id for each in _others(desk, request_id)} | {request_id}
    query = select(Request).where(Request.agency_id == request.agency_id, Request.number != "")
    found = desk.session.scalars(query.order_by(Request.id.desc()).limit(SHOWN))
    return tuple(_row(each) for each in found if each.id not in taken)


def link(desk: Desk, request_id: int, number: str) -> Linked:
    """Link the request with the one numbered ``number``, by its unit (with its own requests) or by an officer.

    Raises:
        NotFound: there is no such request, or the person may not know of it.
        Invalid: there is none of that number for this person, or it is the same one.
        Conflict: they are linked already.
    """
    request = access.find_request(desk, request_id, "request.link", lock=True)
    query = select(Request).where(Request.number == number.strip(), Request.number != "")
    other = desk.session.scalars(query).one_or_none()
    if other is None or other.id == request.id or not may(desk.person, "request.link", access.subject(other)):
        told = "Tidak ada permohonan lain dengan nomor ini."
        raise Invalid(told, log=f"no request {number!r} to link with", fields={"number": [told]})
    if any(each.id == other.id for each in _others(desk, request_id)):
        raise Conflict("Kedua permohonan sudah dikaitkan.", log=f"{request_id} and {other.id} are linked")
    first, second = sorted((request.id, other.id))
    person = desk.somebody
    made = RequestLink(request_id=first, other_id=second, account_id=person.account_id, linked_by=person.name)
    desk.session.add(made)
    _tell(desk, "request.linked", request, other, "dikaitkan dengan")
    return _row(other)


def unlink(desk: Desk, request_id: int, other_id: int) -> None:
    """Undo a link.

    Raises:
        NotFound: they aren't linked, or the person may not know of it.
        Forbidden: the person is neither of the unit nor an officer.
    """
    request = access.find_request(desk, request_id, "request.link", lock=True)
    first, second = sorted((request_id, other_id))
    query = select(RequestLink).where(RequestLink.request_id == first, RequestLink.other_id == second)
    made = desk.session.scalars(query).one_or_none()
    if made is None:
        raise NotFound("Kedua permohonan tidak dikaitkan.", log=f"{request_id} and {other_id} are not linked")
    other = access.find_request(desk, other_id, "request.link")
    desk.session.delete(made)
    _tell(desk, "request.unlinked", request, other, "tidak lagi dikaitkan dengan")


def _others(desk: Desk, request_id: int) -> Sequence[Request]:
    query = (
        select(Request)
        .join(
            RequestLink,
            or_(
                (RequestLink.request_id == request_id) & (RequestLink.other_id == Request.id),
                (RequestLink.other_id == request_id) & (RequestLink.request_id == Request.id),
            ),
        )
        .order_by(Request.id)
    )
    return desk.session.scalars(query).all()


def _row(request: Request) -> Linked:
    return Linked(request.id, request.number, request.subject, request.state)


def _tell(desk: Desk, kind: str, request: Request, other: Request, how: str) -> None:
    for one, another in ((request, other), (other, request)):
        told = f"Permohonan {how} {another.number or 'draf'}"
        content = {"other": another.id}
        record(desk.session, kind, person=desk.somebody, request_id=one.id, summary=told, content=content)
