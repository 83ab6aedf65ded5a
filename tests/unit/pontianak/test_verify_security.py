"""The security verification: what may pass, what is told on a return, and what of a new file needs looking at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from marshmallow import ValidationError

from tapak.sdk.databases import Database, check_database
from tapak.sdk.errors import Conflict, Invalid
from tapak.sdk.resources import Release
from tapak.sdk.scanning import Finding, ScannerRun, ScanReport
from tapak.sdk.step_kinds import StepResult, run_step
from tapak.sdk.view import DocumentRef
from tapak.testing.view import MemoryView
from tapak_pontianak import files
from tapak_pontianak.aspects import ASPECTS
from tapak_pontianak.hosting import HOSTING
from tapak_pontianak.resources import database_name
from tapak_pontianak.settings import PontianakSettings
from tapak_pontianak.verify_security import VerifySecurity

KIND = VerifySecurity()
OLD, NEW = "a" * 64, "b" * 64
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SHELL = Finding(
    "php_evaluates_request", "critical", "Menjalankan isi permintaan.", "x.php", 3, "eval", "tapak.web_shells"
)
DEBUG = Finding("php_information_page", "low", "Halaman phpinfo.", "i.php", 1, "phpinfo", "tapak.web_shells")
ANSWERS = {
    "system_name": "Antrean",
    "name_label": "antrean",
    "name_zone": "example.test",
    "letter_number": "1",
    "letter_date": "2026-11-19",
    "runtime": "php",
    "database": "mariadb",
}
MET = {f"{aspect.key}_answer": "met" for aspect in ASPECTS}


def file(number: int, digest: str, revision: int = 1) -> DocumentRef:
    return DocumentRef(number, files.KIND, "aplikasi.zip", digest, 10, revision)


def scan(of: DocumentRef, *found: Finding, state: str = "done", scanner: str = "done", age: int = 2) -> ScanReport:
    looked = (ScannerRun("tapak.dependencies", "Pustaka", scanner, "1", "9 advisori", NOW - timedelta(days=age)),)
    report = ScanReport(of.id, of.id, of.kind, of.filename, of.sha256, of.revision, state)
    return replace(report, findings=found, scanners=looked if state == "done" else ())


def view_of(*found: Finding, **changes: Any) -> MemoryView:
    settings = {**PontianakSettings().load({}), **changes.pop("settings", {})}
    given = {"documents": (file(1, NEW),), "scans": (scan(file(1, NEW), *found),), "answers": ANSWERS, "now": NOW}
    return MemoryView.of(HOSTING, "verify", settings=settings, **{**given, **changes})


def finish(view: MemoryView, outcome: str, **given: Any) -> StepResult:
    data = KIND.schema(view).load({**KIND.initial(view), "outcome": outcome, **given})
    return run_step(KIND, view, data)


def problems(view: MemoryView, outcome: str, **given: Any) -> Mapping[str, Any]:
    with pytest.raises(Invalid) as refused:
        finish(view, outcome, **given)
    return refused.value.fields


def test_a_clean_file_passes_and_the_name_is_reserved() -> None:
    result = finish(view_of(), "pass", **MET)
    assert [each.value for each in result.reservations] == ["antrean.example.test"]
    assert [letter.kind for letter in result.letters] == ["verification_report"]
    (row,) = result.records
    assert (row.data["sha256"], row.data["result"], row.data["unmet"]) == (NEW, "Lolos verifikasi", "")


def test_every_aspect_is_answered_before_a_file_passes() -> None:
    assert set(problems(view_of(), "pass")) == set(MET)


@pytest.mark.parametrize(
    ("scans", "told"),
    [
        ((), "belum diperiksa"),
        ((scan(file(1, NEW), state="pending"),), "masih memeriksa"),
        ((scan(file(1, NEW), state="running"),), "masih memeriksa"),
        ((scan(file(1, NEW), state="failed"),), "seluruh isi"),
        ((scan(file(1, NEW), scanner="failed"),), "seluruh isi"),
        ((scan(file(1, OLD)),), "belum diperiksa"),
        ((scan(file(2, NEW)),), "belum diperiksa"),
    ],
)
def test_nothing_passes_without_a_complete_scan_of_this_very_file(scans: tuple[ScanReport, ...], told: str) -> None:
    assert told in problems(view_of(scans=scans), "pass", **MET)["outcome"][0]


def test_a_verification_of_another_file_is_refused() -> None:
    assert list(problems(view_of(), "pass", **MET, sha256=OLD)) == ["sha256"]
    with pytest.raises(ValidationError):
        KIND.schema(view_of()).load({**MET, "outcome": "pass"})


def test_a_high_finding_is_proposed_as_unmet_and_can_not_be_called_met() -> None:
    view = view_of(SHELL)
    proposed = KIND.initial(view)
    assert (proposed["malicious_code_answer"], proposed["malicious_code_severity"]) == ("unmet", "critical")
    assert (proposed["malicious_code_finding"], proposed["malicious_code_evidence"]) == (SHELL.text, "x.php:3")
    told = problems(view, "pass", **MET)
    assert set(told) == {"malicious_code_answer", "outcome"}


def test_an_accepted_high_finding_passes_only_where_the_agency_allows_it() -> None:
    accepted = {**MET, "malicious_code_answer": "accepted_risk", "malicious_code_finding": "Contoh palsu."}
    assert "tidak dapat diterima" in problems(view_of(SHELL), "pass", **accepted)["outcome"][0]
    allowed = view_of(SHELL, settings={"accept_high_findings": True})
    assert finish(allowed, "pass", **accepted).outcome == "pass"
    assert finish(view_of(DEBUG), "pass", **MET).outcome == "pass"


def test_an_unmet_aspect_and_a_missing_reason() -> None:
    unmet = {**MET, "input_validation_answer": "unmet"}
    told = problems(view_of(), "pass", **unmet)
    assert set(told) == {"input_validation_finding", "input_validation_severity", "outcome"}
    assert set(problems(view_of(), "pass", **{**MET, "files_answer": "not_available"})) == {"files_finding"}
    assert "outcome" in problems(view_of(), "return", **MET)


def test_a_return_tells_the_findings_as_its_reasons_with_the_file() -> None:
    view = view_of(SHELL)
    data = KIND.schema(view).load({**KIND.initial(view), "outcome": "return", "explanation": "Mohon diperbaiki."})
    assert data["reasons"] == ["Verifikasi keamanan belum lolos"]
    assert data["fields_concerned"] == ["application"]
    assert data["explanation"].startswith("Mohon diperbaiki.\n• Pengendalian kode berbahaya (kritis): Menjalankan")
    assert "[x.php:3]" in data["explanation"]
    stored = KIND.schema(view).dump(data)
    assert KIND.schema(view).load(stored) == data
    result = run_step(KIND, view, data)
    assert [letter.kind for letter in result.letters] == ["verification_report", "notice_letter"]
    assert result.reservations == ()


def test_many_findings_fit_the_explanation() -> None:
    unmet = {
        f"{aspect.key}_{part}": text
        for aspect in ASPECTS
        for part, text in (("answer", "unmet"), ("severity", "high"), ("finding", "x" * 900), ("evidence", "y" * 900))
    }
    view = view_of()
    data = KIND.schema(view).load({**KIND.initial(view), **unmet, "outcome": "return", "explanation": "z" * 2000})
    assert len(data["explanation"]) <= 2000
    assert data["explanation"].endswith("Selengkapnya dalam laporan verifikasi keamanan.")


def test_of_a_new_file_only_what_changed_stands_open() -> None:
    before = {**MET, "malicious_code_answer": "unmet", "malicious_code_finding": "Web shell.", "sha256": OLD}
    old, new = file(1, OLD), file(2, NEW, revision=2)
    leaked = Finding("database_dump", "high", "Salinan basis data.", "a.sql", 1, "INSERT", "tapak.secrets")
    view = view_of(documents=(old, new), scans=(scan(old, SHELL, DEBUG), scan(new, DEBUG, leaked)))
    view = replace(view, former={"verify": before}, request=replace(view.request, revision=2))
    changed = KIND.changes(view)
    assert changed is not None
    assert (changed.gone, changed.same, changed.new) == ((SHELL,), (DEBUG,), (leaked,))
    proposed = KIND.initial(view)
    looked = KIND.looked(view, proposed)
    assert [each.judged.aspect.key for each in looked if not each.settled] == ["data_protection", "malicious_code"]
    assert (proposed["data_protection_answer"], proposed.get("malicious_code_answer")) == ("unmet", None)
    assert proposed["files_answer"] == "met"
    assert next(each.before for each in looked if each.judged.aspect.key == "malicious_code").finding == "Web shell."


def test_the_age_of_what_scanners_know_is_told() -> None:
    assert KIND.ages(view_of()) == [("tapak.dependencies", 2, False)]
    assert KIND.ages(view_of(scans=(scan(file(1, NEW), age=31),))) == [("tapak.dependencies", 31, True)]


def deployed(view: MemoryView) -> dict[str, Any]:
    return {each.key: each.spec for each in view.procedure.desired_resources(view)}


def test_exactly_the_verified_file_is_deployed_and_the_name_comes_after() -> None:
    results = {"verify": {"sha256": NEW}, "host": {"address": "192.0.2.20"}}
    assert deployed(view_of()) == {}
    wanted = deployed(view_of(results=results).at("host"))
    assert wanted["release"] == Release("antrean.example.test", NEW)
    assert list(wanted) == ["database", "site", "release", "account", "backup"]
    assert deployed(view_of(results=results).at("name"))["name"].values == ("192.0.2.20",)


def test_a_file_that_changed_after_its_verification_is_not_deployed() -> None:
    view = view_of(results={"verify": {"sha256": OLD}}).at("host")
    with pytest.raises(Conflict) as refused:
        view.procedure.desired_resources(view)
    assert "berubah setelah diverifikasi" in refused.value.message


@pytest.mark.parametrize("label", ["antrean", "2022-pesta", "a" * 63, "x-1"])
def test_a_database_has_a_name_that_any_server_can_bear(label: str) -> None:
    made = Database("mariadb", database_name(f"{label}.example.test"))
    assert check_database(made, "mariadb") == made
    assert database_name(f"{label}.example.test") != database_name(f"{label}.other.test")


def test_a_village_is_told_of_desa_id() -> None:
    view = view_of()
    village = replace(view, request=replace(view.request, agency_kind="desa"))
    assert "desa.id" in HOSTING.validate(village, ANSWERS)["name_label"][0]
    assert HOSTING.validate(view, ANSWERS) == {}
    assert "database" in HOSTING.validate(view, {**ANSWERS, "runtime": "static"})
