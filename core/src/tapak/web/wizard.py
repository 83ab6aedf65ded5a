"""An applicant's form, a page at a time; the draft is on the server from the first page on."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext

from tapak.http import scope
from tapak.requests import flow, links, reading
from tapak.requests.snapshots import offered_procedure
from tapak.requests.zone_checks import check_zone
from tapak.sdk.errors import Conflict, Forbidden, Invalid, NotFound, TapakError
from tapak.sdk.forms import Page
from tapak.web.draft import Draft
from tapak.web.formdata import read
from tapak.web.task_page import TaskPage
from tapak.web.tasks import RETOLD, keep, receive_files, seen_version, view_of

CHECKED = "periksa"
"""The parameter with which a page tells what is wrong: a refused form leads here, so that Back never sends it again."""
REFUSED_FILES = "refused_files"

blueprint = Blueprint("web_wizard", __name__)


@blueprint.get("/permohonan/baru/<service>")
def prepare(service: str) -> Any:
    """What the applicant should have at hand before beginning."""
    desk = scope.desk()
    procedure = offered_procedure(desk, service)
    assert desk.somebody
    if procedure.changes is not None:
        return redirect(url_for("web_active.services"))
    return render_template("wizard/prepare.html", procedure=procedure, form=procedure.submission)


@blueprint.post("/permohonan/baru/<service>")
def start(service: str) -> Any:
    """A new draft, and its first page."""
    with scope.acting() as desk:
        task_id = flow.start_request(desk, service)
    return redirect(url_for("web_wizard.open_draft", task_id=task_id), 303)


@blueprint.get("/tugas/<int:task_id>/isi")
def open_draft(task_id: int) -> Any:
    """The first page that isn't complete; the check of all answers where every page is."""
    draft = _draft(task_id)
    page = next((page for page in draft.pages if draft.on(page)), None)
    if page is None:
        return redirect(url_for("web_wizard.check", task_id=task_id), 303)
    return redirect(_address(draft, page), 303)


@blueprint.get("/tugas/<int:task_id>/isi/<key>")
def page(task_id: int, key: str) -> Any:
    """One page of the form; with ``?periksa`` also what is wrong on it."""
    draft = _draft(task_id)
    asked = draft.page(key)
    problems = draft.on(asked) if CHECKED in request.args else {}
    return _page(draft, asked, {**problems, **session.pop(REFUSED_FILES, {})})


@blueprint.post("/tugas/<int:task_id>/isi/<key>")
def save(task_id: int, key: str) -> Any:
    """Keep the page, right or wrong; go on only where nothing on it is wrong."""
    draft = _draft(task_id)
    asked = draft.page(key)
    refused = _keep(draft, asked)
    _look_for_names(_draft(task_id), asked)
    if refused is not None:
        session[REFUSED_FILES] = refused.fields
        return redirect(_address(draft, asked, checked=True), 303)
    if request.form.get("lalu") == "draf":
        flash(gettext("Draf disimpan. Anda dapat melanjutkannya dari halaman permohonan."), "success")
        return redirect(url_for("web_requests.request_page", request_id=draft.view.row.id), 303)
    return redirect(_onward(_draft(task_id), asked), 303)


def _onward(draft: Draft, page: Page) -> str:
    """Where the reader goes from a saved page."""
    back = draft.before(page)
    if request.form.get("lalu") == "kembali" and back is not None:
        return _address(draft, back)
    if draft.on(page):
        return _address(draft, page, checked=True)
    following = draft.after(page)
    if following is None:
        return url_for("web_wizard.check", task_id=draft.view.task.id)
    return _address(draft, following)


@blueprint.get("/tugas/<int:task_id>/periksa")
def check(task_id: int) -> Any:
    """All answers on one page; after an attempt to submit also what kept it from going through."""
    draft = _draft(task_id)
    attempted = CHECKED in request.args
    told = draft.undeclared if attempted else {}
    addresses = {name: _address(draft, draft.page(key), checked=True) for name, (_, key) in draft.places.items()}
    view = draft.view
    return render_template(
        "wizard/check.html",
        draft=draft,
        told=told,
        attempted=attempted,
        addresses=addresses,
        linked_now=links.linked(view.desk, view.row.id),
        candidates=links.candidates(view.desk, view.row.id),
    )


@blueprint.post("/tugas/<int:task_id>/periksa")
def submit(task_id: int) -> Any:
    """Submit the request; what is missing or wrong is told on the page that comes back."""
    draft = _draft(task_id)
    declared = read({field.name: draft.schema.fields[field.name] for field in draft.declarations}, request.form)
    try:
        with scope.acting() as desk:
            flow.finish(desk, task_id, {**draft.values, **declared}, seen_version())
    except Invalid:
        keep(task_id, declared)
        return redirect(url_for("web_wizard.check", task_id=task_id, periksa=1), 303)
    return redirect(url_for("web_wizard.sent", task_id=task_id), 303)


@blueprint.get("/tugas/<int:task_id>/terkirim")
def sent(task_id: int) -> Any:
    """What was submitted, under which number, and what happens next."""
    view = view_of(task_id)
    if view.task.state != "finished" or not view.kind.form(view).pages:
        raise NotFound("Halaman ini tidak ditemukan.", log=f"task {task_id} was not submitted")
    look = reading.look(scope.desk(), view.row.id)
    steps = view.procedure.steps
    ahead = steps[steps.index(view.step) + 1 :]
    return render_template("wizard/sent.html", look=look, view=view, ahead=ahead, page=TaskPage(view))


def _draft(task_id: int) -> Draft:
    """The draft, for whoever may work on it.

    Raises:
        NotFound: the step's form has no pages.
        Forbidden: the task is somebody else's.
        Conflict: it has been submitted.
    """
    view = view_of(task_id)
    page = TaskPage(view)
    if not view.kind.form(view).pages:
        raise NotFound("Halaman ini tidak ditemukan.", log=f"task {task_id} has no pages")
    if page.ended:
        raise Conflict("Permohonan ini sudah diajukan.", log=f"task {task_id} has ended")
    if page.barrier:
        raise Forbidden(page.barrier, log=f"task {task_id} is not the reader's")
    return Draft(view)


def _keep(draft: Draft, page: Page) -> TapakError | None:
    """Save the fields and files of ``page``; the refusal of a file, if it was refused."""
    given = read(draft.wanted(page), request.form)
    with scope.acting() as desk:
        flow.save_draft(desk, draft.view.task.id, given)
    try:
        receive_files(draft.view)
    except RETOLD as refused:
        return refused
    return None


def _look_for_names(draft: Draft, page: Page) -> None:
    """Have the zone of each name on ``page`` looked at, so that what stands there by now is told at once."""
    for field in draft.form(page):
        zone = draft.values.get(field.name.replace("_label", "_zone"))
        if field.widget == "name" and field.value and isinstance(zone, str):
            check_zone(draft.view.desk, zone)


def _page(draft: Draft, page: Page, problems: dict[str, list[str]]) -> Any:
    return render_template(
        "wizard/page.html",
        draft=draft,
        page=page,
        form=draft.form(page),
        uploads=draft.uploads(page),
        errors=problems,
        address=_address(draft, page),
    )


def _address(draft: Draft, page: Page, *, checked: bool = False) -> str:
    asked: dict[str, Any] = {CHECKED: 1} if checked else {}
    return url_for("web_wizard.page", task_id=draft.view.task.id, key=page.key, **asked)
