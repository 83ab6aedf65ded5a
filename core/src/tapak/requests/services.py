"""What a request brings about, as its people see and mend it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from tapak.audit.service import record
from tapak.provisioning import service as provisioning
from tapak.provisioning.models import JournalEntry, Resource
from tapak.requests import access, effects
from tapak.requests.desk import Desk
from tapak.requests.models import Task
from tapak.requests.view import TaskView
from tapak.sdk.errors import Conflict, NotFound, TapakError
from tapak.sdk.request_view import undeclared
from tapak.sdk.resources import Spec

JOURNAL = 50


def resources(desk: Desk, request_id: int) -> Sequence[Resource]:
    """The desired resources of the request's service, in the order in which they were declared."""
    request = access.find_request(desk, request_id)
    query = select(Resource).where(Resource.service_id == request.works_on).order_by(Resource.id)
    return desk.session.scalars(query).all()


def journal(desk: Desk, request_id: int, limit: int = JOURNAL) -> Sequence[tuple[JournalEntry, Resource]]:
    """What was done to the request's resources, newest first; each line with its resource."""
    request = access.find_request(desk, request_id)
    query = (
        select(JournalEntry, Resource)
        .join(Resource, Resource.id == JournalEntry.resource_id)
        .where(Resource.service_id == request.works_on)
        .order_by(JournalEntry.id.desc())
        .limit(limit)
    )
    return [(entry, resource) for entry, resource in desk.session.execute(query)]


def retry(desk: Desk, request_id: int) -> Sequence[Resource]:
    """Have what failed tried again at once, as its step would declare it now: with the files that came meanwhile.

    Raises:
        Conflict: nothing of the request is to be provisioned.
    """
    request = access.find_request(desk, request_id, "service.repair")
    if request.works_on is None:
        raise Conflict("Belum ada yang dibuat untuk permohonan ini.", log=f"request {request_id} has no service")
    _declare_anew(desk, request_id)
    provisioning.retry(desk.session, request.works_on)
    record(
        desk.session,
        "service.retried",
        person=desk.somebody,
        request_id=request_id,
        summary="Pembuatan dicoba lagi",
        shown=False,
    )
    return resources(desk, request_id)


def outdated(view: TaskView) -> tuple[Spec, ...]:
    """What the view's step, once it began, would declare otherwise by now; trying again does so."""
    if not view.kind.provisions or view.task.state != "started":
        return ()
    try:
        return undeclared(view)
    except TapakError:  # its step says why when it is finished
        return ()


def _declare_anew(desk: Desk, request_id: int) -> None:
    query = select(Task.id).where(Task.request_id == request_id, Task.state == "started")
    task_id = desk.session.scalars(query).one_or_none()
    view = access.load(desk, task_id, lock=True) if task_id is not None else None
    if view is None or not view.kind.provisions:
        return
    result = view.kind.start(view)
    if result is not None:
        effects.write(view, result, view.task.acting_as)


def adopt(desk: Desk, request_id: int, resource_id: int) -> Resource:
    """Make the foreign thing that stands in the way ours: it is changed to what is declared.

    Raises:
        NotFound: the request has no such resource.
        Conflict: nothing foreign stands there.
    """
    found = _own(desk, request_id, resource_id)
    provisioning.adopt(desk.session, found.id, desk.somebody)
    return found


def repair(desk: Desk, request_id: int, resource_id: int) -> Resource:
    """Undo a change that somebody made by hand at the server.

    Raises:
        NotFound: the request has no such resource.
        Conflict: no change by hand was found there.
    """
    found = _own(desk, request_id, resource_id)
    provisioning.repair(desk.session, found.id, desk.somebody)
    return found


def _own(desk: Desk, request_id: int, resource_id: int) -> Resource:
    request = access.find_request(desk, request_id, "service.repair")
    found = desk.session.get(Resource, (desk.tenant.id, resource_id))
    if found is None or request.works_on is None or found.service_id != request.works_on:
        raise NotFound("Sumber daya ini tidak ditemukan.", log=f"resource {resource_id} not of request {request_id}")
    return found
