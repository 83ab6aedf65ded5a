"""A step that takes an application: it comes in pieces, is looked through at once, and the view tells what is found."""

from __future__ import annotations

import hashlib
import io

import pytest
from sqlalchemy import select, update
from tapak_kota import plugin as kota
from tapak_kota.forms import SUBMISSION

from tapak.db.wake import Wake
from tapak.documents import pieces
from tapak.plugins import build
from tapak.requests import flow, papers
from tapak.scanning.models import ScanFinding, ScanRun
from tapak.sdk.errors import Forbidden, NotFound, TooLarge
from tapak.sdk.forms import LARGEST_APPLICATION
from tapak.tenants.models import Tenant
from tapak.testing.archives import zip_of

KIND = "server_drawing"


@pytest.fixture
def asked(office, owner_database):
    """A task of the applicant's own that asks for the file."""
    settings = {**office.tenant.settings, "procedures": ["kota.placing"]}
    with owner_database.begin() as session:
        session.execute(update(Tenant).where(Tenant.id == office.tenant.id).values(settings=settings))
    office.tenant.settings = settings
    office.registry = build([kota], installed=True)
    with office.desk("dinkes") as desk:
        task_id = flow.start_request(desk, "kota.placing")
    office.upload("dinkes", task_id, "request_letter")
    steps = (
        ("dinkes", {**SUBMISSION.sample, "letter_date": "2026-11-13"}),
        ("kabid_aplikasi", {"seen": True}),
        ("kabid_aplikasi", {"outcome": "absent"}),
        ("kabid_aplikasi", {"asked": "ask", "message": "Mohon berkas."}),
    )
    for who, filled in steps:
        with office.desk(who) as desk:
            task_id = flow.finish(desk, task_id, filled).next_task_id
    return task_id


def send(office, task_id: int, content: bytes) -> int:
    """The content in two pieces; gives the document's id."""
    with office.desk("dinkes") as desk:
        told = {"kind": KIND, "filename": "aplikasi.zip", "size": len(content), "mark": "", "limit": 1}
        upload = papers.begin_upload(desk, task_id, **told)
        part = pieces.file_of(desk.session, office.store, upload)
    half = len(content) // 2
    part.append(0, io.BytesIO(content[:half]), len(content))
    part.append(half, io.BytesIO(content[half:]), len(content))
    with office.desk("dinkes") as desk:
        return papers.finish_upload(desk, office.store, upload.id, hashlib.sha256(content).hexdigest()).id


def test_an_application_is_looked_through_as_soon_as_it_is_there(office, asked, tmp_path):
    content = zip_of(tmp_path / "a.zip", {"index.php": b"<?php echo 1;"}).read_bytes()
    document = send(office, asked, content)
    with office.desk("dinkes") as desk:
        (report,) = flow.task_view(desk, asked).scans
        assert (report.document_id, report.document_kind, report.state) == (document, KIND, "pending")
        assert (report.filename, report.complete, report.findings) == ("aplikasi.zip", False, ())
        (wake,) = desk.session.scalars(select(Wake).where(Wake.kind == "scan"))
        assert wake.row_id == report.id
        paper = papers.paper(desk, document)
        assert (paper.media_type, paper.sha256) == ("application/zip", hashlib.sha256(content).hexdigest())


def test_a_second_file_takes_the_place_of_the_first_and_is_compared_with_it(office, asked, tmp_path):
    first = send(office, asked, zip_of(tmp_path / "a.zip", {"a": b"1"}).read_bytes())
    with office.desk(None) as desk:
        run = desk.session.scalars(select(ScanRun)).one()
        run.state = "done"
        gone = {"scanner": "tapak.secrets", "rule": "private_key", "severity": "critical", "text": "x", "file": "k.pem"}
        desk.session.add(ScanFinding(run_id=run.id, **gone))
    second = send(office, asked, zip_of(tmp_path / "a.zip", {"a": b"2"}).read_bytes())
    with office.desk(None) as desk:
        desk.session.scalars(select(ScanRun).where(ScanRun.document_id == second)).one().state = "done"
    with office.desk("dinkes") as desk:
        (report,) = flow.task_view(desk, asked).scans
        assert report.document_id == second != first
        assert report.compared is not None
        assert [finding.file for finding in report.compared.gone] == ["k.pem"]
        with pytest.raises(NotFound):
            papers.scan_of(desk, first)


def test_only_staff_have_it_looked_through_again(office, asked, tmp_path):
    document = send(office, asked, zip_of(tmp_path / "a.zip", {"a": b"1"}).read_bytes())
    with office.desk(None) as desk:
        desk.session.scalars(select(ScanRun)).one().state = "failed"
    with office.desk("dinkes") as desk, pytest.raises(Forbidden):
        papers.scan_again(desk, document)
    with office.desk("admin") as desk:
        assert papers.scan_again(desk, document).state == "pending"
        assert len(desk.session.scalars(select(ScanRun)).all()) == 2
        assert papers.scan_again(desk, document).id == papers.scan_of(desk, document).id
    with office.desk("dishub") as desk, pytest.raises(NotFound):
        papers.scan_of(desk, document)


def test_an_application_may_have_two_gigabytes_and_no_more(office, asked):
    told = {"kind": KIND, "filename": "a.zip", "mark": "", "limit": 1}
    with office.desk("dinkes") as desk:
        assert papers.begin_upload(desk, asked, size=LARGEST_APPLICATION, **told).size == 2 * 1024**3
        with pytest.raises(TooLarge, match="bytes") as refused:
            papers.begin_upload(desk, asked, size=LARGEST_APPLICATION + 1, **told)
    assert "2 GB" in refused.value.message
