"""What scanners found in an application, as a page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext

from tapak.documents.models import Document
from tapak.http import scope
from tapak.requests import papers
from tapak.scanning import service
from tapak.sdk.forms import ARCHIVES
from tapak.sdk.scanning import SEVERITIES, SEVERITY_WORDS, totals, worst_first

TONES = {"critical": "bad", "high": "bad", "medium": "warn", "low": "info", "info": "plain"}
MOST = 500
"""Findings on the page; REST gives all of them."""

blueprint = Blueprint("web_scans", __name__)


@blueprint.record_once
def _install(state: BlueprintSetupState) -> None:
    """What the lists of papers ask for."""
    state.app.jinja_env.globals.update(scan_state=scan_state)


def scan_state(paper: Document) -> str:
    """The state of the newest run over an archive; empty where there is none."""
    return service.state(scope.session(), paper.id) if paper.media_type in ARCHIVES else ""


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
