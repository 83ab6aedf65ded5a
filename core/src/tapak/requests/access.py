"""Finding a request or a task for somebody, and locking it: request, task, work to do, numbers, audit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from tapak.accounts.models import Account
from tapak.accounts.policy import RequestSubject, TaskSubject, has_part, require, stand_in
from tapak.engine.states import BadMove, TaskState
from tapak.requests.desk import Desk
from tapak.requests.models import Pause, RegisterRow, Request, Snapshot, Task
from tapak.requests.snapshots import pinned
from tapak.requests.view import Known, TaskView
from tapak.sdk.errors import NotFound, Stale
from tapak.sdk.parts import signer_nip
from tapak.tenants.models import Agency
from tapak.tenants.positions import Holder

GONE = "Permohonan ini tidak ditemukan."

FINISHED = aliased(Task)
RESULTS = (
    select(func.json_object_agg(FINISHED.step, aggregate_order_by(FINISHED.input, FINISHED.id)))
    .where(FINISHED.request_id == Request.id, FINISHED.revision == Task.revision, FINISHED.state == "finished")
    .scalar_subquery()
)
NUMBERS = (
    select(func.json_object_agg(RegisterRow.register, aggregate_order_by(RegisterRow.number, RegisterRow.id)))
    .where(RegisterRow.request_id == Request.id)
    .scalar_subquery()
)
PAUSED = select(Pause.id).where(Pause.task_id == Task.id).exists()

# Built once: a step reads all that it needs in one round trip, and building a statement costs more than sending it.
VIEWS = (
    select(
        Request,
        Task,
        Snapshot.hash,
        Agency.name,
        Agency.kind,
        Account.name,
        RESULTS,
        NUMBERS,
        PAUSED,
    )
    .join(Task, Task.request_id == Request.id)
    .join(Snapshot, Snapshot.id == Request.snapshot_id)
    .join(Agency, Agency.id == Request.agency_id)
    .join(Account, Account.id == Request.applicant_id)
    .execution_options(populate_existing=True)
)
ONE = VIEWS.where(Task.id == bindparam("task_id"))
# Both rows: whoever waits for a lock sees anew only what is locked, and a task that was finished meanwhile must show.
LOCKED = ONE.with_for_update(of=(Request, Task))
ALL = VIEWS.where(Task.request_id == bindparam("request_id")).order_by(Task.id)


def subject(request: Request) -> RequestSubject:
    """What permissions on ``request`` go by."""
    return RequestSubject(
        agency_id=request.agency_id,
        applicant_id=request.applicant_id,
        signer_nip=signer_nip(request.answers),
        draft=request.state == "draft",
    )


def find_request(desk: Desk, request_id: int, action: str = "request.read", *, lock: bool = False) -> Request:
    """The request, if the desk's person may do ``action`` on it.

    Raises:
        NotFound: there is none, or this person may not know of it.
        Forbidden: the person may know of it but not do this.
    """
    query = select(Request).where(Request.id == request_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    request = desk.session.scalars(query).one_or_none()
    if request is None:
        raise NotFound(GONE, log=f"request {request_id} not found")
    require(desk.somebody, action, subject(request))
    return request


def find_task(desk: Desk, task_id: int, action: str = "task.read", *, lock: bool = False) -> TaskView:
    """The task in its request, if the desk's person may do ``action`` on it; with ``lock`` the request is locked.

    Raises:
        NotFound: there is none, or this person may not know of it.
        Forbidden: the person may know of it but not do this.
    """
    view = load(desk, task_id, lock=lock)
    if view is None:
        raise NotFound("Tugas ini tidak ditemukan.", log=f"task {task_id} not found")
    require(desk.somebody, action, task_subject(view))
    return view


def load(desk: Desk, task_id: int, *, lock: bool = False) -> TaskView | None:
    """The task in its request, whoever asks; with ``lock`` the request is locked."""
    wanted = {"task_id": task_id}
    row = desk.session.execute(LOCKED if lock else ONE, wanted).one_or_none()
    return None if row is None else _view(desk, row)


def views_of(desk: Desk, request_id: int) -> tuple[TaskView, ...]:
    """Every task of the request, oldest first, whoever asks."""
    return tuple(_view(desk, row) for row in desk.session.execute(ALL, {"request_id": request_id}))


def _view(desk: Desk, row: Any) -> TaskView:
    request, task, digest, agency, agency_kind, applicant, results, numbers, paused = row
    known = Known(agency, agency_kind, applicant, results or {}, numbers or {}, paused)
    return TaskView(desk, request, task, pinned(desk, digest), known)


def task_subject(view: TaskView) -> TaskSubject:
    """What permissions on the view's task go by."""
    desk, task = view.desk, view.task
    request = subject(view.row)
    if task.position_id is None:
        return TaskSubject(request=request, agency_id=task.agency_id, decides=view.kind.decides)
    plain = TaskSubject(request=request, position_id=task.position_id, escalated_to=task.escalated_to)
    if not view.kind.decides:
        return plain
    holder = holder_of(desk, task.position_id)
    barred = holder is not None and has_part(holder.account_id, holder.nip, request)
    instead = stand_in(desk.session, task.position_id, request, desk.today) if barred else None
    return replace(
        plain,
        decides=True,
        holder_barred=barred,
        substitute_id=instead.position_id if instead else None,
        substitute_title=instead.title if instead else "",
    )


def holder_of(desk: Desk, position_id: int) -> Holder | None:
    """Who acts for the position today."""
    seat = desk.seat(position_id)
    return seat.holder if seat else None


def still_open(view: TaskView) -> None:
    """Refuse an act on a task that has ended.

    Raises:
        BadMove: it has.
    """
    state = TaskState(view.task.state)
    if state.ended:
        raise BadMove(
            f"Langkah ini berstatus {state.label} dan tidak dapat diubah lagi. "
            "Muat ulang halaman untuk melihat keadaan terakhir.",
            log=f"task {view.task.id} has ended ({state})",
        )


def check_version(request: Request, seen: int | None) -> None:
    """Refuse an act on a version that is no longer the current one; None means that the caller saw the row itself.

    Raises:
        Stale: somebody acted meanwhile.
    """
    if seen is not None and seen != request.version:
        raise Stale(
            "Permohonan ini sudah berubah sejak halaman Anda dibuka, sehingga tindakan Anda belum dijalankan. "
            "Muat ulang untuk melihat keadaan terakhir, lalu putuskan lagi.",
            log=f"request {request.id}: version {seen} was seen, {request.version} is current",
        )
