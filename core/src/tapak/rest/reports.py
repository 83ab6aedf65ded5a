"""Papers that report to the caller's positions, and reports on what happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response

from tapak.http.files import file_answer
from tapak.http.scope import desk
from tapak.reports.periodic import fitted, read
from tapak.reports.tables import Report
from tapak.requests import reading
from tapak.rest import report_schemas, schemas
from tapak.rest.blueprint import Blueprint

blueprint = Blueprint("reports", __name__, url_prefix="/reports", description="Reports")


@blueprint.route("")
@blueprint.response(200, schemas.Report(many=True))
def reports() -> Sequence[reading.Report]:
    """The last papers that report to the positions that the caller holds, newest first"""
    return list(reading.reports(desk()))


@blueprint.route("/<key>")
@blueprint.arguments(report_schemas.Asked, location="query")
@blueprint.response(200, report_schemas.Tables)
def report(asked: dict[str, Any], key: str) -> Report:
    """A report as tables: `subdomain` (of a year), `aplikasi` (hosted now) or `ip` (names and addresses now)"""
    return read(desk(), key, asked["year"])


@blueprint.route("/<key>/file")
@blueprint.arguments(report_schemas.AskedFile, location="query")
@blueprint.response(200, content_type="application/octet-stream")
def file(asked: dict[str, Any], key: str) -> Response:
    """The same as CSV, XLSX or PDF"""
    return file_answer(*fitted(read(desk(), key, asked["year"]), asked["format"]))
