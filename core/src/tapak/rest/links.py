"""Requests that belong together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import make_response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from tapak.http.scope import acting, desk
from tapak.requests import links
from tapak.requests.links import Linked
from tapak.rest.blueprint import Blueprint
from tapak.rest.idempotency import once
from tapak.rest.strict import Strict

blueprint = Blueprint("links", __name__, url_prefix="/requests", description="Requests that belong together")


class LinkedRequest(Schema):
    request_id = fields.Integer()
    number = fields.String()
    subject = fields.String()
    state = fields.String()


class LinkWith(Strict):
    number = fields.String(required=True, validate=validate.Length(min=1, max=100))


@blueprint.route("/<int:request_id>/links")
class Links(MethodView):
    """The links of one request."""

    @blueprint.response(200, LinkedRequest(many=True))
    def get(self, request_id: int) -> Sequence[Linked]:
        """The requests that are linked with this one, and that the caller may see"""
        return list(links.linked(desk(), request_id))

    @blueprint.arguments(LinkWith)
    @blueprint.response(201, LinkedRequest)
    def post(self, given: dict[str, str], request_id: int) -> Any:
        """Link it with the request of that number (its unit with its own, or an officer)"""
        return make_response(once(lambda at: LinkedRequest().dump(links.link(at, request_id, given["number"])), 201))


@blueprint.route("/<int:request_id>/links/<int:other_id>", methods=["DELETE"])
@blueprint.response(204)
def unlink(request_id: int, other_id: int) -> None:
    """Undo a link"""
    with acting() as at:
        links.unlink(at, request_id, other_id)
