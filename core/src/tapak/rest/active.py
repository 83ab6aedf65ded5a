"""Services that run: their terms and renewals, changes and endings, suspension and emergencies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import make_response

from tapak.http.scope import desk
from tapak.inventory.models import Service
from tapak.monitoring import emergencies, renewals
from tapak.monitoring.renewals import Active
from tapak.requests import concerning, flow
from tapak.requests.desk import Desk
from tapak.rest import active_schemas, schemas, shapes
from tapak.rest.blueprint import Blueprint
from tapak.rest.idempotency import once

blueprint = Blueprint("active", __name__, url_prefix="/active-services", description="Services that run")
BESIDE = ("agency", "left", "reminded", "renewal", "refused", "emergency", "changing")
RENEWAL, STANDING, EMERGENCY = active_schemas.Renewal(), active_schemas.Standing(), active_schemas.Emergency()


@blueprint.route("")
@blueprint.arguments(active_schemas.ActiveListing, location="query")
@blueprint.response(200, active_schemas.Active(many=True))
def services(asked: dict[str, bool]) -> list[dict[str, Any]]:
    """Those of the caller's unit or, for staff, of all; the soonest to end first"""
    at = desk()
    wishes = concerning.offered_changes(at)
    return [_row(each, wishes.get(each.service.procedure, [])) for each in renewals.active(at, late=asked["late"])]


@blueprint.route("/<int:service_id>/changes", methods=["POST"])
@blueprint.arguments(active_schemas.StartChange)
@blueprint.response(201, schemas.TaskForm)
def change(given: dict[str, str], service_id: int) -> Any:
    """Begin a draft of a request for a change or the end of the service (its unit); gives its first task"""

    def start(at: Desk) -> dict[str, Any]:
        task_id = flow.start_request(at, given["service"], concerns=service_id, change=given["change"])
        return shapes.task_form(flow.task_view(at, task_id))

    return make_response(once(start, 201))


@blueprint.route("/<int:service_id>/renewal", methods=["POST"])
@blueprint.arguments(active_schemas.AskRenewal)
@blueprint.response(201, active_schemas.Renewal)
def ask_renewal(given: dict[str, Any], service_id: int) -> Any:
    """Ask to go on with the service (its unit)"""
    officer, used = given["responsible_officer"], given["still_used"]

    def ask(at: Desk) -> Any:
        made = renewals.ask(at, service_id, officer, still_used=used)
        at.session.flush()
        return RENEWAL.dump(made)

    return make_response(once(ask, 201))


@blueprint.route("/<int:service_id>/renewal/decision", methods=["POST"])
@blueprint.arguments(active_schemas.DecideRenewal)
@blueprint.response(200, active_schemas.Standing)
def decide_renewal(given: dict[str, Any], service_id: int) -> Any:
    """Decide on the renewal that waits (officer); an approval gives a new term, anything else needs a reason"""
    return _act(lambda at: renewals.decide(at, service_id, **given))


@blueprint.route("/<int:service_id>/suspend", methods=["POST"])
@blueprint.arguments(active_schemas.Why)
@blueprint.response(200, active_schemas.Standing)
def suspend(given: dict[str, str], service_id: int) -> Any:
    """Take the service off the net and keep everything (officer)"""
    return _act(lambda at: renewals.suspend(at, service_id, given["reason"]))


@blueprint.route("/<int:service_id>/restore", methods=["POST"])
@blueprint.response(200, active_schemas.Standing)
def restore(service_id: int) -> Any:
    """Bring a suspended service back as it was (officer)"""
    return _act(lambda at: renewals.restore(at, service_id))


@blueprint.route("/<int:service_id>/emergency", methods=["POST"])
@blueprint.arguments(active_schemas.Why)
@blueprint.response(201, active_schemas.Emergency)
def emergency(given: dict[str, str], service_id: int) -> Any:
    """Take the service off the net at once, DNS first; its letter is due afterwards (officer)"""

    def declare(at: Desk) -> Any:
        made = emergencies.declare(at, service_id, given["reason"])
        at.session.flush()
        return EMERGENCY.dump(made)

    return make_response(once(declare, 201))


@blueprint.route("/<int:service_id>/emergency/letter", methods=["POST"])
@blueprint.arguments(active_schemas.OwedLetter)
@blueprint.response(200, active_schemas.Emergency)
def letter(given: dict[str, Any], service_id: int) -> Any:
    """Enter the letter that the emergency owes (officer)"""

    def settle(at: Desk) -> Any:
        return EMERGENCY.dump(emergencies.settle(at, service_id, given["letter_number"], given["letter_date"]))

    return make_response(once(settle))


def _act(act: Callable[[Desk], Service]) -> Any:
    return make_response(once(lambda at: STANDING.dump(act(at))))


def _row(each: Active, wishes: list[tuple[str, str, str]]) -> dict[str, Any]:
    service = each.service
    plain = {name: getattr(service, name) for name in active_schemas.Active().fields if hasattr(service, name)}
    asked = [{"service": key, "change": kind, "title": title} for key, kind, title in wishes]
    beside = {name: getattr(each, name) for name in BESIDE}
    return {**plain, **beside, "changes": asked}
