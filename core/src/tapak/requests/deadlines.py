"""When a task must be begun and done, the expected end that moves when it is late, and who hears of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tapak.audit.service import record
from tapak.db.wake import wake
from tapak.engine.clocks import Clock, clock, due_after_pauses, expected_end
from tapak.engine.transitions import main_path
from tapak.requests import access
from tapak.requests.advance import CALENDAR, DEADLINE
from tapak.requests.desk import Desk
from tapak.requests.models import Deadline
from tapak.requests.view import TaskView
from tapak.sdk.procedure import Procedure, Step, TimeStandard
from tapak.tenants.calendars import load_calendar
from tapak.tenants.models import Tenant

WAITING_LIMIT = TimeStandard(1, "day")


def waiting_limit(desk: Desk) -> TimeStandard:
    """How long a task may lie before it is begun: the tenant's setting in working minutes, or one working day."""
    minutes = desk.tenant.settings.get("waiting_limit_minutes")
    return TimeStandard(minutes, "minute") if minutes else WAITING_LIMIT


def expected(
    desk: Desk,
    procedure: Procedure,
    step: Step,
    answers: Mapping[str, Any],
    *,
    start_by: datetime | None,
    due_at: datetime | None,
) -> datetime:
    """When the request ends if every step from here on takes its whole standard."""
    ahead = main_path(procedure, step.key, procedure.expected_outcomes(answers))
    return expected_end(
        desk.calendar,
        now=desk.now,
        start_by=start_by,
        due_at=due_at,
        current=step.time_standard,
        remaining=[following.time_standard for following in ahead],
        waiting_limit=timedelta(minutes=desk.tenant.settings.get("expected_waiting_minutes", 0)),
    )


def begin(view: TaskView) -> None:
    """Set the moment by which work begun now is due."""
    desk, task = view.desk, view.task
    due_at = desk.calendar.due(desk.now, view.step.time_standard)
    task.due_at = due_at
    deadline = desk.session.get_one(Deadline, (desk.tenant.id, task.id))
    deadline.due_at = deadline.at = due_at
    if desk.somebody.holding(task.position_id) is not None:
        deadline.escalated_to = None
    if task.position_id is not None:
        wake(desk.session, DEADLINE, task.id, at=due_at)
    _expect(view, start_by=None, due_at=due_at)


def task_clock(view: TaskView) -> Clock:
    """The task's clock at the desk's moment."""
    task = view.task
    return clock(
        view.desk.calendar,
        now=view.desk.now,
        arrived_at=task.arrived_at,
        started_at=task.started_at,
        finished_at=task.finished_at,
        pauses=view.pauses,
    )


def passed(desk: Desk, task_id: int) -> None:
    """A deadline has come: where the task is still open, its request is late, and the next position sees it too."""
    view = access.load(desk, task_id, lock=True)
    deadline = desk.session.get(Deadline, (desk.tenant.id, task_id))
    if view is None or deadline is None:
        return
    if deadline.at > desk.now:
        wake(desk.session, DEADLINE, task_id, at=deadline.at)
        return
    if deadline.escalated_to is None:
        _escalate(view, deadline)
    _expect(view, start_by=deadline.start_by, due_at=deadline.due_at)


def calendar_changed(session: Session, tenant: Tenant) -> None:
    """Have a worker set the deadlines of the tenant's open tasks anew."""
    if session.scalar(select(select(Deadline.task_id).where(Deadline.tenant_id == tenant.id).exists())):
        wake(session, CALENDAR, tenant.id)


def recompute(desk: Desk) -> int:
    """Set every open task's deadlines anew, after a change of the calendar; gives how many moved."""
    load_calendar(desk.session, desk.tenant, fresh=True)
    moved = 0
    for task_id in desk.session.scalars(select(Deadline.task_id).order_by(Deadline.task_id)).all():
        view = access.load(desk, task_id, lock=True)
        if view is not None:
            moved += anew(view)
    return moved


def anew(view: TaskView) -> bool:
    """Count the open task's limits anew from when it arrived and was begun; whether its deadline has moved."""
    desk, task_id = view.desk, view.task.id
    deadline = desk.session.get(Deadline, (desk.tenant.id, task_id))
    if deadline is None:
        return False
    before = deadline.at
    _set_anew(view, deadline)
    if deadline.at == before:
        return False
    if view.task.position_id is not None:
        wake(desk.session, DEADLINE, task_id, at=deadline.at)
    _expect(view, start_by=deadline.start_by, due_at=deadline.due_at)
    return True


def _set_anew(view: TaskView, deadline: Deadline) -> None:
    calendar, task = view.desk.calendar, view.task
    start_by = calendar.due(task.arrived_at, waiting_limit(view.desk))
    deadline.start_by = deadline.at = start_by
    if task.started_at is not None:
        standard = view.step.time_standard
        due_at = due_after_pauses(
            calendar, now=view.desk.now, started_at=task.started_at, standard=standard, pauses=view.pauses
        )
        deadline.due_at = deadline.at = task.due_at = due_at


def _expect(view: TaskView, *, start_by: datetime | None, due_at: datetime | None) -> None:
    if view.row.state != "draft":
        row, procedure = view.row, view.procedure
        row.expected_end = expected(view.desk, procedure, view.step, row.answers, start_by=start_by, due_at=due_at)


def _escalate(view: TaskView, deadline: Deadline) -> None:
    desk = view.desk
    seat = desk.seat(deadline.position_id) if deadline.position_id is not None else None
    superior = seat.superior_id if seat else None
    deadline.escalated_to = superior
    title = seat.title if seat else ""
    record(
        desk.session,
        "task.overdue",
        person=None,
        request_id=view.row.id,
        summary=f"Langkah {view.step.number} melewati batas waktu pada {title}",
        content={"task": view.task.id, "escalated_to": superior, "begun": deadline.due_at is not None},
    )
