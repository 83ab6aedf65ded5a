"""Papers, shown in the browser or downloaded."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext

from tapak.documents.downloads import download_headers
from tapak.http import scope
from tapak.requests import papers

blueprint = Blueprint("web_papers", __name__)


@blueprint.get("/dokumen/<int:document_id>")
def paper(document_id: int) -> Any:
    """The paper in the browser; with ``?unduh`` as a file. One that is still being made says so and looks again."""
    found = papers.paper(scope.desk(), document_id)
    if found.state != "ready":
        return render_template("tasks/paper_pending.html", paper=found), 202
    answer = send_file(scope.kit().store.open(scope.tenant().id, found.sha256), mimetype=found.media_type)
    answer.headers.update(download_headers(found, inline="unduh" not in request.args))
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


@blueprint.post("/dokumen/<int:document_id>/ulangi")
def render_again(document_id: int) -> Any:
    """Try a letter again that could not be made."""
    with scope.acting() as desk:
        request_id = papers.render_again(desk, document_id).request_id
    flash(gettext("Surat sedang dibuat ulang."), "success")
    return redirect(url_for("web_requests.request_page", request_id=request_id, _anchor="dokumen"), 303)
