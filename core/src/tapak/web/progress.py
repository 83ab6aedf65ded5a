"""Where a request stands on its procedure, step by step, with its clocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tapak.engine.states import RequestState
from tapak.requests.models import Task
from tapak.requests.reading import RequestLook
from tapak.sdk.procedure import Procedure

Standing = Literal["done", "current", "ahead", "stopped"]


@dataclass(frozen=True)
class StepProgress:
    """A step's newest turn. ``waiting`` and ``working`` are seconds of working time over all turns in it.

    ``turns`` counts how often the step was finished; ``by`` says as what its last actor acted, ``who`` is the name.
    """

    standing: Standing
    started: bool = False
    arrived_at: datetime | None = None
    finished_at: datetime | None = None
    due_at: datetime | None = None
    by: str = ""
    who: str = ""
    outcome: str = ""
    turns: int = 0
    waiting: int | None = None
    working: int | None = None


def progress(look: RequestLook) -> Mapping[str, StepProgress]:
    """By step key."""
    ended = RequestState(look.request.state).ended
    by_step = {step.key: [task for task in look.tasks if task.step == step.key] for step in look.procedure.steps}
    open_at = next((task.step for task in look.tasks if task.state in ("open", "started")), None)
    return {
        key: _step(look.procedure, key, tasks, here=key == open_at, stopped=ended and key == look.request.step)
        for key, tasks in by_step.items()
    } | _ahead(look, by_step, open_at)


def _ahead(look: RequestLook, by_step: Mapping[str, list[Task]], open_at: str | None) -> dict[str, StepProgress]:
    """After a return the steps behind the open one are to run again, so they count as not done."""
    if open_at is None:
        return {}
    keys = [step.key for step in look.procedure.steps]
    behind = keys[keys.index(open_at) + 1 :]
    return {key: StepProgress("ahead", turns=len(_finished(by_step[key]))) for key in behind}


def _finished(tasks: Iterable[Task]) -> list[Task]:
    return [task for task in tasks if task.state == "finished"]


def _step(procedure: Procedure, key: str, tasks: list[Task], *, here: bool, stopped: bool) -> StepProgress:
    finished = _finished(tasks)
    if not tasks or not (here or finished or stopped):
        return StepProgress("ahead")
    last = tasks[-1]
    standing: Standing = "current" if here else "done" if last.state == "finished" else "stopped"
    outcome = procedure.step(key).outcome(last.outcome).label if last.outcome else ""
    return StepProgress(
        standing=standing,
        started=last.started_at is not None,
        arrived_at=last.arrived_at,
        finished_at=last.finished_at,
        due_at=last.due_at,
        by=last.acting_as,
        who=last.actor,
        outcome=outcome,
        turns=len(finished),
        waiting=_total(task.waiting for task in finished),
        working=_total(task.working for task in finished),
    )


def _total(seconds: Iterable[int | None]) -> int | None:
    known = [each for each in seconds if each is not None]
    return sum(known) if known else None
