"""The verification report: the checklist with severity, finding and evidence, and what scanners found, as a letter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tapak.sdk.contexts import common
from tapak.sdk.scanning import SEVERITY_WORDS, Difference, Finding, ScanReport, report_context
from tapak.sdk.step_kinds import Letter
from tapak.sdk.view import DocumentRef, View
from tapak.sdk.wording import day_words
from tapak_pontianak import files
from tapak_pontianak.verification import PASS, Judged, place

KIND = "verification_report"
MOST = 200
"""Findings of scanners that are printed; the page of the run has all."""


def letter(
    view: View,
    file: DocumentRef,
    scan: ScanReport | None,
    aspects: Sequence[Judged],
    data: Mapping[str, Any],
    result: str,
    changes: Difference | None,
) -> Letter:
    """The report on ``file``, to the applicant's unit; ``changes`` are those against the file verified before."""
    context = {
        **common(view),
        "system_name": str(view.answers.get("system_name", "")),
        "filename": file.filename,
        "sha256": file.sha256,
        "verified_on": day_words(view.now),
        "result": result,
        "passed": data["outcome"] == PASS,
        "remark": data["remark"],
        "aspects": [_aspect(each) for each in aspects],
        "changes": None if changes is None else {name: _rows(getattr(changes, name)) for name in ("new", "gone")},
        **_scanned(view, scan),
    }
    return Letter(KIND, "pontianak/verification_report", f"Laporan verifikasi keamanan {file.filename}"[:200], context)


def _aspect(each: Judged) -> dict[str, Any]:
    return {
        "title": each.aspect.title,
        "answer": each.label or "Belum dinilai",
        "severity": SEVERITY_WORDS.get(each.severity, ""),
        "finding": each.finding,
        "evidence": each.evidence,
        "scanned": len(each.found),
    }


def _rows(found: Sequence[Finding]) -> list[dict[str, str]]:
    return [{"label": SEVERITY_WORDS[each.severity], "place": place(each), "text": each.text} for each in found[:MOST]]


def _scanned(view: View, scan: ScanReport | None) -> dict[str, Any]:
    if scan is None:
        return {"totals": [], "findings": [], "more": 0, "scanners": []}
    told, ages = report_context(scan), {each.title: files.age(each, view.now) for each in scan.scanners}
    scanners = [
        {**each, "age": "" if ages[each["title"]] is None else f"{ages[each['title']]} hari"}
        for each in told["scanners"]
    ]
    found = told["findings"]
    return {
        "totals": told["totals"],
        "findings": found[:MOST],
        "more": max(0, len(found) - MOST),
        "scanners": scanners,
    }
