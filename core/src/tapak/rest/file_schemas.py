"""Schemas of files in pieces, and of what scanners found in them."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from tapak.rest.strict import Strict
from tapak.sdk.scanning import totals


class NewUpload(Strict):
    kind = fields.String(required=True, validate=validate.Length(max=60))
    filename = fields.String(required=True, validate=validate.Length(min=1, max=300))
    size = fields.Integer(
        required=True, strict=True, validate=validate.Range(0, 2**53), metadata={"description": "bytes"}
    )
    mark = fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={
            "description": "the sender's own word for this very file; the same again finds the unfinished upload"
        },
    )


class PartialUpload(Schema):
    id = fields.Integer()
    kind = fields.String()
    filename = fields.String()
    size = fields.Integer()
    offset = fields.Integer(metadata={"description": "bytes that have come"})
    created_at = fields.AwareDateTime()


class CompleteUpload(Strict):
    sha256 = fields.String(
        load_default="",
        validate=validate.Regexp(r"\A([0-9A-Fa-f]{64})?\Z"),
        metadata={"description": "of the whole file; may be left out where every piece came with Content-Digest"},
    )


class Finding(Schema):
    scanner = fields.String()
    rule = fields.String()
    severity = fields.String(metadata={"description": "info, low, medium, high or critical"})
    text = fields.String()
    file = fields.String()
    line = fields.Integer(metadata={"description": "from 1; 0 where it isn't known"})
    evidence = fields.String()


class ScannerRun(Schema):
    name = fields.String()
    title = fields.String()
    state = fields.String(metadata={"description": "done, failed or not_run"})
    version = fields.String()
    signatures = fields.String()
    signatures_at = fields.AwareDateTime(allow_none=True)
    problem = fields.String()


class Difference(Schema):
    new = fields.List(fields.Nested(Finding))
    gone = fields.List(fields.Nested(Finding))
    same = fields.List(fields.Nested(Finding))


class Scan(Schema):
    id = fields.Integer()
    document_id = fields.Integer()
    sha256 = fields.String()
    state = fields.String(metadata={"description": "pending, running, done or failed"})
    complete = fields.Boolean(
        metadata={"description": "every scanner looked at everything: only then none means clean"}
    )
    problem = fields.String()
    totals = fields.Function(lambda report: totals(report.findings), metadata={"type": "object"})
    findings = fields.List(fields.Nested(Finding))
    scanners = fields.List(fields.Nested(ScannerRun))
    isolation = fields.Dict(keys=fields.String(), values=fields.Boolean(), allow_none=True)
    compared = fields.Nested(Difference, allow_none=True)
    asked_at = fields.AwareDateTime()
    finished_at = fields.AwareDateTime(allow_none=True)
