"""How a request ends, or is put somewhere else by a privileged, audited act."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from tapak.documents.models import Document
from tapak.documents.uploads import discard
from tapak.engine.states import RequestState, TaskState
from tapak.engine.states import move_request as moved
from tapak.requests import access, arrivals, concerning, continuing
from tapak.requests.advance import Arrival, Ending, Standing, Told, advance
from tapak.requests.desk import Desk
from tapak.requests.models import Request, Snapshot, Task
from tapak.requests.snapshots import pinned
from tapak.sdk.errors import Conflict, Invalid
from tapak.sdk.procedure import Procedure


def standing(desk: Desk, request: Request, state: RequestState, reason: str = "") -> Standing:
    """Where a request stands that ends now in ``state``; what was reserved or half made is undone unless it is done.

    Raises:
        BadMove: a request in its state can't end so.
    """
    ended = moved(RequestState(request.state), state)
    if ended is not RequestState.DONE and request.concerns_id is not None:
        concerning.take_back(desk, request)
    elif ended is not RequestState.DONE and request.service_id is not None:
        continuing.let_go(desk, request)
    return Standing(
        state=ended.value,
        step=request.step,
        expected_end=request.expected_end,
        promised_end=request.promised_end,
        ended_at=desk.now,
        end_reason=reason,
    )


def withdraw(desk: Desk, request_id: int, reason: str, version: int | None = None) -> None:
    """The applicant takes the request back; what was reserved or half made is undone."""
    _stop(desk, request_id, "request.withdraw", "Permohonan ditarik oleh pemohon", reason, version)


def cancel(desk: Desk, request_id: int, reason: str, version: int | None = None) -> None:
    """The agency ends the request outside its procedure, with a reason that the applicant sees."""
    _stop(desk, request_id, "request.cancel", "Permohonan dibatalkan", reason, version)


def delete_draft(desk: Desk, request_id: int, version: int | None = None) -> None:
    """Take away a draft that was never submitted, with its files; what remains is the audit event.

    Raises:
        Conflict: it was submitted, and so can only be withdrawn.
    """
    request = access.find_request(desk, request_id, "request.withdraw", lock=True)
    access.check_version(request, version)
    if request.state != RequestState.DRAFT:
        told = "Permohonan ini sudah diajukan, jadi tidak dapat dihapus. Anda dapat menariknya."
        raise Conflict(told, log=f"request {request_id} is no draft")
    discard(desk.session, Document.request_id == request_id)
    stands = standing(desk, request, RequestState.CANCELLED, "Draf dihapus")
    event = replace(_told(desk, "request.deleted", "Draf dihapus", RequestState.CANCELLED), shown=False)
    advance(desk.session, request, stands, event, ending=_ending(desk, request), arrival=Arrival())


def move(desk: Desk, request_id: int, step: str, reason: str, version: int | None = None) -> int:
    """Put a running (or ended) request at another step: privileged and audited, so that nobody ever repairs SQL.

    Gives the id of the step's new task.

    Raises:
        Invalid: there is no such step, or no reason is given.
        Conflict: the request has ended, and another one has its service by now.
    """
    request = _locked(desk, request_id, "request.move", reason, version)
    procedure = _procedure(desk, request)
    if step not in {item.key for item in procedure.steps}:
        raise Invalid("Langkah ini tidak ada.", log=f"no step {step!r}", fields={"step": ["Langkah ini tidak ada."]})
    target = procedure.step(step)
    back = procedure.actor(target.actor).applicant and step == procedure.steps[0].key
    wanted = RequestState.RETURNED if back else RequestState.IN_PROCESS
    now = RequestState(request.state)
    state = now if now is wanted else moved(now, wanted, privileged=True)
    if now.ended and request.works_on is not None:
        concerning.reopen(desk, request, request.works_on)
    arrival, stands = arrivals.turn(desk, request, procedure, target, state.value)
    told = _told(desk, "request.moved", f"Permohonan dipindahkan ke langkah {target.number}: {reason}", state)
    task_id = advance(desk.session, request, stands, told, ending=_ending(desk, request), arrival=arrival)
    assert task_id is not None
    return task_id


def _stop(desk: Desk, request_id: int, action: str, told: str, reason: str, version: int | None) -> None:
    request = _locked(desk, request_id, action, reason, version)
    stands = standing(desk, request, RequestState.CANCELLED, reason)
    event = _told(desk, action, f"{told}: {reason}", RequestState.CANCELLED)
    advance(desk.session, request, stands, event, ending=_ending(desk, request), arrival=Arrival())


def _locked(desk: Desk, request_id: int, action: str, reason: str, version: int | None) -> Request:
    request = access.find_request(desk, request_id, action, lock=True)
    access.check_version(request, version)
    if not 3 <= len(reason.strip()) <= 1000:
        told = "Tuliskan alasan (3 sampai 1000 huruf)."
        raise Invalid(told, log="a reason is needed", fields={"reason": [told]})
    return request


def _ending(desk: Desk, request: Request) -> Ending:
    """The open task's end without an outcome; none where the request has ended already.

    The task is locked before anything else of it, as workers do that write to it and then end their row of work.
    """
    query = select(Task).where(Task.request_id == request.id, Task.state.in_(["open", "started"]))
    task = desk.session.scalars(query.with_for_update()).one_or_none()
    if task is None:
        return Ending()
    return Ending(
        task_id=task.id,
        task_state=TaskState.CANCELLED.value,
        started_at=task.started_at,
        started_by=task.started_by,
        finished_at=desk.now,
        finished_by=desk.somebody.account_id,
        actor=desk.somebody.name,
    )


def _procedure(desk: Desk, request: Request) -> Procedure:
    digest = desk.session.scalars(select(Snapshot.hash).where(Snapshot.id == request.snapshot_id)).one()
    return pinned(desk, digest).procedure


def _told(desk: Desk, event: str, summary: str, state: RequestState) -> Told:
    person = desk.somebody
    return Told(event, summary, {"state": state.value}, person.account_id, person.name)
