"""A run is a pending row: worked once whatever dies, compared with the one before, never clean by a failure."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from sqlalchemy import select

from tapak.audit.models import AuditEvent
from tapak.db import crashpoint
from tapak.db.session import Database
from tapak.demo.servers.clamd import ClamdServer
from tapak.demo.servers.process import free_port, wait_until
from tapak.jobs.doctor import findings
from tapak.scanning import service
from tapak.scanning.models import ScanFinding, ScanRun
from tapak.sdk.scanning import totals
from tapak.tenants.models import Tenant
from tapak.testing.archives import EICAR

from .conftest import LONG, Scans

SHELL = b"<?php @eval($_POST['x']);"
LINKS = b"<div style='display:none'><a href='https://x.example/slot-gacor'>slot gacor maxwin</a></div>"
LOCK = b'{"packages": [{"name": "contoh/pustaka", "version": "v2.0.3"}]}'
CLEAN = {"index.php": b"<?php echo 'Halo';", "composer.lock": b'{"packages": []}'}


def rules(scans: Scans, document_id: int) -> set[str]:
    return {finding.rule for finding in scans.report(document_id).findings}


def test_an_application_without_a_fault_is_complete_and_empty(scans: Scans) -> None:
    document = scans.send(CLEAN)
    with scans.workers():
        report = scans.wait(document)
    assert (report.state, report.findings, report.complete) == ("done", (), True), report.problem
    assert report.isolation == {"user": True, "network": True, "processes": True, "limits": True}
    assert {each.name for each in report.scanners} == {
        "tapak.structure",
        "tapak.clamav",
        "tapak.web_shells",
        "tapak.hidden_links",
        "tapak.secrets",
        "tapak.dependencies",
    }
    assert all(each.version for each in report.scanners)
    by_name = {each.name: each for each in report.scanners}
    assert by_name["tapak.dependencies"].signatures_at is not None
    assert "umur" in by_name["tapak.dependencies"].signatures
    assert not list((scans.folder / "work").iterdir())


def test_every_scanner_finds_its_own(scans: Scans) -> None:
    key = (
        b"-----BEGIN RSA PRIVATE KEY-----\n" + b"MIIEowIBAAKCAQEA0123456789abcdefABCDEF0123456789abcdefABCDEF0123\n" * 3
    )
    files = {
        **CLEAN,
        "a.php": b"<?php\n\n" + SHELL[5:],
        "b.html": LINKS,
        "k.pem": key,
        "composer.lock": LOCK,
        "v.com": EICAR,
    }
    document = scans.send(files)
    report = scans.work(document)
    assert report.state == "done", report.problem
    told = {(finding.scanner, finding.rule, finding.file) for finding in report.findings}
    assert ("tapak.web_shells", "php_evaluates_request", "a.php") in told
    assert ("tapak.hidden_links", "gambling_links_hidden", "b.html") in told
    assert ("tapak.secrets", "private_key", "k.pem") in told
    assert ("tapak.clamav", "Tapak.Test.EICAR", "v.com") in told
    assert ("tapak.dependencies", "GHSA-0000-0000-0001", "composer.lock") in told
    shell = next(each for each in report.findings if each.rule == "php_evaluates_request")
    assert (shell.line, shell.severity) == (3, "critical")
    assert not any("MIIEow" in each.evidence for each in report.findings)
    assert totals(report.findings)["critical"] >= 4
    assert report.worst() == "critical"


def test_a_new_file_is_told_by_what_changed(scans: Scans) -> None:
    first = scans.send({**CLEAN, "a.php": SHELL, "b.html": LINKS})
    assert scans.work(first).compared is None
    report = scans.work(scans.send({**CLEAN, "b.html": LINKS, "c.php": b"<?php system($_GET['c']);"}))
    assert report.compared is not None
    assert {each.file for each in report.compared.gone} == {"a.php"}
    assert {each.file for each in report.compared.same} == {"b.html"}
    assert {each.rule for each in report.compared.new} == {"php_runs_command_of_request"}


def test_a_second_run_over_the_same_document_stands_beside_the_first(scans: Scans) -> None:
    document = scans.send({"a.php": SHELL})
    first = scans.work(document)
    scans.again(document)
    second = scans.work(document)
    assert second.id != first.id
    assert second.findings == first.findings


@pytest.mark.parametrize("point", [crashpoint.JOB_LEASED, crashpoint.SCAN_STARTED, crashpoint.SCAN_FINISHED])
def test_a_worker_killed_at_any_point_ends_in_one_result(scans: Scans, tmp_path: Path, point: str) -> None:
    mark = tmp_path / "died"
    document = scans.send({"a.php": SHELL, "b.html": LINKS})
    with scans.workers(TAPAK_CRASHPOINT=point, TAPAK_CRASHPOINT_MARK=str(mark)):
        wait_until(mark.exists, LONG, f"the worker to die at {point}")
        report = scans.wait(document)
        wait_until(lambda: not scans.pending(), LONG, "nothing to be pending")
    assert report.state == "done"
    assert len(report.findings) == len(set(report.findings))
    with scans.database.begin(scans.tenant.id) as session:
        assert len(session.scalars(select(ScanRun)).all()) == 1
        assert len(session.scalars(select(AuditEvent).where(AuditEvent.kind == "scan.done")).all()) == 1


def test_a_worker_killed_while_the_sandbox_works_leaves_no_sandbox_behind(scans: Scans) -> None:
    document = scans.send({f"f{number}.php": os.urandom(20_000) for number in range(2000)})
    with scans.workers() as supervisor:
        scans.wait(document, "running")
        wait_until(lambda: list((scans.folder / "work").iterdir()), LONG, "a folder of the run")
        os.kill(supervisor.pids[0], signal.SIGKILL)
        assert scans.wait(document).state == "done"
        wait_until(lambda: not sandboxes(), 20, "every sandbox to end")


def sandboxes() -> list[str]:
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = place.read_bytes()
        except OSError:
            continue
        if b"tapak.scanning.inside" in words:
            found.append(place.parent.name)
    return found


def test_a_lease_is_kept_for_as_long_as_the_scan_takes(scans: Scans) -> None:
    """Longer than a lease (1.5 s), and worked once."""
    document = scans.send({f"f{number}.php": b"<?php echo 1;" * 2000 for number in range(3000)})
    with scans.workers():
        report = scans.wait(document)
        wait_until(lambda: not scans.pending(), LONG, "nothing to be pending")
    assert report.state == "done"
    assert report.finished_at is not None and report.asked_at is not None
    assert (report.finished_at - report.asked_at).total_seconds() > 1.5
    with scans.database.begin(scans.tenant.id) as session:
        assert len(session.scalars(select(AuditEvent).where(AuditEvent.kind == "scan.done")).all()) == 1


def test_a_scanner_that_is_away_is_waited_for(scans: Scans, server_directory: Path) -> None:
    server = ClamdServer(server_directory / f"scanning-{free_port()}")
    scans.folder = server.directory
    server.directory.mkdir()
    document = scans.send({"a.php": SHELL})
    with scans.workers():
        wait_until(lambda: scans.report(document).problem, LONG, "a first attempt")
        assert "ClamAV" in scans.report(document).problem
        server.start()
        try:
            report = scans.wait(document)
        finally:
            server.stop()
    assert report.state == "done"


def test_a_scanner_that_stays_away_is_never_clean(scans: Scans, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    scans.folder = tmp_path / "empty"
    document = scans.send(CLEAN)
    with scans.workers():
        report = scans.wait(document)
    assert (report.state, report.complete) == ("failed", False)
    assert "ClamAV" in report.problem
    states = {each.name: each.state for each in report.scanners}
    with scans.database.begin(scans.tenant.id) as session:
        (stuck,) = (finding for finding in findings(session) if finding.kind == "scan")
    assert "aplikasi.zip" in stuck.subject
    assert "ClamAV" in stuck.problem
    assert states["tapak.clamav"] == "failed"
    assert states["tapak.web_shells"] == "done"


def test_an_archive_that_may_not_be_opened_is_not_clean(scans: Scans) -> None:
    document = scans.send({"besar": b"\0" * 60_000_000})
    report = scans.work(document)
    assert (report.state, report.complete) == ("done", False)
    assert rules(scans, document) == {"bomb"}
    assert {each.state for each in report.scanners if each.name != "tapak.structure"} == {"not_run"}


def test_limits_are_the_tenants_setting(scans: Scans, owner_database: Database) -> None:
    with owner_database.begin() as session:
        session.get_one(Tenant, scans.tenant.id).settings = {"scanning": {"entries": 2}}
    document = scans.send({f"{number}.txt": b"x" for number in range(3)})
    scans.work(document)
    assert rules(scans, document) == {"too_many"}


def test_no_tenant_sees_anothers_runs(scans: Scans, other_tenant: Tenant) -> None:
    document = scans.send({"a.php": SHELL})
    scans.work(document)
    with scans.database.begin(other_tenant.id) as session:
        assert service.latest(session, document) is None
        assert session.scalars(select(ScanRun)).all() == []
        assert session.scalars(select(ScanFinding)).all() == []
