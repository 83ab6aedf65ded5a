"""Active services: their terms, going on with a few clicks, changes and endings, suspending, emergencies, restoring."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from tapak.accounts.policy import may
from tapak.http import scope
from tapak.monitoring import emergencies, renewals
from tapak.requests import concerning, flow

blueprint = Blueprint("web_active", __name__)


@blueprint.get("/layanan-aktif")
def services() -> Any:
    """The services of the reader's unit or, for staff, of all; with ``terlambat`` only those whose term is over."""
    desk = scope.desk()
    late = request.args.get("terlambat") == "1"
    found = renewals.active(desk, late=late)
    manages = may(desk.somebody, "service.manage")
    return render_template(
        "services/active.html",
        found=found,
        late=late,
        manages=manages,
        duties=emergencies.duties(desk) if manages else (),
        changes=concerning.offered_changes(desk),
        desk=desk,
    )


@blueprint.post("/layanan-aktif/<int:service_id>/ubah")
def change(service_id: int) -> Any:
    """The unit begins a request for a change of the service, or for its end."""
    procedure, _, kind = request.form.get("change", "").partition(":")
    with scope.acting() as desk:
        task_id = flow.start_request(desk, procedure, concerns=service_id, change=kind)
    return redirect(url_for("web_wizard.open_draft", task_id=task_id), 303)


@blueprint.post("/layanan-aktif/<int:service_id>/darurat")
def emergency(service_id: int) -> Any:
    """An officer takes the service off the net at once."""
    with scope.acting() as desk:
        emergencies.declare(desk, service_id, request.form.get("reason", ""))
    flash(
        gettext("Layanan dinonaktifkan: nama DNS dihapus lebih dahulu. Surat penonaktifan wajib menyusul."), "success"
    )
    return _back()


@blueprint.post("/layanan-aktif/<int:service_id>/surat-darurat")
def letter(service_id: int) -> Any:
    """The letter that an emergency owed has come."""
    form = request.form
    with scope.acting() as desk:
        emergencies.settle(desk, service_id, form.get("letter_number", ""), form.get("letter_date", type=_day))
    return _back()


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
        approve, why = request.form.get("approve") == "1", request.form.get("reason", "")
        renewals.decide(desk, service_id, approve=approve, reason=why)
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


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _back() -> Any:
    return redirect(url_for("web_active.services"), 303)
