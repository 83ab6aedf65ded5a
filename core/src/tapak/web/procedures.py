"""Versions of the agency's procedures, for its admin: what runs on which, and moving a request to another."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from tapak.http import scope
from tapak.requests import version_moves, versions
from tapak.sdk.errors import Conflict, Invalid, Stale
from tapak.web.paging import id_cursor
from tapak.web.refusals import about_request
from tapak.web.request_page import RequestPage

FIRST, PAGE = 5, 50
"""Requests that the list of versions shows of each, and that a page of one version has."""

blueprint = Blueprint("web_procedures", __name__)


@blueprint.get("/versi-sop")
def overview() -> Any:
    """Every version with the day from which it takes requests, and the oldest of the requests that run on it."""
    return render_template("procedures/versions.html", versions=versions.versions(scope.desk(), FIRST))


@blueprint.get("/versi-sop/<key>/<int:version>")
def version(key: str, version: int) -> Any:
    """One version and, page by page, all requests that run on it."""
    found = versions.one(scope.desk(), f"{key}/{version}", id_cursor("sesudah"), PAGE + 1)
    page = found.running[:PAGE]
    following = page[-1].request_id if len(found.running) > PAGE else None
    movable = len(scope.desk().registry.versions(key)) > 1
    return render_template("procedures/version.html", each=found, running=page, movable=movable, following=following)


@blueprint.get("/permohonan/<int:request_id>/versi")
def choose(request_id: int) -> Any:
    """The versions that a request could go to, each with what is missing for it."""
    return _choice(request_id, {})


@blueprint.post("/permohonan/<int:request_id>/versi")
def move(request_id: int) -> Any:
    """Move it; what stands in the way is told on the page that comes back."""
    about_request(request_id)
    form = request.form
    try:
        with scope.acting() as desk:
            to = form.get("to", type=int) or 0
            version_moves.move(desk, request_id, to, form.get("reason", ""), form.get("version", type=int))
    except Stale:
        raise
    except (Invalid, Conflict) as problem:
        if not problem.fields:
            raise
        return make_response(_choice(request_id, problem.fields), problem.status)
    flash(gettext("Permohonan berjalan pada versi SOP yang dipilih."), "success")
    return redirect(url_for("web_requests.request_page", request_id=request_id, _anchor="posisi"), 303)


def _choice(request_id: int, errors: dict[str, list[str]]) -> str:
    desk = scope.desk()
    targets = version_moves.targets(desk, request_id)
    given = {name: request.form.get(name, "") for name in ("to", "reason")}
    page = RequestPage.of(desk, request_id)
    return render_template("procedures/move.html", page=page, targets=targets, errors=errors, given=given)
