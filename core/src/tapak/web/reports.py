"""Reports on the screen and as files."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from tapak.accounts.policy import require
from tapak.http import scope
from tapak.http.files import file_answer
from tapak.reports.formats import FORMATS
from tapak.reports.periodic import OFFERS, fitted, read

MOST = 300
"""Rows of a table that a page shows."""

blueprint = Blueprint("web_reports", __name__)


@blueprint.get("/laporan")
def reports() -> Any:
    """What can be reported."""
    require(scope.desk().somebody, "report.read")
    return render_template("reports/reports.html", offers=OFFERS.values())


@blueprint.get("/laporan/<key>")
def report(key: str) -> Any:
    """One report."""
    desk, year = scope.desk(), _year()
    found = read(desk, key, year)
    return render_template(
        "reports/report.html",
        offer=OFFERS[key],
        report=found,
        year=year or desk.today.year,
        this_year=desk.today.year,
        suffixes=tuple(FORMATS),
        most=MOST,
    )


@blueprint.get(f"/laporan/<key>.<any({', '.join(FORMATS)}):suffix>")
def export(key: str, suffix: str) -> Any:
    """One report as a file."""
    return file_answer(*fitted(read(scope.desk(), key, _year()), suffix))


def _year() -> int | None:
    """The year that was asked for; none where it isn't a number."""
    return request.args.get("tahun", type=int)
