"""The life of a request: the one place where a step is begun and finished."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import ValidationError

from tapak.accounts.policy import Person, require
from tapak.audit.service import record
from tapak.engine.states import RequestState, TaskState, move_request, move_task
from tapak.engine.transitions import transition
from tapak.inventory.models import Service
from tapak.requests import access, arrivals, concerning, deadlines, drafts, effects, ends, handing_over, joining
from tapak.requests.advance import Arrival, Ending, Told, advance
from tapak.requests.desk import Desk
from tapak.requests.models import Request, Revision, Task
from tapak.requests.quotas import check_quota
from tapak.requests.snapshots import offered_procedure, pin
from tapak.requests.view import ASKED, TaskView
from tapak.sdk.errors import Forbidden, Invalid, MissingInput, flat_messages
from tapak.sdk.procedure import RequiredInput
from tapak.sdk.step_kinds import StepResult, run_step

CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True)
class Finished:
    """What finishing a step led to; ``next_task_id`` is None where the request has ended."""

    request_id: int
    task_id: int
    next_task_id: int | None


def start_request(desk: Desk, procedure_key: str, *, concerns: int | None = None, change: str = "") -> int:
    """A new draft request of the person's unit; gives the id of its first task, whose form is the submission.

    A request for a ``change`` names the service that it ``concerns``.

    Raises:
        Forbidden: the person applies for no unit.
        NotFound: the tenant doesn't run the procedure, or the unit has no such service.
        Invalid: the procedure makes no such change.
        Conflict: the service doesn't run, or is being changed already; or the unit's quota is used up.
    """
    person = desk.somebody
    service = concerning.find(desk, concerns) if concerns is not None else None
    require(person, "request.start", None)
    if person.agency_id is None:
        raise Forbidden("Akun Anda tidak terdaftar pada perangkat daerah pemohon.", log="account without an agency")
    procedure = offered_procedure(desk, procedure_key)
    concerning.check_start(desk, procedure, concerns, change)
    check_quota(desk, procedure, person.agency_id)
    first = procedure.steps[0]
    request = Request(
        concerns_id=concerns,
        change=change,
        snapshot_id=pin(desk, procedure).id,
        procedure=procedure.key,
        subject=drafts.of_change(change, service.title) if service else drafts.of_form(procedure, {}),
        state=RequestState.DRAFT.value,
        agency_id=person.agency_id,
        applicant_id=person.account_id,
        step=first.key,
        revision=0,
        answers={},
        version=0,
    )
    desk.session.add(request)
    desk.session.flush()
    arrival, standing = arrivals.turn(desk, request, procedure, first, RequestState.DRAFT)
    told = _told(desk, "request.started", f"Draf {procedure.service} dibuat", {}, shown=False)
    task_id = advance(desk.session, request, standing, told, ending=Ending(), arrival=arrival)
    assert task_id is not None
    return task_id


def task_view(desk: Desk, task_id: int) -> TaskView:
    """One task with its request, for reading.

    Raises:
        NotFound: there is none, or this person may not know of it.
    """
    return access.find_task(desk, task_id)


def save_draft(desk: Desk, task_id: int, content: Mapping[str, Any]) -> Task:
    """Keep what a form holds so far; unknown fields are dropped, nothing is validated.

    Raises:
        BadMove: the task has ended.
    """
    view = access.find_task(desk, task_id, "task.act", lock=True)
    access.still_open(view)
    known = view.kind.schema(view).fields
    view.task.draft = {**view.task.draft, **{name: value for name, value in content.items() if name in known}}
    if view.row.state == RequestState.DRAFT and view.row.concerns_id is None:
        view.row.subject = drafts.of_form(view.procedure, view.task.draft)
    return view.task


def begin(desk: Desk, task_id: int, version: int | None = None) -> TaskView:
    """Mulai: work begins, the waiting clock stops and the working clock runs; beginning again changes nothing.

    Raises:
        Stale: ``version`` is no longer the request's.
        Forbidden: the person may not act on it.
    """
    view = access.find_task(desk, task_id, "task.act", lock=True)
    access.check_version(view.row, version)
    access.still_open(view)
    if view.task.state == TaskState.OPEN:
        _begin(view)
    return view


def finish(desk: Desk, task_id: int, data: Mapping[str, Any], version: int | None = None) -> Finished:
    """Finish a step with ``data``, as its form or REST sent it.

    Raises:
        Stale: ``version`` is no longer the request's.
        Invalid: the input breaks a rule; ``fields`` says which.
        MissingInput: a required input isn't there; ``fields`` names each.
        Forbidden: the person may not act on it, or may not decide on an own request.
    """
    view = access.find_task(desk, task_id, "task.act", lock=True)
    access.check_version(view.row, version)
    access.still_open(view)
    clean, stored = _load(view, data)
    if view.kind.hands_over(view, clean):
        return _hand_over(view, stored, run_step(view.kind, view, clean))
    _check_required(view, clean, [item for item in view.step.required_inputs if not item.added])
    result = run_step(view.kind, view, clean)
    leaves = view.step.outcome(result.outcome)
    if not (leaves.returns or leaves.refuses):  # what an agency asks for in addition may be why a request goes back
        _check_required(view, clean, [item for item in view.step.required_inputs if item.added])
    return _finish(view, stored, result)


def _load(view: TaskView, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The validated input, and what of it is stored."""
    schema = view.kind.schema(view)
    try:
        clean: dict[str, Any] = schema.load(dict(data))
    except ValidationError as error:
        fields = flat_messages(error.normalized_messages())
        told = "Ada isian yang perlu diperbaiki."
        raise Invalid(told, log="the step's input is not valid", fields=fields) from error
    return clean, schema.dump(clean)


def _check_required(view: TaskView, clean: Mapping[str, Any], items: Sequence[RequiredInput]) -> None:
    missing = [item for item in items if not view.kind.has(view, item, clean)]
    if missing:
        titles = ", ".join(item.title for item in missing)
        raise MissingInput(
            f"Langkah {view.step.number} belum dapat diselesaikan. Kelengkapan yang belum ada: {titles}.",
            log=f"step {view.step.key}: required inputs missing: {[item.by for item in missing]}",
            fields={item.by: [f"{item.title} belum ada."] for item in missing},
        )


def _begin(view: TaskView) -> None:
    desk, task = view.desk, view.task
    person = desk.somebody
    task.state = move_task(TaskState(task.state), TaskState.STARTED).value
    task.started_at = desk.now
    task.started_by = person.account_id
    task.acting_as = _acting_as(person, view)
    task.actor = person.name
    deadlines.begin(view)
    result = view.kind.start(view)
    if result is not None:
        effects.write(view, result, task.acting_as)
    view.row.version += 1
    record(
        desk.session,
        "task.begun",
        person=person,
        request_id=view.row.id,
        acting_as=task.acting_as,
        summary=(result and result.summary) or f"Langkah {view.step.number} mulai dikerjakan",
        content={"task": task.id, "step": view.step.key, "version": view.row.version},
        shown=view.row.state != RequestState.DRAFT,
    )


def _hand_over(view: TaskView, asked: dict[str, Any], result: StepResult) -> Finished:
    """The step goes to the applicant, who is asked for something; it stays the same task."""
    if view.task.state == TaskState.OPEN:
        _begin(view)
    effects.write(view, result, view.task.acting_as)
    handing_over.to_applicant(view, asked)
    view.row.version += 1
    record(
        view.desk.session,
        "task.asked",
        person=view.desk.somebody,
        request_id=view.row.id,
        acting_as=view.task.acting_as,
        summary=result.summary,
        content={"task": view.task.id, "step": view.step.key},
    )
    return Finished(view.row.id, view.task.id, view.task.id)


def _finish(view: TaskView, stored: dict[str, Any], result: StepResult) -> Finished:
    desk, task, request = view.desk, view.task, view.row
    moved = transition(view.procedure, view.step.key, result.outcome)
    acting_as = _acting_as(desk.somebody, view)
    if result.answers is not None:
        _submit(view, result)
    effects.write(view, result, acting_as)
    if view.kind.provisions and view.procedure.changes is not None:
        concerning.carried_out(desk, request, view.procedure.changes.base)
    arrival = Arrival()
    if moved.next_step is None:
        state = RequestState.REFUSED if moved.refuses else RequestState.DONE
        standing = ends.standing(view.desk, request, state)
        if state is RequestState.DONE and request.service_id is not None:
            service = desk.session.get_one(Service, (desk.tenant.id, request.service_id))
            joining.join(desk.session, service, desk.somebody, but=request.id)
    else:
        state = RequestState.RETURNED if moved.returns else _running(result)
        arrival, standing = arrivals.turn(desk, request, view.procedure, moved.next_step, _moved(request, state))
    told = _finished(view, result, acting_as)
    ending = _ending(view, stored, result, acting_as)
    ids = request.id, task.id
    return Finished(*ids, advance(desk.session, request, standing, told, ending=ending, arrival=arrival))


def _ending(view: TaskView, stored: dict[str, Any], result: StepResult, acting_as: str) -> Ending:
    """The task's end; the first act on a task that was never begun is also its beginning."""
    desk, task = view.desk, view.task
    clock = deadlines.task_clock(view)
    handing_over.runs_again(view)
    person = desk.somebody
    return Ending(
        task_id=task.id,
        task_state=move_task(_begun(task), TaskState.FINISHED).value,
        started_at=task.started_at or desk.now,
        started_by=task.started_by or person.account_id,
        finished_at=desk.now,
        finished_by=person.account_id,
        actor=person.name,
        acting_as=acting_as,
        outcome=result.outcome,
        input={**({ASKED: view.asked} if view.asked else {}), **stored},
        waiting=int(clock.waiting.total_seconds()),
        working=int(clock.working.total_seconds()),
    )


def _begun(task: Task) -> TaskState:
    state = TaskState(task.state)
    return move_task(state, TaskState.STARTED) if state is TaskState.OPEN else state


def _moved(request: Request, state: RequestState) -> str:
    now = RequestState(request.state)
    return (now if now is state else move_request(now, state)).value


def _acting_as(person: Person, view: TaskView) -> str:
    """The position that the person acts as, or the applicant's unit."""
    task = view.task
    for position_id in (task.position_id, task.escalated_to):
        held = person.holding(position_id)
        if held is not None:
            return held.label
    if task.position_id is not None:
        held = person.holding(access.task_subject(view).substitute_id)
        return held.label if held else ""
    return view.request.agency


def _running(result: StepResult) -> RequestState:
    return RequestState.SUBMITTED if result.answers is not None else RequestState.IN_PROCESS


def _submit(view: TaskView, result: StepResult) -> None:
    """A submission: new answers under a new revision; the first one takes the request's number."""
    desk, request = view.desk, view.row
    answers = dict(result.answers or {})
    concerning.submitted(desk, request, answers)
    request.answers = answers
    request.revision = view.task.revision
    request.subject = result.subject
    desk.session.add(
        Revision(
            request_id=request.id,
            number=request.revision,
            answers=answers,
            submitted_at=desk.now,
            account_id=desk.somebody.account_id,
        )
    )
    if not request.number:
        check_quota(desk, view.procedure, request.agency_id)
        request.submitted_at = desk.now
        request.tracking_code = "".join(secrets.choice(CODE_LETTERS) for _ in range(8))
        request.number = effects.number(view.desk, f"request:{view.procedure.key}", view.procedure.request_number)


def _finished(view: TaskView, result: StepResult, acting_as: str) -> Told:
    step, outcome = view.step, view.step.outcome(result.outcome)
    content = {
        "task": view.task.id,
        "step": step.key,
        "outcome": result.outcome,
        "revision": view.task.revision,
    }
    summary = result.summary or f"Langkah {step.number} selesai: {outcome.label}"
    told = _told(view.desk, "step.finished", summary, content, acting_as=acting_as)
    return replace(told, announce=view.desk.registry.listened)


def _told(
    desk: Desk, event: str, summary: str, content: dict[str, Any], *, acting_as: str = "", shown: bool = True
) -> Told:
    person = desk.somebody
    return Told(event, summary, content, person.account_id, person.name, acting_as, shown)
