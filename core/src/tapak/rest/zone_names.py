"""Names that came with the agency's zones: whose they are, and what is known to stand there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, make_response, stream_with_context

from tapak.accounts.policy import require
from tapak.http.scope import desk
from tapak.requests.desk import Desk
from tapak.rest import zone_schemas as schemas
from tapak.rest.blueprint import Blueprint
from tapak.rest.idempotency import once
from tapak.zones import exporting, owners

blueprint = Blueprint("zone_names", __name__, url_prefix="/zone-names", description="Names that came with zones")
PLAN = schemas.OwnersPlan()


@blueprint.route("")
@blueprint.arguments(schemas.NamesListing, location="query")
@blueprint.response(200, schemas.ZoneName(many=True))
def names(asked: dict[str, Any]) -> Sequence[owners.Found]:
    """The names with their records and units, by name (officer)"""
    wanted = owners.Asked(asked["q"], asked["unassigned"], zone=asked["zone"])
    return owners.names(desk(), wanted, after=asked["after"], limit=asked["limit"])


@blueprint.route("/owners", methods=["POST"])
@blueprint.arguments(schemas.Owners)
@blueprint.response(200, schemas.OwnersPlan)
def assign(given: dict[str, Any]) -> Any:
    """Give names to units (officer): the plan, or with its checksum as ``confirm`` all of it"""

    def act(at: Desk) -> Any:
        plan = owners.plan(at, [(row["name"], row["unit"]) for row in given["rows"]])
        if given["confirm"]:
            owners.apply(at, plan, given["confirm"])
        told = {"checksum": plan.checksum, "unchanged": plan.unchanged, "assignments": plan.assignments}
        return PLAN.dump({**told, "done": bool(given["confirm"])})

    return make_response(once(act))


@blueprint.route("/<zone>/file")
@blueprint.arguments(schemas.ZoneFile, location="query")
@blueprint.response(200, content_type="application/octet-stream")
def file(asked: dict[str, str], zone: str) -> Response:
    """What is known to stand in a zone, as a zone file or octoDNS's YAML (officer)"""
    at = desk()
    require(at.somebody, "zone.names")
    records = list(exporting.known(at.session, zone))
    blocks = exporting.blocks(asked["format"], zone, records)
    return Response(stream_with_context(blocks), mimetype="application/octet-stream")
