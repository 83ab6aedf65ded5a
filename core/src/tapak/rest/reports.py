"""Papers that report to the caller's positions."""

from __future__ import annotations

from collections.abc import Sequence

from tapak.http.scope import desk
from tapak.requests import reading
from tapak.rest import schemas
from tapak.rest.blueprint import Blueprint

blueprint = Blueprint("reports", __name__, url_prefix="/reports", description="Reports")


@blueprint.route("")
@blueprint.response(200, schemas.Report(many=True))
def reports() -> Sequence[reading.Report]:
    """The last papers that report to the positions that the caller holds, newest first"""
    return list(reading.reports(desk()))
