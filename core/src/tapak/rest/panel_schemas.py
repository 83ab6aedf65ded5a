"""What REST takes and gives of running services."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from tapak.panel.acts import MOST_KEYS
from tapak.rest.strict import Strict


class PasswordLink(Schema):
    asked_by = fields.String()
    asked_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    opened_by = fields.String()
    opened_at = fields.AwareDateTime(allow_none=True)
    ready = fields.Boolean()
    problem = fields.String()


class PanelPart(Schema):
    id = fields.Integer()
    kind = fields.String()
    identity = fields.String()
    state = fields.String()
    reason = fields.String()
    verified_at = fields.AwareDateTime(allow_none=True)
    keys = fields.List(fields.String())
    place = fields.Dict(metadata={"description": "where one logs in: host, port, name, user, host_key"})
    link = fields.Nested(PasswordLink, allow_none=True, metadata={"description": "the newest link to its password"})


class PanelFigure(Schema):
    key = fields.String()
    label = fields.String()
    value = fields.String(allow_none=True)
    unit = fields.String()
    source = fields.String()
    problem = fields.String()


class Panel(Schema):
    id = fields.Integer()
    title = fields.String()
    agency = fields.String()
    state = fields.String()
    parts = fields.List(fields.Nested(PanelPart))
    figures = fields.List(fields.Nested(PanelFigure))
    sites = fields.Dict(metadata={"description": "by name: releases, access, errors, problem"})
    looked_at = fields.AwareDateTime(allow_none=True)
    may_see_passwords = fields.Boolean()
    may_switch_release = fields.Boolean()
    switchable = fields.List(fields.String(), metadata={"description": "SHA-256 of releases to go to"})


class AskPassword(Strict):
    part = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**63 - 1))
    anew = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class PasswordToken(Strict):
    token = fields.String(required=True, validate=validate.Length(min=1, max=100))


class OpenedPassword(Schema):
    password = fields.String()
    host = fields.String()
    port = fields.Integer()
    name = fields.String()
    user = fields.String()
    host_key = fields.String()
    opened_at = fields.AwareDateTime()


class AccountKeys(Strict):
    part = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**63 - 1))
    keys = fields.List(
        fields.String(validate=validate.Length(max=3000)), required=True, validate=validate.Length(max=MOST_KEYS)
    )


class SwitchRelease(Strict):
    sha256 = fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{64}\Z"))
