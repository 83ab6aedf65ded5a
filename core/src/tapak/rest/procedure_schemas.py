"""What REST takes and gives about versions of procedures."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from tapak.rest import schemas


class Running(Schema):
    request_id = fields.Integer()
    number = fields.String(metadata={"description": "empty for a draft, which is told without its content"})
    subject = fields.String()
    agency = fields.String()
    state = fields.String()
    step = fields.String()
    step_number = fields.String()
    step_title = fields.String()


class Version(Schema):
    key = fields.String()
    version = fields.Integer()
    service = fields.String()
    number = fields.String(metadata={"description": "of the SOP, as printed"})
    effective_from = fields.Date(metadata={"description": "the day from which it takes new requests"})
    standing = fields.String(metadata={"description": "takes new requests, awaits its day, or former"})
    steps = fields.Integer()
    running = fields.List(fields.Nested(Running))


class Target(Schema):
    version = fields.Integer()
    number = fields.String()
    same = fields.Boolean(metadata={"description": "the request's own version, with the settings of today"})
    obstacles = fields.List(fields.String(), metadata={"description": "what is missing for it; none: it can go there"})


class MoveVersion(schemas.Reason):
    to = fields.Integer(required=True, validate=validate.Range(1, 10_000))
