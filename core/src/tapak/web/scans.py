"""What scanners found in an application, as a page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext

from tapak.http import scope
from tapak.requests import papers
from tapak.sdk.scanning import SEVERITIES, SEVERITY_WORDS, totals, worst_first

TONES = {"critical": "bad", "high": "bad", "medium": "warn", "low": "info", "info": "plain"}
MOST = 500
"""Findings on the page; REST gives all of them."""

blueprint = Blueprint("web_scans", __name__)


@blueprint.get("/dokumen/<int:document_id>/pemeriksaan")
def scan(document_id: int) -> Any:
    """The newest run over the file: totals, what is new, every finding, every scanner."""
    desk = scope.desk()
    report = papers.scan_of(desk, document_id)
    found = worst_first(report.findings)
    assert desk.somebody
    return render_template(
        "scans/scan.html",
        report=report,
        findings=found[:MOST],
        more=len(found) - len(found[:MOST]),
        fresh=set(report.compared.new) if report.compared else set(),
        counts=totals(report.findings),
        words=SEVERITY_WORDS,
        tones=TONES,
        severities=SEVERITIES,
        titles={each.name: each.title for each in report.scanners},
        staff=bool(desk.somebody.positions or desk.somebody.admin),
        address=url_for("web_scans.scan", document_id=document_id),
    )


@blueprint.post("/dokumen/<int:document_id>/pemeriksaan")
def again(document_id: int) -> Any:
    """Have the file looked through again."""
    with scope.acting() as desk:
        papers.scan_again(desk, document_id)
    flash(gettext("Pemeriksaan dijalankan ulang."), "success")
    return redirect(url_for("web_scans.scan", document_id=document_id), 303)
