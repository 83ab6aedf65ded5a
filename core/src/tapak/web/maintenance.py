"""Planned maintenance: the officers' list and forms, and what owners are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from marshmallow import Schema

from tapak.accounts.policy import may
from tapak.http import scope
from tapak.http.files import file_answer
from tapak.maintenance import service as maintenance
from tapak.maintenance.concerned import concerned, count
from tapak.maintenance.inputs import EFFECTS, CancelInput, DoneInput
from tapak.maintenance.models import Maintenance
from tapak.reports.formats import FORMATS
from tapak.reports.maintenance import notice
from tapak.requests.forms import FormField, describe
from tapak.sdk.errors import Invalid
from tapak.sdk.maintenance import MAINTENANCE_KINDS
from tapak.web.formdata import fit_to_show, read
from tapak.web.paging import id_cursor

Errors = Mapping[str, Sequence[str]]
PAGE = maintenance.PAGE
LONGEST = 100
OFFERED = 200
"""Services to tick that the form shows at once; a search brings others."""
LISTED = 200
"""Services that its page names; of the others it tells how many they are."""
NOTHING: Mapping[str, Any] = MappingProxyType({})
ACTS = {"selesai": (maintenance.finish, DoneInput), "batal": (maintenance.cancel, CancelInput)}

blueprint = Blueprint("web_maintenance", __name__)


@blueprint.get("/pemeliharaan")
def listing() -> Any:
    """All maintenance, newest first."""
    desk = scope.desk()
    found = maintenance.listed(desk, before=id_cursor("sebelum"), limit=PAGE + 1)
    return render_template(
        "maintenance/list.html",
        found=found[:PAGE],
        following=found[PAGE - 1].id if len(found) > PAGE else None,
        plans=bool(maintenance.plannable(desk)),
        now=desk.now,
        effects=EFFECTS,
    )


@blueprint.get("/pemeliharaan/rencana")
def plan() -> Any:
    """The form."""
    schema = maintenance.plan_schema(scope.desk())
    books = maintenance.plannable(scope.desk())
    return _form(schema, {"register": next(iter(books), ""), "kind": "routine"}, {})


@blueprint.post("/pemeliharaan/rencana")
def add() -> Any:
    """Plan, or look for services to tick; what is wrong is told beside the form, with everything typed kept."""
    schema = maintenance.plan_schema(scope.desk())
    given = read(schema.fields, request.form)
    if request.form.get("lalu") == "cari":
        return _form(schema, given, {})
    try:
        with scope.acting() as desk:
            made = maintenance.plan(desk, given).id
    except Invalid as refused:
        return _form(maintenance.plan_schema(scope.desk()), given, refused.fields), 422
    flash(gettext("Pemeliharaan direncanakan; pemilik layanan melihat pemberitahuannya."), "success")
    return redirect(url_for("web_maintenance.one", maintenance_id=made), 303)


@blueprint.get("/pemeliharaan/<int:maintenance_id>")
def one(maintenance_id: int) -> Any:
    """One maintenance, for staff and for the owners of what it concerns."""
    return _page(maintenance.find(scope.desk(), maintenance_id))


@blueprint.get("/pemeliharaan/<int:maintenance_id>.pdf")
def printed(maintenance_id: int) -> Any:
    """The notice to the owners, as a paper."""
    return file_answer(notice(scope.desk(), maintenance_id), FORMATS["pdf"])


@blueprint.post(f"/pemeliharaan/<int:maintenance_id>/<any({', '.join(ACTS)}):act>")
def close(maintenance_id: int, act: str) -> Any:
    """Tell how it went, or cancel it."""
    do, schema = ACTS[act]
    given = read(schema().fields, request.form)
    try:
        with scope.acting() as desk:
            do(desk, maintenance_id, given)
    except Invalid as refused:
        return _page(maintenance.find(scope.desk(), maintenance_id), act, given, refused.fields), 422
    return redirect(url_for("web_maintenance.one", maintenance_id=maintenance_id), 303)


def _form(schema: Schema, given: Mapping[str, Any], errors: Errors) -> str:
    words = request.form.get("cari", "").strip()[:LONGEST]
    units, found = _offered(given.get("services", ()), words)
    return render_template(
        "maintenance/plan.html",
        form=_shown(schema, given),
        errors=errors,
        units=units,
        found=found,
        words=words,
        most=OFFERED,
    )


def _offered(ticked: Sequence[str], words: str) -> tuple[Mapping[str, list[Any]], int]:
    """Services by unit, those that are ticked and the first that match all ``words``; and how many match."""
    wanted = words.casefold().split()
    every = maintenance.offered_services(scope.desk())
    matching = [row for row in every if all(word in f"{row.agency} {row.title}".casefold() for word in wanted)]
    shown = {str(row.id) for row in matching[:OFFERED]} | set(ticked)
    units: dict[str, list[Any]] = {}
    for row in every:
        if str(row.id) in shown:
            units.setdefault(row.agency, []).append(row)
    return units, len(matching)


def _shown(schema: Schema, given: Mapping[str, Any]) -> Sequence[FormField]:
    return fit_to_show(replace(field, value=given.get(field.name)) for field in describe(schema))


def _page(
    made: Maintenance, act: str = "", given: Mapping[str, Any] | None = None, errors: Errors | None = None
) -> str:
    desk = scope.desk()
    forms = {name: _shown(schema(), given or {} if name == act else {}) for name, (_, schema) in ACTS.items()}
    staff = may(desk.somebody, "maintenance.read")
    unit = None if staff else desk.somebody.agency_id
    open_acts = {"selesai": maintenance.may_finish(desk, made), "batal": maintenance.may_cancel(desk, made)}
    return render_template(
        "maintenance/one.html",
        made=made,
        services=desk.session.execute(concerned(made, unit).limit(LISTED)).all(),
        concerned=count(desk.session, made, unit),
        book=maintenance.books(desk).get(made.register),
        kinds=MAINTENANCE_KINDS,
        effects=EFFECTS,
        forms_of={name: form for name, form in forms.items() if open_acts[name]},
        act=act,
        errors=errors,
        staff=staff,
    )
