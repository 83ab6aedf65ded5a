"""What REST takes and gives of settings."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from tapak.rest.strict import Strict

VALUES = {"description": "by name; what isn't there has its default"}


class SettingField(Schema):
    name = fields.String()
    label = fields.String()
    help = fields.String()
    group = fields.String(metadata={"description": "the step, of a procedure's settings"})
    choices = fields.List(fields.Raw())
    default = fields.Raw(allow_none=True)


class SettingGroup(Schema):
    key = fields.String()
    title = fields.String()
    standard = fields.String(metadata={"description": "the SOP's own standard, as printed"})
    unclear = fields.List(fields.String(), metadata={"description": "cells that the scan left unreadable"})


class SettingSection(Schema):
    key = fields.String()
    title = fields.String()
    help = fields.String()
    values = fields.Dict(keys=fields.String(), metadata=VALUES)
    version = fields.String(metadata={"description": "changes with every change"})


class WholeSection(SettingSection):
    fields_ = fields.List(fields.Nested(SettingField), data_key="fields", attribute="fields_")
    groups = fields.List(fields.Nested(SettingGroup))


class OnDay(Strict):
    on = fields.Date(metadata={"description": "as it was, is or will be on that day; today"})


class WantedSettings(Strict):
    values = fields.Dict(keys=fields.String(), required=True, metadata=VALUES)
    effective_from = fields.Date(metadata={"description": "from which day; today"})


class SaveSettings(WantedSettings):
    note = fields.String(load_default="", validate=validate.Length(max=500))
    version = fields.String(metadata={"description": "of the section that was seen"})


class UndoChange(Strict):
    note = fields.String(load_default="", validate=validate.Length(max=500))


class Affected(Schema):
    id = fields.Integer(attribute="request_id")
    number = fields.String()
    subject = fields.String()
    agency = fields.String()
    state = fields.String()
    step = fields.String()


class Stranded(Schema):
    setting = fields.String(attribute="name")
    reason = fields.String()
    request = fields.Nested(Affected)


class SettingPreview(Schema):
    before = fields.Dict(keys=fields.String())
    after = fields.Dict(keys=fields.String())
    effective_from = fields.Date()
    keeping = fields.List(
        fields.Nested(Affected), metadata={"description": "running requests that keep the settings they began with"}
    )
    touched = fields.List(fields.Nested(Affected), metadata={"description": "running requests for which it counts too"})
    stranded = fields.List(
        fields.Nested(Stranded), metadata={"description": "requests that couldn't go on: with any, it is refused"}
    )


class SettingChange(Schema):
    id = fields.Integer()
    section = fields.String()
    before = fields.Dict(keys=fields.String())
    after = fields.Dict(keys=fields.String())
    effective_from = fields.Date()
    note = fields.String()
    made_by = fields.String()
    made_at = fields.AwareDateTime()
    undoes = fields.Integer(allow_none=True)
    state = fields.String(metadata={"description": "pending, done or undone"})


class SettingChanges(Strict):
    section = fields.String(validate=validate.Length(max=200))
