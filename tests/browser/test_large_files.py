"""A large file goes by itself, piece by piece, and goes on where the line broke; smaller ones go with the form."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tapak.demo.walk import sample_letter
from tapak.testing.browser import Visitor
from tapak.testing.deployment import Case, Deployment

SIZE = 18 * 1024**2


@pytest.fixture
def case(deployment: Deployment) -> Case:
    made = deployment.case()
    made.start()
    return made


@pytest.fixture
def large(deployment: Deployment, tmp_path: Path) -> Path:
    """A letter of 18 MB: its places are moved by a comment behind the first line."""
    content = sample_letter(deployment.stack.home)
    head, _, rest = content.partition(b"\n")
    filler = b"%" + b"x" * (SIZE - len(content)) + b"\n"
    before, _, after = rest.rpartition(b"startxref\n")
    at = int(after.split()[0]) + len(filler)
    place = tmp_path / "surat besar.pdf"
    place.write_bytes(head + b"\n" + filler + before + b"startxref\n%d\n%%%%EOF\n" % at)
    return place


def letter_page(visitor: Visitor, case: Case) -> Page:
    return visitor.open(f"/tugas/{case.request()['tasks'][0]['id']}/isi")


def papers(deployment: Deployment, case: Case) -> list[tuple[str, str]]:
    with deployment.caller(case.applicant) as caller:
        found = caller.get(f"/requests/{case.request_id}/documents").json()
    return [(paper["filename"], paper["sha256"]) for paper in found]


def test_a_large_file_goes_by_itself(
    deployment: Deployment, visit: Callable[..., Visitor], case: Case, large: Path
) -> None:
    visitor = visit(case.applicant)
    page = letter_page(visitor, case)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method) if "/api/v1/" in request.url else None)
    field = page.get_by_label("Surat permohonan", exact=True)
    page.get_by_label("Nomor surat permohonan").fill("500/1/TIK")
    field.set_input_files(large)
    expect(page.get_by_text("surat besar.pdf sudah diterima.")).to_be_visible()
    assert sent == ["POST", "PATCH", "PATCH", "PATCH", "POST"]
    assert papers(deployment, case) == [("surat besar.pdf", hashlib.sha256(large.read_bytes()).hexdigest())]
    assert visitor.barriers() == []
    page.get_by_role("button", name="Simpan sebagai draf").click()
    assert len(papers(deployment, case)) == 1


def test_a_line_that_breaks_is_taken_up_again(
    deployment: Deployment, visit: Callable[..., Visitor], case: Case, large: Path
) -> None:
    visitor = visit(case.applicant)
    page = letter_page(visitor, case)
    broken: list[str] = []

    def breaks(route: Route) -> None:
        offset = route.request.headers.get("upload-offset", "")
        if route.request.method == "PATCH" and offset == str(8 * 1024**2) and not broken:
            broken.append(offset)
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/uploads/*", breaks)
    page.get_by_label("Surat permohonan", exact=True).set_input_files(large)
    expect(page.get_by_text("Sambungan terputus")).to_be_visible()
    expect(page.get_by_text("surat besar.pdf sudah diterima.")).to_be_visible()
    assert papers(deployment, case) == [("surat besar.pdf", hashlib.sha256(large.read_bytes()).hexdigest())]
    visitor.complaints.clear()


def test_a_page_that_was_closed_goes_on_with_the_same_file(
    deployment: Deployment, visit: Callable[..., Visitor], case: Case, large: Path
) -> None:
    visitor = visit(case.applicant)
    page = letter_page(visitor, case)
    stopped: list[str] = []

    def stops(route: Route) -> None:
        if route.request.method == "PATCH" and route.request.headers.get("upload-offset") != "0":
            stopped.append(route.request.headers["upload-offset"])
            return
        route.continue_()

    page.route("**/api/v1/uploads/*", stops)
    page.get_by_label("Surat permohonan", exact=True).set_input_files(large)
    page.wait_for_timeout(100)
    while not stopped:
        page.wait_for_timeout(100)
    page = letter_page(visitor, case)
    page.unroute_all(behavior="ignoreErrors")
    offsets: list[str] = []
    page.on(
        "request",
        lambda request: offsets.append(request.headers["upload-offset"]) if request.method == "PATCH" else None,
    )
    page.get_by_label("Surat permohonan", exact=True).set_input_files(large)
    expect(page.get_by_text("surat besar.pdf sudah diterima.")).to_be_visible()
    assert offsets[0] == str(8 * 1024**2)
    assert papers(deployment, case) == [("surat besar.pdf", hashlib.sha256(large.read_bytes()).hexdigest())]
    visitor.complaints.clear()


def test_what_is_refused_is_told_and_may_be_sent_anew(
    deployment: Deployment, visit: Callable[..., Visitor], case: Case, large: Path, tmp_path: Path
) -> None:
    visitor = visit(case.applicant)
    page = letter_page(visitor, case)
    other = tmp_path / "bukan.pdf"
    other.write_bytes(b"bukan PDF" * 1_200_000)
    field = page.get_by_label("Surat permohonan", exact=True)
    field.set_input_files(other)
    expect(page.get_by_text("Jenis berkas tidak sesuai")).to_be_visible()
    assert papers(deployment, case) == []
    field.set_input_files(large)
    expect(page.get_by_text("surat besar.pdf sudah diterima.")).to_be_visible()
    visitor.complaints.clear()
