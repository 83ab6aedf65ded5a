"""Pontianak's pages in a browser, at a desk and on a phone: a file sent, verified, given back, mended and deployed."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from random import randbytes
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tapak.demo.servers.process import wait_until
from tapak.testing.archives import EICAR
from tapak.testing.browser import DESK, PATIENCE, PHONE, Browsing, Visitor, launched
from tapak.testing.deployment import Case, Deployment

APPLICANT = "pemohon@disdukcapil.pontianak.go.id"
COORDINATOR = "kasi.pkai@diskominfo.pontianak.go.id"
VERIFIER = "kasi.pksi@diskominfo.pontianak.go.id"
HOSTER = "kasi.sptik@diskominfo.pontianak.go.id"
LARGER_THAN_A_PIECE = 9 * 1024**2
PLAIN = {"runtime": "static", "database": "none"}
BAD = {
    "index.html": b"<h1>Pelita</h1>",
    "unggah/x.php": b"<?php\n\n@eval($_POST['x']);",
    "eicar.com": EICAR,
    "berita.html": b"<div style='display:none'><a href='https://x.example/slot-gacor'>slot gacor</a></div>",
}
GOOD = {
    "index.html": b"<h1>Pelita</h1>",
    "berita.html": BAD["berita.html"],
    ".env": b"APP_NAME=x\nDB_PASSWORD=Rahasia123\n",
}
UNMET = {
    "input_validation_answer": "unmet",
    "input_validation_severity": "high",
    "input_validation_finding": "Kueri pencarian disambung dengan teks dari pengguna.",
    "input_validation_evidence": "cari.php baris 12",
    "malicious_code_answer": "unmet",
    "malicious_code_severity": "critical",
    "malicious_code_finding": "Web shell dan virus.",
    "outcome": "return",
}


def packed(files: dict[str, bytes]) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return made.getvalue()


@pytest.fixture(scope="module")
def running(pontianak: Deployment) -> Deployment:
    """A deployment of the agency."""
    return pontianak


@pytest.fixture(scope="module")
def window(browsers: Playwright, running: Deployment) -> Iterator[Browser]:
    """A browser that finds the agency's host here."""
    browser = launched(browsers, ["localhost"])
    yield browser
    browser.close()


@pytest.fixture
def visit(window: Browser, running: Deployment) -> Iterator[Callable[..., Visitor]]:
    """Opens a browser window; the test fails where the browser complained."""
    browsing = Browsing(window, running)
    yield browsing.visit
    assert browsing.close() == []


Look = Callable[[Visitor, str], None]


@pytest.fixture
def look(picture: Callable[[Page, str], None]) -> Look:
    """Holds a page against what every page must be, at both widths, and keeps its picture."""

    def hold(visitor: Visitor, name: str) -> None:
        for width in (DESK, PHONE):
            visitor.resize(width)
            assert visitor.barriers() == [], name
            assert visitor.sideways() == 0, name
            picture(visitor.page, f"pontianak-{name}-{width}")
        visitor.resize(DESK)

    return hold


def with_archive(made: Case, files: dict[str, bytes]) -> Case:
    made.walker.script = replace(made.walker.script, archives={"application": packed(files)})
    return made


def test_the_file_is_asked_for_and_sent_in_pieces(
    running: Deployment, visit: Callable[..., Visitor], look: Look, tmp_path: Path
) -> None:
    made = running.case()
    made.start()
    made.take("submit", **PLAIN)
    task = made.to("coordinate")
    officer = visit(COORDINATOR)
    page = officer.open(f"/tugas/{task['id']}")
    look(officer, "ask")
    page.get_by_label("Hasil koordinasi dengan Seksi Keamanan dan Persandian").fill("Siap memverifikasi.")
    page.get_by_label("Hasil konfirmasi dengan OPD pemohon").fill("Arsip disiapkan.")
    page.get_by_role("button", name="Simpan dan teruskan").click()
    expect(page.get_by_role("button", name="Simpan dan teruskan")).to_have_count(0)
    applicant = visit(APPLICANT)
    page = applicant.open(f"/tugas/{task['id']}")
    expect(page.get_by_text("Mohon mengirim file aplikasi").first).to_be_visible()
    archive = tmp_path / "pelita.zip"
    archive.write_bytes(packed({**BAD, "peta.bin": randbytes(LARGER_THAN_A_PIECE)}))
    page.get_by_label("File aplikasi").set_input_files(archive)
    expect(page.get_by_text("pelita.zip sudah diterima.")).to_be_visible()
    expect(page.get_by_text("(belum ada)")).to_have_count(0)
    expect(page.get_by_role("link", name="Pemeriksaan keamanan")).to_be_visible()
    look(applicant, "sent")
    page.get_by_role("button", name="Kirim dan selesaikan langkah").click()
    expect(page.get_by_text("Langkah ini selesai")).to_be_visible()
    page = applicant.open(f"/permohonan/{made.request_id}")
    look(applicant, "request")


def test_a_verification_is_given_back_and_only_what_changed_stands_open(
    running: Deployment, visit: Callable[..., Visitor], look: Look
) -> None:
    made = with_archive(running.case(), BAD)
    made.start()
    made.take("submit", **PLAIN)
    task = made.to("verify")
    verifier = visit(VERIFIER)
    page = verifier.open(f"/tugas/{task['id']}")
    expect(page.get_by_text("unggah/x.php:3").first).to_be_visible()
    look(verifier, "verify")
    page.get_by_role("radio", name="Lolos verifikasi").check()
    page.get_by_role("button", name="Simpan hasil verifikasi").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    look(verifier, "verify-refused")
    verifier.open(f"/dokumen/{document(made)}/pemeriksaan")
    look(verifier, "scan")

    made.take("verify", **UNMET)
    applicant = visit(APPLICANT)
    page = applicant.open(f"/tugas/{made.task()['id']}/isi/application")
    expect(page.get_by_text("Kueri pencarian disambung dengan teks dari pengguna.").first).to_be_visible()
    look(applicant, "returned")
    again(made, GOOD)
    page = verifier.open(f"/tugas/{made.task()['id']}")
    expect(page.get_by_role("heading", name="Perubahan terhadap file yang diverifikasi sebelumnya")).to_be_visible()
    expect(page.get_by_text("Tetap seperti verifikasi sebelumnya")).to_be_visible()
    look(verifier, "differences")


def test_the_verified_file_is_deployed_and_the_panel_handed_over(
    running: Deployment, visit: Callable[..., Visitor], look: Look
) -> None:
    made = with_archive(running.case(), {"index.html": b"<h1>Pelita</h1>"})
    made.start()
    made.take("submit", **PLAIN)
    task = made.to("host")
    hoster = visit(HOSTER)
    page = hoster.open(f"/tugas/{task['id']}")
    look(hoster, "host")
    page.get_by_role("button", name="Mulai pembuatan").click()
    expect(page.get_by_text("Semuanya aktif.")).to_be_visible(timeout=3 * PATIENCE)
    look(hoster, "hosted")
    page.get_by_role("button", name="Selesaikan: semuanya aktif").click()
    expect(page.get_by_text("Langkah ini selesai")).to_be_visible()
    made.turns["host"] += 1
    task = made.to("receive")
    wait_until(lambda: all(paper["state"] == "ready" for paper in papers(made)), 60, "the letters")
    applicant = visit(APPLICANT)
    applicant.open(f"/tugas/{task['id']}")
    look(applicant, "receive")
    applicant.open(f"/permohonan/{made.request_id}")
    look(applicant, "request-named")
    applicant.open("/layanan/pontianak.hosting")
    look(applicant, "service")


def papers(made: Case) -> list[dict[str, Any]]:
    """The request's papers, as its applicant sees them."""
    found: list[dict[str, Any]] = made.walker.call(APPLICANT, "GET", f"/requests/{made.request_id}/documents")
    return found


def document(made: Case) -> int:
    """The application's newest document."""
    return max(int(paper["id"]) for paper in papers(made) if paper["kind"] == "application")


def again(made: Case, files: dict[str, bytes]) -> None:
    """The applicant sends another file with a new letter; the request is at its verification again."""
    with_archive(made, files)
    step = {**made.step("submit"), "files": ["request_letter", "application"]}
    step["input"] = {**step["input"], **PLAIN, "letter_number": "470/119/DISDUKCAPIL/2026"}
    made.walker.take(step, made.walker.open_task(step, made.request_id))
    made.take("dispose")
    made.take("coordinate", asked="complete")
    made.turns["coordinate"] = 0
