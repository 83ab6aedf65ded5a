"""What REST takes and gives of names that came with zones."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from tapak.rest.strict import Strict
from tapak.zones.exporting import FORMATS
from tapak.zones.owners import PAGE

NAME = validate.Length(max=253)
MOST = 2000


class NamesListing(Strict):
    q = fields.String(load_default="", validate=NAME)
    zone = fields.String(load_default="", validate=NAME)
    unassigned = fields.Boolean(load_default=False, metadata={"description": "only names that belong to no unit yet"})
    after = fields.String(load_default="", validate=NAME, metadata={"description": "the last name of the page before"})
    limit = fields.Integer(load_default=PAGE, validate=validate.Range(1, 200))


class ZoneName(Schema):
    id = fields.Integer(metadata={"description": "its service"})
    name = fields.String()
    state = fields.String()
    agency_id = fields.Integer(allow_none=True)
    agency = fields.String()
    records = fields.List(fields.String())
    drifted = fields.Boolean(metadata={"description": "whether it was changed by hand"})


class OwnerRow(Strict):
    name = fields.String(required=True, validate=NAME)
    unit = fields.String(required=True, validate=validate.Length(max=300), metadata={"description": "key or name"})


class Owners(Strict):
    rows = fields.List(fields.Nested(OwnerRow), required=True, validate=validate.Length(1, MOST))
    confirm = fields.String(load_default="", validate=validate.Length(max=64))


class Assignment(Schema):
    name = fields.String()
    before = fields.String()
    after = fields.String()


class OwnersPlan(Schema):
    checksum = fields.String()
    unchanged = fields.Integer()
    assignments = fields.List(fields.Nested(Assignment))
    done = fields.Boolean()


class ZoneFile(Strict):
    format = fields.String(load_default="zonefile", validate=validate.OneOf(list(FORMATS)))
