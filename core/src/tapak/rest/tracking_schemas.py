"""What public tracking takes and gives."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from tapak.rest.strict import Strict


class Tracking(Strict):
    number = fields.String(required=True, validate=validate.Length(min=1, max=100))
    code = fields.String(required=True, validate=validate.Length(min=1, max=20))


class Tracked(Schema):
    number = fields.String()
    service = fields.String()
    state = fields.String()
    step_number = fields.String()
    step_title = fields.String()
    step_name = fields.String(metadata={"description": "what it is called in short"})
    submitted_at = fields.AwareDateTime(allow_none=True)
    expected_end = fields.AwareDateTime(allow_none=True)
    promised_end = fields.AwareDateTime(allow_none=True)
