"""Lists and single looks: inbox, reports, requests, timeline, public tracking."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, or_, select

from tapak.audit.models import AuditEvent
from tapak.documents.models import Document
from tapak.requests import access
from tapak.requests.desk import Desk
from tapak.requests.models import Request, Snapshot, Task
from tapak.requests.snapshots import pinned
from tapak.requests.view import TaskView
from tapak.requests.waiting import Waiting, waiting
from tapak.sdk.errors import NotFound
from tapak.sdk.procedure import Procedure
from tapak.tenants.models import Agency

PAGE = 50
REPORTS = 10


@dataclass(frozen=True)
class InboxRow:
    """One open task as the inbox shows it. ``at`` is the deadline it is sorted by; ``overdue`` at the desk's moment."""

    task_id: int
    request_id: int
    number: str
    subject: str
    agency: str
    step: str
    step_number: str
    step_title: str
    step_name: str
    state: str
    request_state: str
    arrived_at: datetime
    at: datetime
    due_at: datetime | None
    overdue: bool
    escalated: bool


@dataclass(frozen=True)
class InboxPage:
    """A page of the inbox; ``after`` asks for the next one, or is None."""

    rows: tuple[InboxRow, ...]
    after: tuple[datetime, int] | None


def inbox(
    desk: Desk, *, only: Waiting = "all", after: tuple[datetime, int] | None = None, limit: int = PAGE
) -> InboxPage:
    """What waits for this person: tasks of the positions held, escalated to them, or of the own unit; soonest first.

    ``only`` narrows it to the person's own (``mine``), what is overdue (``late``) or what was escalated.
    """
    statement, given = waiting(desk.somebody, only, desk.now, after, limit + 1)
    rows = desk.session.execute(statement, given).all()
    page = tuple(_inbox_row(desk, row) for row in rows[:limit])
    return InboxPage(page, (page[-1].at, page[-1].task_id) if len(rows) > limit else None)


def _inbox_row(desk: Desk, row: Any) -> InboxRow:
    procedure = pinned(desk, row.digest).procedure
    step = procedure.step(row.step)
    held = {item.position_id for item in desk.somebody.positions}
    return InboxRow(
        task_id=row.task_id,
        request_id=row.request_id,
        number=row.number,
        subject=row.subject,
        agency=row.agency,
        step=row.step,
        step_number=step.number,
        step_title=step.title,
        step_name=desk.step_name(procedure, step),
        state=row.state,
        request_state=row.request_state,
        arrived_at=row.arrived_at,
        at=row.at,
        due_at=row.due_at,
        overdue=row.at < desk.now,
        escalated=row.position_id is not None and row.position_id not in held,
    )


@dataclass(frozen=True)
class Report:
    """A paper that reports to a position; ``state`` as in Document, ``number`` the request's."""

    document_id: int
    request_id: int
    title: str
    state: str
    created_at: datetime
    number: str
    subject: str
    agency: str


_REPORTS = (
    select(
        Document.id,
        Document.request_id,
        Document.title,
        Document.state,
        Document.created_at,
        Request.number,
        Request.subject,
        Agency.name,
    )
    .join(Request, Request.id == Document.request_id)
    .join(Agency, Agency.id == Request.agency_id)
    .where(Document.reader_position.in_(bindparam("held", expanding=True)))
    .order_by(Document.id.desc())
    .limit(bindparam("most"))
)


def reports(desk: Desk, *, limit: int = REPORTS) -> tuple[Report, ...]:
    """The last papers that report to the positions that the person holds, newest first."""
    held = [each.key for each in desk.somebody.positions]
    if not held:
        return ()
    return tuple(Report(*row) for row in desk.session.execute(_REPORTS, {"held": held, "most": limit}))


@dataclass(frozen=True)
class RequestRow:
    """A request as lists show it."""

    id: int
    number: str
    subject: str
    state: str
    agency: str
    service: str
    step_number: str
    step_title: str
    step_name: str
    submitted_at: datetime | None
    expected_end: datetime | None
    promised_end: datetime | None
    ended_at: datetime | None
    open_task: int | None
    needs_action: bool


def requests_of(
    desk: Desk, *, state: str = "", words: str = "", before: int | None = None, limit: int = PAGE
) -> tuple[RequestRow, ...]:
    """Requests that the person may see, newest first: the own unit's; for staff the tenant's too, without drafts.

    What ended before it was ever submitted is on no list.
    """
    person = desk.somebody
    query = (
        select(Request, Agency.name, Snapshot.hash, Task.id, Task.agency_id)
        .join(Agency, Agency.id == Request.agency_id)
        .join(Snapshot, Snapshot.id == Request.snapshot_id)
        .outerjoin(Task, and_(Task.request_id == Request.id, Task.state.in_(["open", "started"])))
        .order_by(Request.id.desc())
        .limit(limit)
    )
    query = query.where(or_(Request.state != "cancelled", Request.number != ""))
    if not person.positions and not person.admin:
        query = query.where(Request.agency_id == person.agency_id)
    else:
        query = query.where(or_(Request.state != "draft", Request.agency_id == person.agency_id))
    if state:
        query = query.where(Request.state == state)
    if words.strip():
        like = f"%{escaped(words.strip())}%"
        query = query.where(or_(Request.number.ilike(like), Request.subject.ilike(like), Agency.name.ilike(like)))
    if before is not None:
        query = query.where(Request.id < before)
    return tuple(_request_row(desk, row) for row in desk.session.execute(query).all())


def _request_row(desk: Desk, row: Any) -> RequestRow:
    request, agency, digest, task_id, task_agency = row
    procedure = pinned(desk, digest).procedure
    step = procedure.step(request.step)
    return RequestRow(
        id=request.id,
        number=request.number,
        subject=request.subject,
        state=request.state,
        agency=agency,
        service=procedure.service,
        step_number=step.number,
        step_title=step.title,
        step_name=desk.step_name(procedure, step),
        submitted_at=request.submitted_at,
        expected_end=request.expected_end,
        promised_end=request.promised_end,
        ended_at=request.ended_at,
        open_task=task_id,
        needs_action=task_agency is not None and task_agency == desk.somebody.agency_id,
    )


def escaped(words: str) -> str:
    """``words`` for a LIKE, which finds them as they are."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


@dataclass(frozen=True)
class RequestLook:
    """One request with everything that its page shows."""

    request: Request
    procedure: Procedure
    agency: str
    applicant: str
    tasks: tuple[Task, ...]
    view: TaskView

    @property
    def step_name(self) -> str:
        """What the step that it stands at is called in short."""
        return self.view.desk.step_name(self.procedure, self.procedure.step(self.request.step))


def look(desk: Desk, request_id: int) -> RequestLook:
    """The request with its tasks, oldest first; ``view`` looks from its newest task."""
    request = access.find_request(desk, request_id)
    return _look(desk, request)


def _look(desk: Desk, request: Request) -> RequestLook:
    views = access.views_of(desk, request.id)
    newest = views[-1]
    tasks = tuple(view.task for view in views)
    return RequestLook(newest.row, newest.procedure, newest.known.agency, newest.known.applicant, tasks, newest)


def timeline(desk: Desk, request_id: int) -> Sequence[AuditEvent]:
    """What happened to the request, oldest first; an applicant sees the shown events only."""
    access.find_request(desk, request_id)
    query = select(AuditEvent).where(AuditEvent.request_id == request_id).order_by(AuditEvent.seq)
    if not desk.somebody.positions and not desk.somebody.admin:
        query = query.where(AuditEvent.shown)
    return desk.session.scalars(query).all()


def meanwhile(desk: Desk, request_id: int, version: int) -> Sequence[AuditEvent]:
    """What happened to the request since it was at ``version``, oldest first; nothing for a version it never had."""
    made = AuditEvent.content["version"].as_integer() == version
    then = desk.session.scalar(select(AuditEvent.seq).where(AuditEvent.request_id == request_id, made))
    return [] if then is None else [event for event in timeline(desk, request_id) if event.seq > then]


def track(desk: Desk, number: str, code: str) -> RequestLook:
    """Public tracking: the request with exactly this number and code.

    Raises:
        NotFound: there is none; which of the two was wrong is not told.
    """
    request = desk.session.scalars(
        select(Request).where(Request.number == number.strip(), Request.number != "")
    ).one_or_none()
    known = request.tracking_code if request else "-" * 8
    if not hmac.compare_digest(known.encode(), code.strip().upper().encode()) or request is None:
        told = "Nomor atau kode pelacakan tidak cocok. Periksa kembali bukti pengajuan Anda."
        raise NotFound(told, log="tracking: no match")
    return _look(desk, request)
