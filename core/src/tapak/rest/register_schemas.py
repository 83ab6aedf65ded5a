"""What REST takes and gives of registers."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from tapak.reports.formats import FORMATS
from tapak.rest.schemas import Listing
from tapak.rest.strict import Strict


class Register(Schema):
    key = fields.String()
    title = fields.String()
    columns = fields.List(fields.String())
    search = fields.List(fields.String())
    number_series = fields.String(metadata={"description": "the running number that a row takes, or empty"})


class RegisterAsked(Strict):
    q = fields.String(load_default="", validate=validate.Length(max=100))
    since = fields.Date(load_default=None, metadata={"description": "written on this day of the agency or later"})
    until = fields.Date(load_default=None, metadata={"description": "written on this day of the agency or before"})


class RegisterListing(RegisterAsked, Listing):
    class Meta(Listing.Meta):
        exclude = ("state",)


class RegisterFile(RegisterAsked):
    format = fields.String(load_default="csv", validate=validate.OneOf(list(FORMATS)))


class RegisterEntry(Strict):
    content = fields.Dict(
        keys=fields.String(), required=True, metadata={"description": "a row, as the register has it"}
    )


class RegisterNumber(Schema):
    number = fields.String(metadata={"description": "the row's running number, or empty"})


class RegisterRow(Schema):
    id = fields.Integer()
    number = fields.String()
    request_id = fields.Integer(allow_none=True)
    author = fields.String(metadata={"description": "who wrote a row that belongs to no request"})
    content = fields.Dict()
    created_at = fields.AwareDateTime()
