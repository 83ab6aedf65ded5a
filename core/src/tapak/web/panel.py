"""The unit's own page of its service, and the one-time links to its passwords."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from tapak.http import scope
from tapak.panel import acts, links, service
from tapak.sdk.errors import Conflict

blueprint = Blueprint("web_panel", __name__, url_prefix="/layanan-aktif/<int:service_id>")

COOKIE = "tapak_link"
"""The cookie that has a link's token, for the link's page alone: an address stands in logs and histories."""


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
        handed = links.ask(desk, service_id, resource_id, anew=request.form.get("anew") == "1")
    address = url_for("web_panel.link", service_id=service_id, link_id=handed.link_id)
    answer: Response = redirect(address, 303)  # type: ignore[assignment]
    lasts = int(links.LASTS.total_seconds())
    answer.set_cookie(
        COOKIE, handed.token, max_age=lasts, path=address, secure=request.is_secure, httponly=True, samesite="Lax"
    )
    return answer


@blueprint.get("/serah/<int:link_id>")
def link(service_id: int, link_id: int) -> Any:
    """A link: opens nothing."""
    return _link(service_id, link_id)


@blueprint.post("/serah/<int:link_id>")
def reveal(service_id: int, link_id: int) -> Any:
    """Open a link, once, in the browser that asked for it; who comes later sees who did."""
    token = request.cookies.get(COOKIE)
    if token is None:
        return _link(service_id, link_id, status=409)
    try:
        with scope.acting() as desk:
            opened = links.reveal(desk, service_id, token)
    except Conflict:
        return _link(service_id, link_id, status=409)
    answer = make_response(_link(service_id, opened.link.id, opened=opened))
    answer.delete_cookie(COOKIE, path=request.path, secure=request.is_secure, httponly=True, samesite="Lax")
    return answer


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


def _link(service_id: int, link_id: int, *, opened: links.Opened | None = None, status: int = 200) -> Any:
    desk = scope.desk()
    found, row = links.look(desk, service_id, link_id)
    state = links.state(found, desk.now) if opened is None else "revealed"
    if state in ("ready", "preparing") and COOKIE not in request.cookies:
        state = "elsewhere"
    told = {"link": found, "row": row, "state": state, "opened": opened}
    title = service.find(desk, service_id, "service.unlock").title
    return render_template("services/link.html", service_id=service_id, title=title, **told), status


def _back(service_id: int) -> Any:
    return redirect(url_for("web_panel.page", service_id=service_id), 303)
