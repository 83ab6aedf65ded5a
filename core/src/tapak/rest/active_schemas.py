"""What REST takes and gives about services that run."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from tapak.rest.strict import Strict


class ActiveListing(Strict):
    late = fields.Boolean(load_default=False, metadata={"description": "only those whose term is over"})


class Renewal(Schema):
    asked_by = fields.String()
    asked_at = fields.AwareDateTime()
    responsible_officer = fields.String()
    approved = fields.Boolean(allow_none=True)
    reason = fields.String(metadata={"description": "why it wasn't approved"})
    decided_by = fields.String()
    decided_at = fields.AwareDateTime(allow_none=True)


class Emergency(Schema):
    reason = fields.String()
    declared_by = fields.String()
    declared_at = fields.AwareDateTime()
    letter_due = fields.AwareDateTime()
    letter_number = fields.String(metadata={"description": "empty while the letter is owed"})
    letter_date = fields.Date(allow_none=True)
    settled_at = fields.AwareDateTime(allow_none=True)


class Wish(Schema):
    service = fields.String(metadata={"description": "the service by which it is asked for"})
    change = fields.String()
    title = fields.String()


class Active(Schema):
    id = fields.Integer()
    title = fields.String()
    procedure = fields.String()
    agency = fields.String()
    state = fields.String()
    request_id = fields.Integer(allow_none=True)
    live_at = fields.AwareDateTime(allow_none=True)
    expires_on = fields.Date(allow_none=True)
    left = fields.Integer(allow_none=True, metadata={"description": "days of the term; below 0: it is over"})
    reminded = fields.Integer(allow_none=True, metadata={"description": "days before its end at the last reminder"})
    suspended_at = fields.AwareDateTime(allow_none=True)
    deactivated_at = fields.AwareDateTime(allow_none=True)
    renewal = fields.Nested(Renewal, allow_none=True, metadata={"description": "the one that waits for a decision"})
    refused = fields.Nested(Renewal, allow_none=True, metadata={"description": "the last one where it wasn't approved"})
    emergency = fields.Nested(Emergency, allow_none=True, metadata={"description": "the one whose letter is owed"})
    changing = fields.String(metadata={"description": "number of the request that is changing it; empty: none"})
    changes = fields.List(fields.Nested(Wish), metadata={"description": "what its unit may ask for"})


class StartChange(Strict):
    service = fields.String(required=True, validate=validate.Length(max=100))
    change = fields.String(required=True, validate=validate.Length(max=40))


class AskRenewal(Strict):
    responsible_officer = fields.String(required=True, validate=validate.Length(max=120))
    still_used = fields.Boolean(required=True, truthy={True}, falsy={False})


class DecideRenewal(Strict):
    approve = fields.Boolean(required=True, truthy={True}, falsy={False})
    reason = fields.String(
        load_default="", validate=validate.Length(max=500), metadata={"description": "needed where it isn't approved"}
    )


class Why(Strict):
    reason = fields.String(required=True, validate=validate.Length(max=500))


class OwedLetter(Strict):
    letter_number = fields.String(required=True, validate=validate.Length(max=100))
    letter_date = fields.Date(required=True)


class Standing(Schema):
    id = fields.Integer()
    title = fields.String()
    state = fields.String()
    expires_on = fields.Date(allow_none=True)
    suspended_at = fields.AwareDateTime(allow_none=True)
