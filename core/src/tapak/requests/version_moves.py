"""Moving a running request to another version of its procedure: an admin's act, audited, with every clock kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from tapak.audit.service import record
from tapak.db.wake import wake
from tapak.engine.states import BadMove, RequestState
from tapak.engine.transitions import main_path
from tapak.requests import access, arrivals, deadlines
from tapak.requests.advance import FACTS
from tapak.requests.desk import Desk
from tapak.requests.models import Request, Snapshot
from tapak.requests.snapshots import digest_of, pin, settings_of
from tapak.requests.view import TaskView
from tapak.sdk.adapting import adapted
from tapak.sdk.errors import Conflict, Invalid, NotFound
from tapak.sdk.procedure import Procedure, Step
from tapak.sdk.wording import day_words

REFUSED = "Permohonan ini tidak dapat dipindahkan ke versi {version}."


@dataclass(frozen=True)
class Target:
    """A version that the request could go to; ``obstacles`` say what is missing for it (none: it can).

    ``same``: it is the request's own, with settings that were changed since the request began.
    """

    procedure: Procedure
    obstacles: tuple[str, ...]
    same: bool = False


def targets(desk: Desk, request_id: int) -> tuple[Target, ...]:
    """What the request could go to, newest first, each with what stands in the way.

    The other installed versions of its procedure, and its own with today's settings, where they are others.

    Raises:
        BadMove: the request has ended.
    """
    request = access.find_request(desk, request_id, "request.move")
    view = _open_view(desk, request)
    others = (each for each in desk.registry.versions(request.procedure) if not _runs_on(view, each))
    return tuple(
        Target(each, tuple(_obstacles(view, _as_set(desk, each))), each.code == view.procedure.code) for each in others
    )


def move(desk: Desk, request_id: int, to: int, reason: str, version: int | None = None) -> None:
    """Have the request run on version ``to`` from its present step on; the task stays, and its clocks run on.

    Raises:
        NotFound: that version isn't installed.
        Invalid: no reason is given.
        Conflict: something is missing for it; ``fields["to"]`` says each.
    """
    request = access.find_request(desk, request_id, "request.move", lock=True)
    access.check_version(request, version)
    if not 3 <= len(reason.strip()) <= 1000:
        told = "Tuliskan alasan (3 sampai 1000 huruf)."
        raise Invalid(told, log="a reason is needed", fields={"reason": [told]})
    view = _open_view(desk, request)
    target = _as_set(desk, _installed(desk, request, to))
    obstacles = list(_obstacles(view, target))
    if obstacles:
        told = " ".join([REFUSED.format(version=to), *obstacles])
        raise Conflict(told, log=f"request {request_id} can't move to {target.code}", fields={"to": obstacles})
    _move(view, target, reason.strip())


def _installed(desk: Desk, request: Request, version: int) -> Procedure:
    for each in desk.registry.versions(request.procedure):
        if each.version == version:
            return each
    raise NotFound(f"Versi {version} SOP ini tidak terpasang.", log=f"{request.procedure}/{version} is not installed")


def _as_set(desk: Desk, procedure: Procedure) -> Procedure:
    return adapted(procedure, settings_of(desk, procedure))


def _open_view(desk: Desk, request: Request) -> TaskView:
    newest = access.views_of(desk, request.id)[-1]
    if RequestState(request.state).ended or newest.task.state not in ("open", "started"):
        told = "Permohonan ini sudah berakhir dan tetap pada versi SOP yang berlaku saat permohonan berakhir."
        raise BadMove(told, log=f"request {request.id} has ended")
    return newest


def _runs_on(view: TaskView, procedure: Procedure) -> bool:
    """Whether the view's request runs on ``procedure`` with the settings of today."""
    if procedure.code != view.procedure.code:
        return False
    query = select(Snapshot.hash).where(Snapshot.id == view.row.snapshot_id)
    return view.desk.session.scalars(query).one() == digest_of(view.desk, procedure)


def _obstacles(view: TaskView, target: Procedure) -> Iterator[str]:
    """What is missing for the view's request to run on ``target``, in Indonesian."""
    here = next((step for step in target.steps if step.key == view.step.key), None)
    if _runs_on(view, target):
        yield "Permohonan sudah berjalan pada versi ini."
        return
    if target.effective_from > view.desk.today:
        yield f"Versi itu baru berlaku mulai “{day_words(target.effective_from)}”."
    if here is None:
        yield f"Langkah sekarang (“{view.step.number}. {view.step.title}”) tidak ada pada versi itu."
        return
    yield from _unlike(view, target, here)
    yield from _lost(view, target)
    yield from _lacking(view, target, here)


def _unlike(view: TaskView, target: Procedure, here: Step) -> Iterator[str]:
    """Whether the step is taken by the other party there."""
    theirs, ours = (each.actor(step.actor) for each, step in ((target, here), (view.procedure, view.step)))
    if theirs.applicant != ours.applicant:
        yield f"Langkah {here.number} dikerjakan “{theirs.title}” pada versi itu, sekarang oleh “{ours.title}”."


def _lost(view: TaskView, target: Procedure) -> Iterator[str]:
    """Steps that were taken, or ways out of them, that the target doesn't know: they could no longer be shown."""
    ways = {(step.key, outcome.key) for step in target.steps for outcome in step.outcomes}
    known = ways | {(step.key, "") for step in target.steps}
    taken = (each.task for each in access.views_of(view.desk, view.row.id))
    gone = {task.step for task in taken if (task.step, task.outcome) not in known}
    for step in view.procedure.steps:
        if step.key in gone:
            yield f"Langkah {step.number} (“{step.title}”) sudah dikerjakan, tetapi tidak ada pada versi itu."


def _lacking(view: TaskView, target: Procedure, here: Step) -> Iterator[str]:
    """Results of steps before, and answers, that the target asks for from here on."""
    ahead = (here, *main_path(target, here.key))
    coming = {step.key for step in ahead}
    for step in ahead:
        for item in step.required_inputs:
            how, _, what = item.by.partition(":")
            if how == "step" and what not in coming and what not in view.results:
                missing = target.step(what)
                yield f"Langkah {step.number} memerlukan hasil langkah {missing.number} (“{missing.title}”)."
    if here.key != target.steps[0].key:
        fields = target.submission.schema().fields
        absent = [name for name, item in fields.items() if item.required and name not in view.answers]
        for name in absent:
            yield f"Isian permohonan “{fields[name].metadata.get('label', name)}” belum ada."


def _move(view: TaskView, target: Procedure, reason: str) -> None:
    desk, request, before = view.desk, view.row, view.procedure
    request.snapshot_id = pin(desk, target).id
    request.version += 1
    step = target.step(view.step.key)
    if view.task.position_id is not None:
        _hand_on(view, target, step)
    desk.session.flush()
    moved = access.load(desk, view.task.id)
    assert moved is not None
    if view.task.position_id is not None or target.actor(step.actor).applicant:
        deadlines.anew(moved)
    if moved.kind.asks_figures(step) and view.task.facts_at is None:
        wake(desk.session, FACTS, view.task.id)
    record(
        desk.session,
        "request.version_moved",
        person=desk.somebody,
        request_id=request.id,
        summary=f"{_moved(before, target)}: {reason}",
        content={"from": before.code, "to": target.code, "step": step.key, "version": request.version},
    )


def _moved(before: Procedure, target: Procedure) -> str:
    if before.code == target.code:
        return "Permohonan dipindahkan ke pengaturan SOP yang berlaku sekarang"
    return f"Permohonan dipindahkan ke versi {target.version} SOP ({target.header.number})"


def _hand_on(view: TaskView, target: Procedure, step: Step) -> None:
    """The open task goes to the position that acts at its step in ``target``."""
    position_id, note = arrivals.whose(view.desk, view.row, target, step)
    if position_id == view.task.position_id:
        return
    view.task.position_id, view.task.note, view.task.escalated_to = position_id, note, None
