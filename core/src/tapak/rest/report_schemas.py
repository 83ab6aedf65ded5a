"""What REST takes and gives of reports."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from marshmallow import Schema, fields, validate

from tapak.reports.formats import FORMATS
from tapak.reports.periodic import FIRST_YEAR
from tapak.rest.strict import Strict


class Asked(Strict):
    year = fields.Integer(load_default=None, validate=validate.Range(FIRST_YEAR, 9999))


class AskedFile(Asked):
    format = fields.String(load_default="xlsx", validate=validate.OneOf(list(FORMATS)))


class Column(Schema):
    label = fields.String()
    kind = fields.String(metadata={"description": "text, number, day or moment"})


class Cell(fields.Raw):
    """A text, a whole number, a day or a moment by the agency's clock (ISO 8601), or null."""

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return value.isoformat() if isinstance(value, (date, datetime)) else value


class Table(Schema):
    title = fields.String()
    columns = fields.List(fields.Nested(Column))
    rows = fields.List(fields.List(Cell(allow_none=True)))
    total = fields.List(Cell(allow_none=True), metadata={"description": "the table's last line, or nothing"})


class Tables(Schema):
    title = fields.String()
    about = fields.List(fields.List(fields.String()), metadata={"description": "labels with texts"})
    tables = fields.List(fields.Nested(Table))
