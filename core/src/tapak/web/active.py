"""Active services: until when each runs, who is late, going on with a few clicks, suspending and restoring."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from tapak.accounts.policy import may
from tapak.http import scope
from tapak.monitoring import renewals

blueprint = Blueprint("web_active", __name__)


@blueprint.get("/layanan-aktif")
def services() -> Any:
    """The services of the reader's unit or, for staff, of all; with ``terlambat`` only those whose term is over."""
    desk = scope.desk()
    late = request.args.get("terlambat") == "1"
    found = renewals.active(desk, late=late)
    return render_template(
        "services/active.html", found=found, late=late, manages=may(desk.somebody, "service.manage"), desk=desk
    )


@blueprint.post("/layanan-aktif/<int:service_id>/daftar-ulang")
def renew(service_id: int) -> Any:
    """The unit asks to go on."""
    with scope.acting() as desk:
        officer, used = request.form.get("responsible_officer", ""), request.form.get("still_used") == "1"
        renewals.ask(desk, service_id, officer, still_used=used)
    return _back()


@blueprint.post("/layanan-aktif/<int:service_id>/putuskan")
def decide(service_id: int) -> Any:
    """An officer decides on it."""
    with scope.acting() as desk:
        renewals.decide(desk, service_id, approve=request.form.get("approve") == "1")
    return _back()


@blueprint.post("/layanan-aktif/<int:service_id>/tangguhkan")
def suspend(service_id: int) -> Any:
    """An officer suspends the service."""
    with scope.acting() as desk:
        renewals.suspend(desk, service_id, request.form.get("reason", ""))
    return _back()


@blueprint.post("/layanan-aktif/<int:service_id>/pulihkan")
def restore(service_id: int) -> Any:
    """An officer restores the service."""
    with scope.acting() as desk:
        renewals.restore(desk, service_id)
    return _back()


def _back() -> Any:
    return redirect(url_for("web_active.services"), 303)
