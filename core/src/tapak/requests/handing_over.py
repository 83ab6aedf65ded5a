"""A step that its officer hands to the applicant: it stays one task, whose clock stands still meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update

from tapak.db.wake import forget
from tapak.requests.advance import DEADLINE
from tapak.requests.deadlines import waiting_limit
from tapak.requests.models import Pause
from tapak.requests.view import ASKED, TaskView


def to_applicant(view: TaskView, asked: Mapping[str, Any]) -> None:
    """Give the view's task to the applicant's unit, with what is ``asked`` of it; the clock stops now."""
    desk, task = view.desk, view.task
    task.position_id, task.agency_id = None, view.row.agency_id
    task.draft = {ASKED: dict(asked)}
    desk.session.add(Pause(task_id=task.id, since=desk.now))
    task.due_at = task.escalated_to = None
    task.start_by = task.deadline = desk.calendar.due(desk.now, waiting_limit(desk, view.step))
    forget(desk.session, DEADLINE, task.id)


def runs_again(view: TaskView) -> None:
    """End the stretch in which the task's clock stood still, if it does."""
    if view.pauses:
        still = update(Pause).where(Pause.task_id == view.task.id, Pause.until.is_(None))
        view.desk.session.execute(still.values(until=view.desk.now))
