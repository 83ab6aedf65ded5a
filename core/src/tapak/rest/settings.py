"""Settings of the agency and its procedures, for its admin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import make_response

from tapak.http.scope import desk
from tapak.requests.forms import describe
from tapak.rest import setting_schemas as schemas
from tapak.rest.blueprint import Blueprint
from tapak.rest.idempotency import once
from tapak.sdk.settings import secret_fields
from tapak.settings import service

ROW = ("id", "section", "before", "after", "effective_from", "note", "made_by", "made_at", "undoes")

blueprint = Blueprint("settings", __name__, description="Settings of the agency and its procedures")


@blueprint.route("/settings")
@blueprint.response(200, schemas.SettingSection(many=True))
def listing() -> list[Mapping[str, Any]]:
    """Every section, with what was set in it (tenant admin)"""
    return [_section(look) for look in service.listed(desk())]


@blueprint.route("/settings/<key>")
@blueprint.arguments(schemas.OnDay, location="query")
@blueprint.response(200, schemas.WholeSection)
def one(given: dict[str, Any], key: str) -> Mapping[str, Any]:
    """One section: its fields, each group with the SOP's own standard, and what is set (tenant admin)"""
    look = service.find(desk(), key)
    values = service.in_force(desk(), key, given["on"]) if "on" in given else look.values
    hidden = secret_fields(look.section.schema)
    fields = [field for field in describe(look.section.schema()) if field.name not in hidden]
    told = [
        {
            "name": field.name,
            "label": field.label,
            "help": field.help,
            "group": field.page,
            "choices": [value for value, _ in field.choices],
            "default": look.section.default(field.name),
        }
        for field in fields
    ]
    return {**_section(look), "values": values, "fields_": told, "groups": look.section.groups}


@blueprint.route("/settings/<key>/preview", methods=["POST"])
@blueprint.arguments(schemas.WantedSettings)
@blueprint.response(200, schemas.SettingPreview)
def preview(given: dict[str, Any], key: str) -> service.Preview:
    """What a change would do, and for which requests; nothing is stored (tenant admin)"""
    return service.preview(desk(), key, given["values"], given.get("effective_from"))


@blueprint.route("/settings/<key>", methods=["PUT"])
@blueprint.arguments(schemas.SaveSettings)
@blueprint.response(200, schemas.SettingChange)
def save(given: dict[str, Any], key: str) -> Any:
    """Set a section; what isn't told takes its default. 409 tells the requests that it would strand (tenant admin)"""
    told: dict[str, Any] = {name: given.get(name) for name in ("note", "version", "effective_from")}
    return make_response(once(lambda at: _told(service.save(at, key, given["values"], **told))))


@blueprint.route("/setting-changes")
@blueprint.arguments(schemas.SettingChanges, location="query")
@blueprint.response(200, schemas.SettingChange(many=True))
def history(given: dict[str, Any]) -> list[Mapping[str, Any]]:
    """Who changed what, the newest first (tenant admin)"""
    return [_change(each) for each in service.history(desk(), given.get("section", ""))]


@blueprint.route("/setting-changes/<int:change_id>/undo", methods=["POST"])
@blueprint.arguments(schemas.UndoChange)
@blueprint.response(200, schemas.SettingChange)
def undo(given: dict[str, Any], change_id: int) -> Any:
    """Write the earlier values of a change again; one that waits for its day is called off (tenant admin)"""
    return make_response(once(lambda at: _told(service.undo(at, change_id, note=given["note"]))))


def _told(change: service.Change) -> Any:
    return schemas.SettingChange().dump(_change(change))


def _section(look: service.Look) -> Mapping[str, Any]:
    each = look.section
    return {"key": each.key, "title": each.title, "help": each.help, "values": look.values, "version": look.version}


def _change(change: service.Change) -> Mapping[str, Any]:
    return {**{name: getattr(change.row, name) for name in ROW}, "state": change.state}
