"""Requests: lists, one with everything, and the acts on a whole request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import make_response
from flask.views import MethodView

from tapak.audit.models import AuditEvent
from tapak.documents.models import Document
from tapak.http.scope import acting, desk
from tapak.provisioning.models import Resource
from tapak.requests import ends, flow, papers, reading, services
from tapak.requests.desk import Desk
from tapak.rest import schemas, shapes
from tapak.rest.blueprint import Blueprint
from tapak.rest.idempotency import once

blueprint = Blueprint("requests", __name__, url_prefix="/requests", description="Requests")


@blueprint.route("")
class Requests(MethodView):
    """All requests that the caller may see."""

    @blueprint.arguments(schemas.Listing, location="query")
    @blueprint.response(200, schemas.RequestRow(many=True))
    def get(self, asked: dict[str, Any]) -> Sequence[reading.RequestRow]:
        """Requests, newest first; ``before`` takes the last id of a page"""
        words, state = asked["q"], asked["state"]
        return list(reading.requests_of(desk(), state=state, words=words, before=asked["before"], limit=asked["limit"]))

    @blueprint.arguments(schemas.StartRequest)
    @blueprint.response(201, schemas.TaskForm)
    def post(self, given: dict[str, str]) -> Any:
        """Begin a draft; gives its first task, whose form is the submission"""

        def start(at: Desk) -> dict[str, Any]:
            return shapes.task_form(flow.task_view(at, flow.start_request(at, given["service"])))

        return make_response(once(start, 201))


@blueprint.route("/<int:request_id>")
class Request(MethodView):
    """One request."""

    @blueprint.response(200, schemas.Request)
    def get(self, request_id: int) -> Any:
        """The request with its tasks; ``ETag`` carries its version"""
        look = reading.look(desk(), request_id)
        answer = make_response(shapes.request(look))
        answer.set_etag(f"v{look.request.version}")
        return answer

    @blueprint.response(204)
    def delete(self, request_id: int) -> None:
        """Delete a draft that was never submitted (applicant)"""
        with acting() as at:
            ends.delete_draft(at, request_id)


@blueprint.route("/<int:request_id>/timeline")
@blueprint.response(200, schemas.Event(many=True))
def timeline(request_id: int) -> Sequence[AuditEvent]:
    """What happened, oldest first"""
    return reading.timeline(desk(), request_id)


@blueprint.route("/<int:request_id>/documents")
@blueprint.response(200, schemas.Document(many=True))
def documents(request_id: int) -> Sequence[Document]:
    """Papers of the request"""
    return papers.papers(desk(), request_id)


@blueprint.route("/<int:request_id>/resources")
@blueprint.response(200, schemas.Resource(many=True))
def resources(request_id: int) -> Sequence[Resource]:
    """What the request brings about, and where each of it stands"""
    return services.resources(desk(), request_id)


@blueprint.route("/<int:request_id>/retry", methods=["POST"])
@blueprint.response(202, schemas.Resource(many=True))
def retry(request_id: int) -> Any:
    """Try what failed again, now"""
    return make_response(once(lambda at: schemas.Resource(many=True).dump(services.retry(at, request_id)), 202))


@blueprint.route("/<int:request_id>/resources/<int:resource_id>/adopt", methods=["POST"])
@blueprint.response(202, schemas.Resource)
def adopt(request_id: int, resource_id: int) -> Any:
    """Take over the foreign thing that stands in the way (officer)"""
    return make_response(once(lambda at: schemas.Resource().dump(services.adopt(at, request_id, resource_id)), 202))


@blueprint.route("/<int:request_id>/resources/<int:resource_id>/repair", methods=["POST"])
@blueprint.response(202, schemas.Resource)
def repair(request_id: int, resource_id: int) -> Any:
    """Undo a change made by hand at the server (officer)"""
    return make_response(once(lambda at: schemas.Resource().dump(services.repair(at, request_id, resource_id)), 202))


@blueprint.route("/<int:request_id>/withdraw", methods=["POST"])
@blueprint.arguments(schemas.Reason)
@blueprint.response(200, schemas.Request)
def withdraw(given: dict[str, Any], request_id: int) -> Any:
    """Take the request back (applicant)"""

    def act(at: Desk) -> dict[str, Any]:
        ends.withdraw(at, request_id, given["reason"], given["version"])
        return shapes.request(reading.look(at, request_id))

    return make_response(once(act))


@blueprint.route("/<int:request_id>/cancel", methods=["POST"])
@blueprint.arguments(schemas.Reason)
@blueprint.response(200, schemas.Request)
def cancel(given: dict[str, Any], request_id: int) -> Any:
    """End the request outside its procedure (agency)"""

    def act(at: Desk) -> dict[str, Any]:
        ends.cancel(at, request_id, given["reason"], given["version"])
        return shapes.request(reading.look(at, request_id))

    return make_response(once(act))


@blueprint.route("/<int:request_id>/move", methods=["POST"])
@blueprint.arguments(schemas.Move)
@blueprint.response(200, schemas.Request)
def move(given: dict[str, Any], request_id: int) -> Any:
    """Put the request at another step (tenant admin, audited)"""

    def act(at: Desk) -> dict[str, Any]:
        ends.move(at, request_id, given["step"], given["reason"], given["version"])
        return shapes.request(reading.look(at, request_id))

    return make_response(once(act))
