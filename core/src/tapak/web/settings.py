"""Settings of the agency and its procedures, for its admin: forms, what a change would do, history, undo."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from tapak.http import scope
from tapak.requests.forms import FormField, describe
from tapak.sdk.errors import Conflict, Invalid, Stale
from tapak.sdk.settings import secret_fields
from tapak.settings import service
from tapak.settings.sections import Difference, Group, Section, differences
from tapak.web.entered import line
from tapak.web.formdata import fit_to_show, read

Errors = Mapping[str, Sequence[str]]
NOTHING: Mapping[str, Any] = MappingProxyType({})
HEAD = ("effective_from", "note")

blueprint = Blueprint("web_settings", __name__, url_prefix="/pengaturan")


@blueprint.get("")
def overview() -> Any:
    """Every section, and what waits for its day."""
    desk = scope.desk()
    looks = service.listed(desk)
    waiting = [change for change in service.history(desk) if change.state == "pending"]
    return render_template("settings/list.html", looks=looks, waiting=waiting)


@blueprint.get("/ke/<key>")
def one(key: str) -> Any:
    """A section's form."""
    look = service.find(scope.desk(), key)
    return _form(look, look.values, {}, look.version)


@blueprint.post("/ke/<key>")
def look_ahead(key: str) -> Any:
    """What the change would do, with everything typed kept; nothing is stored."""
    desk = scope.desk()
    look = service.find(desk, key)
    given = _given(look.section)
    version = request.form.get("version", "")
    if "edit" in request.form:
        return _form(look, given, {}, version)
    try:
        planned = service.preview(desk, key, given, _day())
    except Invalid as refused:
        return make_response(_form(look, given, refused.fields, version), refused.status)
    if not planned.before and not planned.after:
        flash(gettext("Tidak ada yang berubah."), "info")
        return redirect(url_for("web_settings.one", key=key), 303)
    return _ahead(planned, version, json.dumps(given))


@blueprint.post("/ke/<key>/simpan")
def save(key: str) -> Any:
    """Store what was previewed."""
    look = service.find(scope.desk(), key)
    given, version = _given(look.section), request.form.get("version", "")
    try:
        with scope.acting() as desk:
            made = service.save(
                desk, key, given, note=request.form.get("note", ""), version=version, effective_from=_day()
            )
            waits, day = made.state == "pending", made.row.effective_from
    except Stale:
        raise
    except Conflict:
        return make_response(_ahead(service.preview(scope.desk(), key, given, _day()), version, json.dumps(given)), 409)
    except Invalid as refused:
        return make_response(_form(look, given, refused.fields, version), refused.status)
    told = gettext("Perubahan berlaku mulai %(day)s.", day=day) if waits else gettext("Pengaturan disimpan.")
    flash(told, "success")
    return redirect(url_for("web_settings.history", bagian=key), 303)


@blueprint.get("/riwayat")
def history() -> Any:
    """Who changed what, the newest first."""
    desk = scope.desk()
    key = request.args.get("bagian", "")
    changes = service.history(desk, key)
    told = [(each, _lines(_differences(each))) for each in changes]
    about = next((each.section for each in changes if each.section and key), None)
    return render_template("settings/history.html", changes=told, about=about)


@blueprint.get("/riwayat/<int:change_id>")
def undo_ahead(change_id: int) -> Any:
    """What undoing a change would do."""
    planned = service.undo_preview(scope.desk(), change_id)
    return _ahead(planned, "", "", change_id)


@blueprint.post("/riwayat/<int:change_id>/batalkan")
def undo(change_id: int) -> Any:
    """Undo it."""
    try:
        with scope.acting() as desk:
            made = service.undo(desk, change_id, note=request.form.get("note", ""))
            key = made.row.section
    except Conflict as problem:
        if not problem.fields:
            raise
        return make_response(_ahead(service.undo_preview(scope.desk(), change_id), "", "", change_id), 409)
    flash(gettext("Perubahan dibatalkan."), "success")
    return redirect(url_for("web_settings.history", bagian=key), 303)


def _given(section: Section) -> dict[str, Any]:
    """The values of a form, or those that a preview carries on."""
    carried = request.form.get("values")
    if carried is None:
        return read(_shown(section), request.form)
    try:
        given = json.loads(carried)
    except ValueError:
        given = None
    return given if isinstance(given, dict) else {}


def _shown(section: Section) -> Mapping[str, Any]:
    hidden = secret_fields(section.schema)
    return {name: field for name, field in section.schema().fields.items() if name not in hidden}


def _day() -> date | None:
    """The day that was chosen; none is today.

    Raises:
        Invalid: it is no day.
    """
    text = request.form.get("effective_from", "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        told = gettext("Isi dengan tanggal yang sah.")
        raise Invalid(told, log="no day", fields={"effective_from": [told]}) from None


def _form(look: service.Look, values: Mapping[str, Any], errors: Errors, version: str) -> str:
    section = look.section
    wanted = _shown(section)
    fields = [field for field in describe(section.schema()) if field.name in wanted]
    filled = [replace(field, value=values.get(field.name, section.default(field.name))) for field in fields]
    form = fit_to_show(filled)
    groups = section.groups or (Group("", ""),)
    return render_template(
        "settings/form.html",
        look=look,
        form=form,
        groups=[(group, [field for field in form if field.page == group.key]) for group in groups],
        set_in={field.page for field in fields if field.name in look.values},
        open_in={field.page for field in filled if field.name in errors or not _left(section, field)},
        errors=errors,
        version=version,
        today=scope.today(),
        head={name: request.form.get(name, "") for name in HEAD},
    )


def _left(section: Section, field: FormField) -> bool:
    return field.value is None or section.is_default(field.name, field.value)


def _ahead(planned: service.Preview, version: str, values: str, undoing: int | None = None) -> str:
    told = differences(planned.look.section, planned.before, planned.after)
    labels = {field.name: field.label for field in describe(planned.look.section.schema())}
    return render_template(
        "settings/preview.html",
        planned=planned,
        lines=_lines(told),
        labels=labels,
        version=version,
        values=values,
        undoing=undoing,
        today=scope.today(),
        note=request.form.get("note", ""),
    )


def _differences(change: service.Change) -> tuple[Difference, ...]:
    return differences(change.section, change.row.before, change.row.after) if change.section else ()


def _lines(found: Sequence[Difference]) -> list[tuple[FormField, Group | None, tuple[str, ...], tuple[str, ...]]]:
    return [
        (each.field, each.group, line(each.field, each.before).texts, line(each.field, each.after).texts)
        for each in found
    ]
