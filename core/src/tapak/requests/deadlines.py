"""When a task must be begun and done, the expected end that moves when it is late, and who hears of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from tapak.audit.service import record
from tapak.db.wake import wake
from tapak.engine.clocks import Clock, clock, due_after_pauses, expected_end
from tapak.engine.transitions import main_path
from tapak.requests import access
from tapak.requests.advance import CALENDAR, DEADLINE
from tapak.requests.desk import Desk
from tapak.requests.models import Task
from tapak.requests.view import TaskView
from tapak.sdk.procedure import Procedure, Step, TimeStandard
from tapak.tenants.calendars import load_calendar
from tapak.tenants.models import Tenant

WAITING_LIMIT = TimeStandard(1, "day")


def waiting_limit(desk: Desk, step: Step) -> TimeStandard:
    """How long a task of ``step`` may lie before it is begun.

    The step's own limit in working minutes, the tenant's for every step, or one working day.
    """
    minutes = step.waiting_minutes or desk.tenant.settings.get("waiting_limit_minutes")
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
        current=step.allowed,
        remaining=[following.allowed for following in ahead],
        waiting_limit=timedelta(minutes=desk.tenant.settings.get("expected_waiting_minutes", 0)),
    )


def begin(view: TaskView) -> None:
    """Set the moment by which work begun now is due."""
    desk, task = view.desk, view.task
    due_at = desk.calendar.due(desk.now, view.step.allowed)
    task.due_at = task.deadline = due_at
    if desk.somebody.holding(task.position_id) is not None:
        task.escalated_to = None
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
    if view is None or view.task.deadline is None:
        return
    task = view.task
    if view.task.deadline > desk.now:
        wake(desk.session, DEADLINE, task_id, at=view.task.deadline)
        return
    if task.escalated_to is None:
        _escalate(view)
    _expect(view, start_by=task.start_by, due_at=task.due_at)


def calendar_changed(session: Session, tenant: Tenant) -> None:
    """Have a worker set the deadlines of the tenant's open tasks anew."""
    if session.scalar(select(_waiting().where(Task.tenant_id == tenant.id).exists())):
        wake(session, CALENDAR, tenant.id)


def recompute(desk: Desk) -> int:
    """Set every open task's deadlines anew, after a change of the calendar; gives how many moved."""
    load_calendar(desk.session, desk.tenant, fresh=True)
    moved = 0
    for task_id in desk.session.scalars(_waiting().order_by(Task.id)).all():
        view = access.load(desk, task_id, lock=True)
        if view is not None:
            moved += anew(view)
    return moved


def anew(view: TaskView) -> bool:
    """Count the open task's limits anew from when it arrived and was begun; whether its deadline has moved."""
    task, before = view.task, view.task.deadline
    if before is None:
        return False
    after = _set_anew(view)
    if after == before:
        return False
    if task.position_id is not None:
        wake(view.desk.session, DEADLINE, task.id, at=after)
    _expect(view, start_by=task.start_by, due_at=task.due_at)
    return True


def _waiting() -> Select[int]:
    return select(Task.id).where(Task.deadline.is_not(None))


def _set_anew(view: TaskView) -> datetime:
    calendar, task = view.desk.calendar, view.task
    deadline = task.start_by = calendar.due(task.arrived_at, waiting_limit(view.desk, view.step))
    if task.started_at is not None:
        standard = view.step.allowed
        deadline = task.due_at = due_after_pauses(
            calendar, now=view.desk.now, started_at=task.started_at, standard=standard, pauses=view.pauses
        )
    task.deadline = deadline
    return deadline


def _expect(view: TaskView, *, start_by: datetime | None, due_at: datetime | None) -> None:
    if view.row.state != "draft":
        row, procedure = view.row, view.procedure
        row.expected_end = expected(view.desk, procedure, view.step, row.answers, start_by=start_by, due_at=due_at)


def _escalate(view: TaskView) -> None:
    desk, task = view.desk, view.task
    seat = desk.seat(task.position_id) if task.position_id is not None else None
    named = desk.seats.get(view.step.escalates_to)
    superior = named.position_id if named else seat.superior_id if seat else None
    task.escalated_to = superior
    title = seat.title if seat else ""
    record(
        desk.session,
        "task.overdue",
        person=None,
        request_id=view.row.id,
        summary=f"Langkah {view.step.number} melewati batas waktu pada {title}",
        content={"task": task.id, "escalated_to": superior, "begun": task.due_at is not None},
    )
