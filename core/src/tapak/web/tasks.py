"""A step's page: read, begin, keep, finish; the browser's twin of REST's tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext

from tapak.http import scope
from tapak.requests import facts, flow, papers, services
from tapak.requests.view import TaskView
from tapak.sdk.errors import Invalid, NotFound, Stale, StorageFull, TapakError, TooLarge
from tapak.sdk.wording import SOURCES
from tapak.web import refusals
from tapak.web.entered import iso_day
from tapak.web.formdata import read
from tapak.web.refusals import seen_version
from tapak.web.task_page import TaskPage

FILE = "file."
PIECE = 8 * 1024 * 1024
"""Bytes that a browser sends at once of a large file."""
GENERIC = "tasks/task.html"
RETOLD = (Invalid, TooLarge, StorageFull)
"""Refusals that stand beside the form, with everything in it kept."""

ASKED = "diminta"
PHASES = {
    "intent": "akan dikerjakan",
    "applied": "sudah ditulis ke server",
    "verified": "diperiksa dan benar",
    "failed": "gagal",
    "drift": "berubah di luar Tapak",
    "adopted": "diambil alih petugas",
    "repair": "dikembalikan oleh petugas",
    "challenge": "rekaman pembuktian akan dipasang",
    "challenge_ended": "rekaman pembuktian sudah dilepas",
}

blueprint = Blueprint("web_tasks", __name__)


@blueprint.record_once
def _install(state: BlueprintSetupState) -> None:
    """What the pieces of these pages ask for."""
    state.app.jinja_env.globals.update(
        sources=SOURCES,
        phases=PHASES,
        iso_day=iso_day,
        upload_limit=lambda: scope.kit().config.upload_limit,
        piece_size=lambda: min(PIECE, scope.kit().config.upload_limit),
    )


@blueprint.get("/tugas/<int:task_id>")
def task(task_id: int) -> Any:
    """The task: its form for whoever may act, otherwise what was done."""
    view = view_of(task_id)
    page = TaskPage(view, asking=request.args.get(ASKED) == _facts_age(view))
    if page.view.kind.form(page.view).pages and page.acts:
        return redirect(url_for("web_wizard.open_draft", task_id=task_id), 303)
    return _page(page)


@blueprint.post("/tugas/<int:task_id>/mulai")
def begin(task_id: int) -> Any:
    """Mulai: the working clock runs."""
    view_of(task_id)
    with scope.acting() as desk:
        flow.begin(desk, task_id, seen_version())
    return _back(task_id)


@blueprint.post("/tugas/<int:task_id>/simpan")
def save(task_id: int) -> Any:
    """Keep what the form holds; work on it has begun with that."""
    refused = keep_all(task_id)
    if refused is not None:
        return _page(TaskPage(view_of(task_id), refused), 422)
    _begin_quietly(task_id)
    flash(gettext("Isian Anda disimpan. Anda dapat melanjutkannya kapan saja."), "success")
    return _back(task_id)


@blueprint.post("/tugas/<int:task_id>/angka")
def ask_facts(task_id: int) -> Any:
    """Have the figures collected anew; the form is kept."""
    view = view_of(task_id)
    if not view.kind.asks_figures(view.step):
        raise NotFound("Langkah ini tidak memakai angka.", log=f"task {task_id} has no figures")
    keep_all(task_id)
    with scope.acting() as desk:
        facts.ask_again(desk, task_id)
    asked: dict[str, Any] = {ASKED: _facts_age(view_of(task_id))}
    return redirect(url_for("web_tasks.task", task_id=task_id, _anchor="angka", **asked), 303)


@blueprint.post("/tugas/<int:task_id>/ulangi")
def retry(task_id: int) -> Any:
    """Have what failed tried again at once."""
    view_of(task_id)
    with scope.acting() as desk:
        services.retry(desk, flow.task_view(desk, task_id).row.id)
    return _back(task_id, "sumber-daya")


@blueprint.post("/tugas/<int:task_id>/selesai")
def finish(task_id: int) -> Any:
    """Finish the step; what is missing or wrong is told beside the form, and nothing typed is lost."""
    view = view_of(task_id)
    given = form_data(view)
    try:
        receive_files(view)
        with scope.acting() as desk:
            flow.finish(desk, task_id, given, seen_version())
    except RETOLD as refused:
        keep(task_id, given)
        return _page(TaskPage(view_of(task_id), refused), refused.status)
    except Stale:
        if keep(task_id, given):
            flash(gettext("Isian Anda disimpan. Anda dapat melanjutkannya kapan saja."), "info")
        else:
            flash(gettext("Isian Anda tidak disimpan: langkah ini tidak lagi menunggu Anda."), "warning")
        raise
    return redirect(url_for("web_tasks.task", task_id=task_id), 303)


def view_of(task_id: int) -> TaskView:
    """The task, as the reader may see it; a page that tells an error knows its request."""
    view = flow.task_view(scope.desk(), task_id)
    refusals.about_request(view.row.id, back=url_for("web_tasks.task", task_id=task_id))
    return view


def form_data(view: TaskView) -> dict[str, Any]:
    """What the browser sent, as the step's input."""
    return read(view.kind.schema(view).fields, request.form)


def keep(task_id: int, given: Mapping[str, Any]) -> bool:
    """Save ``given`` as the task's draft; False where the task is no longer the reader's to work on."""
    try:
        with scope.acting() as desk:
            flow.save_draft(desk, task_id, given)
    except TapakError:
        return False
    return True


def keep_all(task_id: int) -> TapakError | None:
    """Save the form and the files that were sent; the refusal of a file, if it was refused."""
    view = view_of(task_id)
    with scope.acting() as desk:
        flow.save_draft(desk, task_id, form_data(view))
    try:
        receive_files(view)
    except RETOLD as refused:
        return refused
    return None


def receive_files(view: TaskView) -> None:
    """Keep each file that came with the form.

    Raises:
        Invalid, TooLarge, StorageFull: one is refused; ``fields`` names its kind.
    """
    parts = scope.kit()
    for upload in view.kind.form(view).uploads:
        sent = request.files.get(FILE + upload.kind)
        if sent is None or not sent.filename:
            continue
        try:
            with scope.acting() as desk:
                papers.upload(
                    desk,
                    parts.store,
                    view.task.id,
                    kind=upload.kind,
                    filename=sent.filename,
                    stream=sent.stream,
                    limit=parts.config.upload_limit,
                )
        except RETOLD as refused:
            refused.fields.setdefault(upload.kind, [refused.message])
            raise


def _facts_age(view: TaskView) -> str:
    return view.task.facts_at.isoformat() if view.task.facts_at else "-"


def _begin_quietly(task_id: int) -> None:
    view = view_of(task_id)
    if not view.kind.provisions and view.task.state == "open":
        with scope.acting() as desk:
            flow.begin(desk, task_id)


def _page(page: TaskPage, status: int = 200) -> Any:
    template = current_app.jinja_env.select_template([*_templates(page.view), GENERIC])
    return make_response(render_template(template, page=page, view=page.view), status)


def _templates(view: TaskView) -> list[str]:
    """The templates that the page may have, the narrowest first: for the step, for its kind, core's for its kind."""
    plugin, _, procedure = view.procedure.key.partition(".")
    kind = view.kind.name.partition("/")[0]
    prefix, _, short = kind.partition(".")
    return [f"{plugin}:{procedure}.{view.step.key}.html", f"{prefix}:{short}.html", f"tasks/{kind}.html"]


def _back(task_id: int, place: str = "") -> Any:
    return redirect(url_for("web_tasks.task", task_id=task_id, _anchor=place or None), 303)
