"""What REST takes and gives of maintenance."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from tapak.rest import schemas
from tapak.rest.strict import Strict


class Listing(schemas.Listing):
    class Meta(schemas.Listing.Meta):
        exclude = ("state", "q")


class Plan(Strict):
    input = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={
            "description": "register (a key), kind (routine, fault, change), work, place, starts, ends (by the "
            "agency's clock, 2026-12-01T22:00), effect (none, slow, brief, down), and whom it concerns: "
            "everything (true), connections (keys), services (ids)"
        },
    )


class Done(Strict):
    input = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": "done_at and until (by the agency's clock), and result"},
    )


class Cancel(Strict):
    reason = fields.String(required=True, validate=validate.Length(max=500))


class Maintenance(Schema):
    id = fields.Integer()
    register = fields.String()
    kind = fields.String()
    work = fields.String()
    place = fields.String()
    effect = fields.String()
    everything = fields.Boolean(metadata={"description": "whether it concerns every service"})
    connections = fields.List(
        fields.String(), metadata={"description": "keys of the servers that it concerns; empty for a unit"}
    )
    services = fields.List(
        fields.Integer(),
        metadata={
            "description": "ids of the services that the plan names, and once it is closed of all that it concerned; "
            "for a unit its own of these"
        },
    )
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()
    state = fields.String(metadata={"description": "planned, done or cancelled"})
    result = fields.String(metadata={"description": "how it went, or why it was cancelled"})
    number = fields.String(metadata={"description": "its number in the register, or empty"})
    closed_at = fields.AwareDateTime(allow_none=True)
