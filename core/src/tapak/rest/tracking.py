"""Public tracking, without signing in."""

from __future__ import annotations

from typing import Any

from tapak.http import limits
from tapak.http.scope import desk
from tapak.requests import reading
from tapak.rest import tracking_schemas
from tapak.rest.blueprint import Blueprint

blueprint = Blueprint("tracking", __name__, url_prefix="/tracking", description="Public tracking")


@blueprint.route("")
@limits.tracking
@blueprint.arguments(tracking_schemas.Tracking, location="query")
@blueprint.response(200, tracking_schemas.Tracked)
def track(asked: dict[str, str]) -> dict[str, Any]:
    """Where a request stands, by its number and code"""
    look = reading.track(desk(), asked["number"], asked["code"])
    step = look.procedure.step(look.request.step)
    return {
        "number": look.request.number,
        "service": look.procedure.service,
        "state": look.request.state,
        "step_number": step.number,
        "step_title": step.title,
        "step_name": look.step_name,
        "submitted_at": look.request.submitted_at,
        "expected_end": look.request.expected_end,
        "promised_end": look.request.promised_end,
    }
