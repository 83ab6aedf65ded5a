"""Running services as their units see them, with one-time links to their passwords."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask.views import MethodView

from tapak.http.scope import acting, desk
from tapak.panel import acts, links, service
from tapak.panel.service import Panel
from tapak.rest import panel_schemas as schemas
from tapak.rest.blueprint import Blueprint

blueprint = Blueprint("panel", __name__, url_prefix="/active-services", description="Running services")


@blueprint.route("/<int:service_id>")
@blueprint.response(200, schemas.Panel)
def panel(service_id: int) -> dict[str, Any]:
    """A service: its parts with their states, and what its servers told last"""
    return _plain(service.panel(desk(), service_id))


@blueprint.route("/<int:service_id>/refresh", methods=["POST"])
@blueprint.response(202, schemas.Panel)
def refresh(service_id: int) -> dict[str, Any]:
    """Have the servers asked again; ``looked_at`` tells when that was done"""
    with acting() as at:
        service.refresh(at, service_id, always=True)
    return _plain(service.panel(desk(), service_id))


@blueprint.route("/<int:service_id>/passwords")
class Passwords(MethodView):
    """Passwords, by links that open once."""

    @blueprint.arguments(schemas.AskPassword)
    @blueprint.response(201, schemas.PasswordToken)
    def post(self, given: dict[str, Any], service_id: int) -> dict[str, str]:
        """Ask for a link to a password (unit); an account gets another password, a database only with ``anew``"""
        with acting() as at:
            return {"token": links.ask(at, service_id, given["part"], anew=given["anew"]).token}


@blueprint.route("/<int:service_id>/passwords/open", methods=["POST"])
@blueprint.arguments(schemas.PasswordToken)
@blueprint.response(200, schemas.OpenedPassword)
def open_password(given: dict[str, Any], service_id: int) -> dict[str, Any]:
    """Open a link, once (unit); 409 tells who opened it, or that it isn't ready yet"""
    with acting() as at:
        opened = links.reveal(at, service_id, given["token"])
        return {"password": opened.password, **opened.place, "opened_at": opened.link.opened_at}


@blueprint.route("/<int:service_id>/keys", methods=["PUT"])
@blueprint.arguments(schemas.AccountKeys)
@blueprint.response(204)
def keys(given: dict[str, Any], service_id: int) -> None:
    """Let exactly these public keys log in to the SFTP account (unit)"""
    with acting() as at:
        acts.set_keys(at, service_id, given["part"], given["keys"])


@blueprint.route("/<int:service_id>/release", methods=["PUT"])
@blueprint.arguments(schemas.SwitchRelease)
@blueprint.response(204)
def switch(given: dict[str, Any], service_id: int) -> None:
    """Let another release that lies at the host be live (officers; units where the agency lets them)"""
    with acting() as at:
        acts.switch(at, service_id, given["sha256"])


def _plain(shown: Panel) -> dict[str, Any]:
    now = desk().now
    return {
        "id": shown.service.id,
        "title": shown.service.title,
        "agency": shown.agency,
        "state": shown.service.state,
        "parts": [{**_part(part), "link": _link(part.link, now)} for part in shown.parts],
        "figures": shown.figures,
        "sites": shown.sites,
        "looked_at": shown.look.taken_at if shown.look else None,
        "may_see_passwords": shown.owns,
        "may_switch_release": shown.switches,
        "switchable": sorted(shown.switchable),
    }


def _part(part: service.Part) -> dict[str, Any]:
    row, outputs = part.row, part.row.outputs
    names = ("host", "port", "name", "user", "host_key")
    return {
        "id": row.id,
        "kind": row.kind,
        "identity": row.identity,
        "state": row.state,
        "reason": row.reason,
        "verified_at": row.verified_at,
        "keys": (row.spec or {}).get("keys", []),
        "place": {name: outputs[name] for name in names if name in outputs},
    }


def _link(link: links.OneTimeLink | None, now: datetime) -> dict[str, Any] | None:
    if link is None:
        return None
    told = {"asked_by": link.asked_by, "asked_at": link.asked_at, "expires_at": link.expires_at}
    receipt = {"opened_by": link.opened_by, "opened_at": link.opened_at}
    return {**told, **receipt, "ready": links.state(link, now) == "ready", "problem": link.problem}
