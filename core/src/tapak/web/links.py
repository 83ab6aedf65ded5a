"""Linking requests that belong together, from a request's page and from the check of a draft."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext

from tapak.http import scope
from tapak.requests import links
from tapak.web.places import inside
from tapak.web.refusals import about_request

blueprint = Blueprint("web_links", __name__)


@blueprint.post("/permohonan/<int:request_id>/kaitkan")
def link(request_id: int) -> Any:
    """Link the request with another one, by its number."""
    about_request(request_id)
    with scope.acting() as desk:
        links.link(desk, request_id, request.form.get("number", ""))
    flash(gettext("Permohonan dikaitkan."), "success")
    return _back(request_id)


@blueprint.post("/permohonan/<int:request_id>/lepas-kaitan/<int:other_id>")
def unlink(request_id: int, other_id: int) -> Any:
    """Undo a link."""
    about_request(request_id)
    with scope.acting() as desk:
        links.unlink(desk, request_id, other_id)
    return _back(request_id)


def _back(request_id: int) -> Any:
    asked = request.form.get("kembali", "")
    return redirect(inside(asked) if asked else url_for("web_requests.request_page", request_id=request_id), 303)
