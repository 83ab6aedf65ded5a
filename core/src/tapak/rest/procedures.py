"""Versions of procedures, for the agency's admin."""

from __future__ import annotations

from typing import Any

from flask import make_response

from tapak.http.scope import desk
from tapak.requests import reading, version_moves, versions
from tapak.requests.desk import Desk
from tapak.rest import procedure_schemas, schemas, shapes
from tapak.rest.blueprint import Blueprint
from tapak.rest.idempotency import once

blueprint = Blueprint("procedures", __name__, description="Versions of procedures")


@blueprint.route("/procedures")
@blueprint.response(200, procedure_schemas.Version(many=True))
def every() -> list[dict[str, Any]]:
    """Every installed version, from which day it takes requests, and what runs on it (tenant admin)"""
    return [shapes.version(each) for each in versions.versions(desk())]


@blueprint.route("/requests/<int:request_id>/versions")
@blueprint.response(200, procedure_schemas.Target(many=True))
def targets(request_id: int) -> list[dict[str, Any]]:
    """The versions that the request could go to, each with what is missing for it (tenant admin)"""
    return [
        {
            "version": each.procedure.version,
            "number": each.procedure.header.number,
            "same": each.same,
            "obstacles": each.obstacles,
        }
        for each in version_moves.targets(desk(), request_id)
    ]


@blueprint.route("/requests/<int:request_id>/version", methods=["POST"])
@blueprint.arguments(procedure_schemas.MoveVersion)
@blueprint.response(200, schemas.Request)
def move(given: dict[str, Any], request_id: int) -> Any:
    """Have the request run on another version from its present step on (tenant admin, audited)"""

    def act(at: Desk) -> dict[str, Any]:
        version_moves.move(at, request_id, given["to"], given["reason"], given["version"])
        return shapes.request(reading.look(at, request_id))

    return make_response(once(act))
