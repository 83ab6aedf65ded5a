"""The unit's own page of its service, and the one-time links to its passwords."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from tapak.http import scope
from tapak.panel import acts, links, service
from tapak.sdk.errors import Conflict

blueprint = Blueprint("web_panel", __name__, url_prefix="/layanan-aktif/<int:service_id>")


@blueprint.get("")
def page(service_id: int) -> Any:
    """State, usage, releases, database, account and logs; what is old is asked for anew as it is looked at."""
    with scope.acting() as desk:
        service.refresh(desk, service_id)
    return render_template("services/panel.html", panel=service.panel(scope.desk(), service_id))


@blueprint.post("/perbarui")
def refresh(service_id: int) -> Any:
    """Ask the servers now."""
    with scope.acting() as desk:
        service.refresh(desk, service_id, always=True)
    return _back(service_id)


@blueprint.post("/kata-sandi/<int:resource_id>")
def password(service_id: int, resource_id: int) -> Any:
    """The unit asks for a link to a password, or for another password."""
    with scope.acting() as desk:
        token = links.ask(desk, service_id, resource_id, anew=request.form.get("anew") == "1")
    return redirect(url_for("web_panel.link", service_id=service_id, token=token), 303)


@blueprint.get("/serah/<token>")
def link(service_id: int, token: str) -> Any:
    """A link: opens nothing."""
    return _link(service_id, token)


@blueprint.post("/serah/<token>")
def reveal(service_id: int, token: str) -> Any:
    """Open a link, once; who comes later sees who did."""
    try:
        with scope.acting() as desk:
            opened = links.reveal(desk, service_id, token)
    except Conflict:
        return _link(service_id, token, status=409)
    return _link(service_id, token, opened=opened)


@blueprint.post("/kunci/<int:resource_id>")
def keys(service_id: int, resource_id: int) -> Any:
    """The unit names the keys that log in."""
    with scope.acting() as desk:
        acts.set_keys(desk, service_id, resource_id, request.form.get("keys", "").splitlines())
    return _back(service_id)


@blueprint.post("/rilis")
def switch(service_id: int) -> Any:
    """Let another release be live."""
    with scope.acting() as desk:
        acts.switch(desk, service_id, request.form.get("sha256", ""))
    return _back(service_id)


def _link(service_id: int, token: str, *, opened: links.Opened | None = None, status: int = 200) -> Any:
    desk = scope.desk()
    found, row = links.look(desk, service_id, token)
    state = links.state(found, desk.now) if opened is None else "revealed"
    told = {"link": found, "row": row, "state": state, "opened": opened, "token": token}
    title = service.find(desk, service_id, "service.unlock").title
    return render_template("services/link.html", service_id=service_id, title=title, **told), status


def _back(service_id: int) -> Any:
    return redirect(url_for("web_panel.page", service_id=service_id), 303)
