"""Planned maintenance, for officers and for the owners of what it concerns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import make_response

from tapak.accounts.policy import may
from tapak.http.scope import desk
from tapak.maintenance import service as maintenance
from tapak.maintenance.concerned import named, notices
from tapak.maintenance.models import Maintenance
from tapak.requests.desk import Desk
from tapak.rest import maintenance_schemas as schemas
from tapak.rest.blueprint import Blueprint
from tapak.rest.idempotency import once

TOLD = tuple(schemas.Maintenance().fields.keys() - {"services", "connections"})

blueprint = Blueprint("maintenance", __name__, url_prefix="/maintenance", description="Maintenance")


@blueprint.route("")
@blueprint.arguments(schemas.Listing, location="query")
@blueprint.response(200, schemas.Maintenance(many=True))
def listing(asked: dict[str, Any]) -> Sequence[Mapping[str, Any]]:
    """All maintenance, newest first; a unit is given what its services are told of now"""
    at, before, limit = desk(), asked["before"], asked["limit"]
    if may(at.somebody, "maintenance.read"):
        return _rows(at, maintenance.listed(at, before=before, limit=limit))
    told = (notice.maintenance for notice in notices(at, agency_id=at.somebody.agency_id or 0))
    newest = sorted((each for each in told if before is None or each.id < before), key=lambda each: -each.id)
    return _rows(at, newest[:limit])


@blueprint.route("/<int:maintenance_id>")
@blueprint.response(200, schemas.Maintenance)
def one(maintenance_id: int) -> Mapping[str, Any]:
    """One maintenance"""
    at = desk()
    return _row(at, maintenance.find(at, maintenance_id))


@blueprint.route("", methods=["POST"])
@blueprint.arguments(schemas.Plan)
@blueprint.response(201, schemas.Maintenance)
def plan(given: dict[str, Any]) -> Any:
    """Plan maintenance (officer); from now on the owners see it"""
    return _once(lambda at: maintenance.plan(at, given["input"]), 201)


@blueprint.route("/<int:maintenance_id>/finish", methods=["POST"])
@blueprint.arguments(schemas.Done)
@blueprint.response(200, schemas.Maintenance)
def finish(given: dict[str, Any], maintenance_id: int) -> Any:
    """Tell how it went (officer): it is written into its register"""
    return _once(lambda at: maintenance.finish(at, maintenance_id, given["input"]), 200)


@blueprint.route("/<int:maintenance_id>/cancel", methods=["POST"])
@blueprint.arguments(schemas.Cancel)
@blueprint.response(200, schemas.Maintenance)
def cancel(given: dict[str, Any], maintenance_id: int) -> Any:
    """It comes to nothing (officer)"""
    return _once(lambda at: maintenance.cancel(at, maintenance_id, given), 200)


def _once(act: Callable[[Desk], Maintenance], status: int) -> Any:
    return make_response(once(lambda at: schemas.Maintenance().dump(_row(at, act(at))), status))


def _row(at: Desk, made: Maintenance) -> Mapping[str, Any]:
    return _rows(at, [made])[0]


def _rows(at: Desk, found: Sequence[Maintenance]) -> list[Mapping[str, Any]]:
    """What the schema tells of each; a unit isn't told of servers, nor of others' services."""
    staff = may(at.somebody, "maintenance.read")
    services = named(at.session, [made.id for made in found], None if staff else at.somebody.agency_id)
    return [
        {name: getattr(made, name) for name in TOLD}
        | {"services": services[made.id], "connections": made.connections if staff else []}
        for made in found
    ]
