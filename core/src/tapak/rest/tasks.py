"""The inbox and a step's turn: draft, begin, finish."""

from __future__ import annotations

import re
from typing import Any

from flask import make_response, request
from flask.views import MethodView

from tapak.documents.models import Document
from tapak.http.cursors import Moment, cursor_text, read_cursor
from tapak.http.problems import PROBLEM
from tapak.http.scope import acting, desk, kit
from tapak.requests import facts, flow, papers, reading
from tapak.requests.desk import Desk
from tapak.rest import schemas, shapes
from tapak.rest.blueprint import Blueprint
from tapak.rest.idempotency import once
from tapak.sdk.errors import Invalid, PreconditionRequired

ETAG = re.compile(r"v([0-9]{1,9})")
NEVER = -1
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": "the task's `ETag`, in place of `version`; one of the two is required",
}

blueprint = Blueprint("tasks", __name__, url_prefix="/tasks", description="Tasks")


@blueprint.route("")
@blueprint.arguments(schemas.Paging, location="query")
@blueprint.response(200, schemas.Inbox)
def inbox(asked: dict[str, Any]) -> dict[str, Any]:
    """What waits for the caller, soonest deadline first"""
    page = reading.inbox(desk(), after=_cursor(asked["after"]), limit=asked["limit"])
    return {"rows": page.rows, "next": cursor_text(page.after)}


@blueprint.route("/<int:task_id>")
class Task(MethodView):
    """One task."""

    @blueprint.response(200, schemas.TaskForm)
    def get(self, task_id: int) -> Any:
        """The task with its form, uploads and figures; ``ETag`` carries the request's version"""
        view = flow.task_view(desk(), task_id)
        answer = make_response(shapes.task_form(view))
        answer.set_etag(f"v{view.row.version}")
        return answer


@blueprint.route("/<int:task_id>/draft", methods=["PUT"])
@blueprint.arguments(schemas.Draft)
@blueprint.response(204)
def draft(given: dict[str, Any], task_id: int) -> None:
    """Keep what the form holds so far; nothing is validated"""
    with acting() as at:
        flow.save_draft(at, task_id, given["input"])


@blueprint.route("/<int:task_id>/begin", methods=["POST"])
@blueprint.arguments(schemas.Begin)
@blueprint.response(200, schemas.TaskForm)
def begin(given: dict[str, Any], task_id: int) -> Any:
    """Mulai: the working clock runs"""
    return make_response(once(lambda at: shapes.task_form(flow.begin(at, task_id, _seen(given)))))


@blueprint.route("/<int:task_id>/finish", methods=["POST"])
@blueprint.arguments(schemas.Finish)
@blueprint.response(200, schemas.Finished)
@blueprint.alt_response(409, schema=schemas.Problem, content_type=PROBLEM, description="Somebody acted since")
@blueprint.alt_response(428, schema=schemas.Problem, content_type=PROBLEM, description="Neither version nor If-Match")
@blueprint.doc(parameters=[IF_MATCH])
def finish(given: dict[str, Any], task_id: int) -> Any:
    """Finish the step, which was seen at `version` (or `If-Match`); 422 with what is missing or wrong"""

    def act(at: Desk) -> dict[str, Any]:
        done = flow.finish(at, task_id, given["input"], _seen_by_need(at, task_id, given))
        look = reading.look(at, done.request_id)
        return {"request": shapes.request(look), "next_task": done.next_task_id}

    return make_response(once(act))


@blueprint.route("/<int:task_id>/facts", methods=["POST"])
@blueprint.response(202)
def ask_facts(task_id: int) -> Any:
    """Have the figures collected anew"""

    def act(at: Desk) -> dict[str, Any]:
        facts.ask_again(at, task_id)
        return {}

    return make_response(once(act, 202))


@blueprint.route("/<int:task_id>/documents", methods=["POST"])
@blueprint.arguments(schemas.UploadForm, location="form")
@blueprint.response(201, schemas.Document)
def upload(given: dict[str, Any], task_id: int) -> Document:
    """Send a file (multipart/form-data: ``kind``, ``file``)"""
    sent = request.files.get("file")
    if sent is None:
        raise Invalid("Sertakan berkasnya.", log="no file part", fields={"file": ["Sertakan berkasnya."]})
    parts = kit()
    with acting() as at:
        return papers.upload(
            at,
            parts.store,
            task_id,
            kind=given["kind"],
            filename=sent.filename or "",
            stream=sent.stream,
            limit=parts.config.upload_limit,
        )


def _seen(given: dict[str, Any]) -> int | None:
    """The version that the caller saw: in the body, or as ``If-Match``."""
    if given["version"] is not None:
        return int(given["version"])
    if not request.if_match or request.if_match.star_tag:
        return None
    seen = [etag[1:] for etag in request.if_match.as_set() if ETAG.fullmatch(etag)]
    return int(seen[0]) if len(seen) == 1 else NEVER


def _seen_by_need(at: Desk, task_id: int, given: dict[str, Any]) -> int:
    """The version that the caller saw.

    Raises:
        NotFound: the caller may not know of the task.
        PreconditionRequired: the caller told none; ``*`` tells none.
    """
    seen = _seen(given)
    if seen is None:
        flow.task_view(at, task_id)
        raise PreconditionRequired(
            "Sertakan versi permohonan yang Anda lihat (version atau If-Match), "
            "agar tindakan orang lain tidak tertimpa.",
            log=f"task {task_id}: neither version nor If-Match",
            fields={"version": ["Wajib diisi, atau kirim If-Match."]},
        )
    return seen


def _cursor(text: str | None) -> Moment | None:
    try:
        return None if text is None else read_cursor(text)
    except ValueError as error:
        raise Invalid("Penanda halaman tidak sah.", log="bad cursor", fields={"after": ["Tidak sah."]}) from error
