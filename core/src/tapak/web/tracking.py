"""Public tracking by number and code: where a request stands, without anything about people."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, render_template, request

from tapak.http import limits, scope
from tapak.requests import reading
from tapak.sdk.errors import NotFound
from tapak.web.chart import chart
from tapak.web.progress import progress

LONGEST = 100

blueprint = Blueprint("web_tracking", __name__)


@blueprint.get("/lacak")
@limits.tracking
def track() -> Any:
    """The form; with ``nomor`` and ``kode`` the request's standing, or that the two don't match."""
    number = request.args.get("nomor", "")[:LONGEST]
    code = request.args.get("kode", "")[:LONGEST]
    if not (number and code):
        return render_template("tracking/track.html", number=number, code=code, problem="")
    try:
        look = reading.track(scope.desk(), number, code)
    except NotFound as problem:
        page = render_template("tracking/track.html", number=number, code=code, problem=problem.message)
        return make_response(page, problem.status)
    return render_template("tracking/found.html", look=look, chart=chart(look.procedure), progress=progress(look))
