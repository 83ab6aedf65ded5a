"""What REST takes and gives of connections."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from tapak.rest.strict import Strict

OPEN = {"description": "by name; secrets are never told"}


class Setting(Schema):
    name = fields.String()
    label = fields.String()
    help = fields.String()
    required = fields.Boolean()
    secret = fields.Boolean(metadata={"description": "write-only; a blank one keeps what is stored"})
    operator = fields.Boolean(metadata={"description": "only the command line sets it"})
    choices = fields.List(fields.Raw())


class Provider(Schema):
    name = fields.String()
    title = fields.String()
    kinds = fields.List(fields.String())
    record_types = fields.List(fields.String())
    settings = fields.List(fields.Nested(Setting))


class Line(Schema):
    name = fields.String(metadata={"description": "what was tried"})
    ok = fields.Boolean()
    message = fields.String(metadata={"description": "how it went, in words that an officer can act on"})


class Connection(Schema):
    key = fields.String()
    provider = fields.String()
    title = fields.String()
    active = fields.Boolean()
    zones = fields.List(fields.String())
    kinds = fields.List(fields.String(), metadata={"description": "what goes to it; empty: all that it serves"})
    settings = fields.Dict(keys=fields.String(), metadata=OPEN)
    secrets_stored = fields.Boolean()
    resources = fields.Integer(metadata={"description": "how many resources stand on it"})
    checking = fields.Boolean(metadata={"description": "whether a test was asked for and hasn't ended"})
    checks = fields.List(
        fields.Nested(Line), allow_none=True, metadata={"description": "the last test, null: none since it was saved"}
    )
    checked_at = fields.AwareDateTime(allow_none=True)
    version = fields.String(metadata={"description": "changes with every change"})


class Save(Strict):
    provider = fields.String(required=True, validate=validate.Length(max=60))
    title = fields.String()
    zones = fields.List(fields.String())
    kinds = fields.List(fields.String())
    settings = fields.Dict(keys=fields.String(), required=True, metadata={"description": "as the provider's say"})
    version = fields.String(metadata={"description": "of the connection that was seen; empty for a new one"})


class Switch(Strict):
    active = fields.Boolean(required=True)
