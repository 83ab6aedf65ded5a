"""Services that the agency offers, their procedures, and names."""

from __future__ import annotations

from collections.abc import Sequence

from tapak.http.scope import desk
from tapak.requests.names import name_problem
from tapak.requests.snapshots import offered_procedure, open_services
from tapak.requests.zone_checks import check_zone
from tapak.rest import schemas
from tapak.rest.blueprint import Blueprint
from tapak.sdk.names import fold_label
from tapak.sdk.procedure import Procedure

blueprint = Blueprint("catalogue", __name__, description="Services and names")


@blueprint.route("/services")
@blueprint.response(200, schemas.Service(many=True))
def services() -> Sequence[Procedure]:
    """Services that take requests today"""
    return list(open_services(desk()))


@blueprint.route("/services/<key>")
@blueprint.response(200, schemas.Procedure)
def service(key: str) -> Procedure:
    """A service's procedure, as printed"""
    return offered_procedure(desk(), key)


@blueprint.route("/names/<zone>/<anything:label>")
@blueprint.response(200, schemas.Availability)
def name(zone: str, label: str) -> dict[str, object]:
    """Whether a name can be given, also by the zone's server; where that doesn't answer soon, as it last stood"""
    at = desk()
    assert at.somebody
    folded = fold_label(label)
    name = {"name": f"{folded}.{zone}"}
    if problem := name_problem(at, folded, zone):
        return {**name, "available": False, "problem": problem, "checked_at": None, "current": True}
    checked = check_zone(at, zone)
    problem = name_problem(at, folded, zone)
    return {
        **name,
        "available": not problem,
        "problem": problem,
        "checked_at": checked.at,
        "current": checked.current,
    }
