"""The applicant's form, tasks, inbox and registers, as a browser without JavaScript uses them."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from sqlalchemy import select

from tapak.documents.models import Document
from tapak.requests import reading
from tapak.requests.models import Request, Task

HEAD = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
PDF = HEAD + b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(HEAD)
NEW = "/permohonan/baru/tarakan.hosting"
HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}\0"
LETTER = {"letter_number": "1/2026", "letter_date": "2026-01-02", "letter_subject": "Hosting"}


def begun(browser) -> str:
    """The address of a new draft's task."""
    answer = browser.send(NEW, {})
    assert answer.status_code == 303
    return answer.headers["Location"].removesuffix("/isi")


def version(browser, address: str) -> str:
    return re.search(r'name="version" value="(\d+)"', browser.get(address).text)[1]


def at_step(site, step: str) -> tuple[int, str]:
    """A submitted request at ``step`` (register_letter or dispose): its id, and its open task's address."""
    request_id = site.submitted()
    if step == "dispose":
        address = task_address(site, request_id)
        browser = site.browser("kasubbag")
        form = {"received_on": "2026-01-05", "sender": "Dinas", "letter_number": "AGD-9", "letter_date": "2026-01-02"}
        form |= {"subject": "Hosting", "urgency": "ordinary", "secrecy": "ordinary", "scan_confirmed": "1"}
        answer = browser.send(f"{address}/selesai", {**form, "version": version(browser, address)})
        assert answer.status_code == 303, answer.text
    return request_id, task_address(site, request_id)


def task_address(site, request_id: int) -> str:
    with site.desk("admin") as desk:
        query = select(Task.id).where(Task.request_id == request_id, Task.state.in_(["open", "started"]))
        return f"/tugas/{desk.session.scalars(query).one()}"


def test_a_wrong_page_is_kept_and_told_by_its_own_address(site):
    browser = site.browser("dinkes")
    page = f"{begun(browser)}/isi/letter"
    answer = browser.send(page, {**LETTER, "letter_date": "kemarin"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{page}?periksa=1")
    shown = browser.get(answer.headers["Location"]).text
    assert 'value="1/2026"' in shown and "Isi dengan tanggal yang sah." in shown and 'href="#f-letter_date"' in shown
    assert "Wajib diisi" not in browser.get(page).text


def test_when_a_zone_was_looked_at_is_told_by_the_agency_s_clock(site):
    browser = site.browser("dinkes")
    assert 'data-clock="Asia/Makassar"' in browser.get(f"{begun(browser)}/isi/name").text


def test_a_letter_is_taken_with_its_page_and_a_wrong_file_told_in_place(site):
    browser = site.browser("dinkes")
    page = f"{begun(browser)}/isi/letter"
    refused = browser.send(page, {**LETTER, "file.request_letter": (BytesIO(b"MZ" * 50), "surat.pdf")})
    told = browser.get(refused.headers["Location"]).text
    assert "Jenis berkas tidak sesuai" in told and 'id="e-request_letter"' in told
    taken = browser.send(page, {**LETTER, "file.request_letter": (BytesIO(PDF), "surat.pdf")})
    assert taken.headers["Location"].endswith("/isi/system")
    assert "surat.pdf" in browser.get(page).text


def test_a_submission_that_lacks_something_leads_to_its_pages(site):
    browser = site.browser("dinkes")
    address = f"{begun(browser)}/periksa"
    answer = browser.send(address, {"version": version(browser, address)})
    assert answer.headers["Location"] == f"{address}?periksa=1"
    told = browser.get(answer.headers["Location"]).text
    assert "/isi/system?periksa=1#f-system_name" in told and "Nyatakan kebenaran data" in told


@pytest.mark.parametrize("name", ["letter_number", "letter_subject", "letter_date"])
def test_hostile_text_is_kept_as_text(site, name):
    browser = site.browser("dinkes")
    page = f"{begun(browser)}/isi/letter"
    browser.send(page, {**LETTER, name: HOSTILE})
    shown = browser.get(f"{page}?periksa=1").text
    assert "<script>alert" not in shown and "&lt;script&gt;alert(1)" in shown and "{{7*7}}" in shown


def test_another_unit_and_staff_know_of_no_draft(site):
    address = begun(site.browser("dinkes"))
    for who in ("dishub", "kadis"):
        assert site.browser(who).get(f"{address}/isi/letter").status_code == 404


def test_the_inbox_has_the_task_with_its_time_and_the_disposition_takes_one_form(site):
    request_id, address = at_step(site, "dispose")
    browser = site.browser("kadis")
    inbox = browser.get("/kotak-masuk").text
    assert f'href="{address}"' in inbox and re.search(r"tinggal|terlambat", inbox)
    form = browser.get(address).text
    assert "Surat AGD-9, 2 Januari 2026" in form
    given = re.findall(r'name="(forwarded_to|instructions)"[^>]*value="([^"]+)" checked', form)
    assert [name for name, _ in given] == ["forwarded_to", "instructions"]
    answer = browser.send(f"{address}/selesai", {**dict(given), "version": version(browser, address)})
    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    assert "Sudah didisposisikan" in browser.get(address).text
    with site.desk("admin") as desk:
        assert desk.session.scalars(select(Request.step).where(Request.id == request_id)).one() == "review"


def test_a_report_reaches_the_position_it_is_for_and_nobody_else(site):
    request_id = site.submitted()
    with site.desk("admin") as desk:
        report = {"kind": "implementation_report", "title": "Laporan pelaksanaan", "filename": "laporan.pdf"}
        desk.session.add(Document(request_id=request_id, reader_position="kadis", **report))
    for who, told in (("kadis", 1), ("kasubbag", 0), ("dinkes", 0)):
        shown = site.browser(who).get("/kotak-masuk").text
        assert shown.count(f'href="/permohonan/{request_id}#dokumen">Laporan pelaksanaan</a>') == told
        with site.desk(who) as desk:
            assert [each.request_id for each in reading.reports(desk)].count(request_id) == told


def test_what_is_missing_is_named_and_nothing_typed_is_lost(site):
    _, address = at_step(site, "register_letter")
    browser = site.browser("kasubbag")
    form = {"sender": "Dinas Contoh", "received_on": "", "version": version(browser, address)}
    answer = browser.send(f"{address}/selesai", form)
    assert answer.status_code == 422
    assert 'value="Dinas Contoh"' in answer.text and 'href="#f-received_on"' in answer.text
    assert 'value="Dinas Contoh"' in browser.get(address).text


def test_a_letter_of_a_day_to_come_is_refused_on_its_page(site):
    browser = site.browser("dinkes")
    page = f"{begun(browser)}/isi/letter"
    with_file = {**LETTER, "letter_date": "2999-01-02", "file.request_letter": (BytesIO(PDF), "surat.pdf")}
    answer = browser.send(page, with_file)
    assert answer.headers["Location"] == f"{page}?periksa=1"
    assert "Tanggal surat belum tiba." in browser.get(answer.headers["Location"]).text
    answer = browser.send(page, LETTER)
    assert answer.headers["Location"].endswith("/isi/system")


def test_a_stale_decision_is_told_and_its_form_kept(site):
    _, address = at_step(site, "dispose")
    browser = site.browser("kadis")
    seen = version(browser, address)
    assert browser.send(f"{address}/mulai", {"version": seen}).status_code == 303
    answer = browser.send(f"{address}/selesai", {"note": "Segera dikaji", "version": seen})
    assert answer.status_code == 409 and f'href="{address}"' in answer.text
    assert "Isian Anda disimpan." in answer.text
    happened = answer.text[answer.text.index("Yang terjadi sementara itu") :]
    assert "mulai dikerjakan" in happened
    assert "Surat diagendakan" not in happened and "Permohonan diajukan" not in happened
    assert happened.count("<li>") == 1
    assert "Segera dikaji" in browser.get(address).text


def test_a_decision_on_a_step_that_somebody_finished_is_not_told_as_kept(site):
    _, address = at_step(site, "register_letter")
    browser = site.browser("kasubbag")
    seen = version(browser, address)
    form = {"received_on": "2026-01-05", "sender": "Dinas", "letter_number": "1", "letter_date": "2026-01-02"}
    form |= {"subject": "Hosting", "urgency": "ordinary", "secrecy": "ordinary", "scan_confirmed": "1", "version": seen}
    assert browser.send(f"{address}/selesai", form).status_code == 303
    answer = browser.send(f"{address}/selesai", {**form, "sender": "Dinas lain"})
    assert answer.status_code == 409
    assert "Isian Anda tidak disimpan" in answer.text and "Isian Anda disimpan" not in answer.text
    happened = answer.text[answer.text.index("Yang terjadi sementara itu") :]
    assert happened.count("<li>") == 1 and "diajukan" not in happened


def test_who_may_not_act_sees_whose_turn_it_is(site):
    _, address = at_step(site, "dispose")
    browser = site.browser("kasubbag")
    shown = browser.get(address).text
    assert "Tugas ini milik jabatan lain" in shown and "Kepala Dinas (contoh)" in shown
    assert "/selesai" not in shown
    assert browser.send(f"{address}/selesai", {"version": "1"}).status_code == 403


@pytest.mark.parametrize("form", [{}, {"version": "satu"}, {"version": "9" * 30}])
def test_a_form_without_its_version_is_refused(site, form):
    _, address = at_step(site, "dispose")
    assert site.browser("kadis").send(f"{address}/mulai", form).status_code == 422


def test_a_newer_letter_takes_the_place_of_the_older_one(site):
    browser = site.browser("dinkes")
    page = f"{begun(browser)}/isi/letter"
    browser.send(page, {**LETTER, "file.request_letter": (BytesIO(PDF), "pertama.pdf")})
    first = re.search(r'href="(/dokumen/\d+)"', browser.get(page).text)[1]
    saved = browser.send(page, {**LETTER, "lalu": "draf", "file.request_letter": (BytesIO(PDF), "kedua.pdf")})
    shown = browser.get(page).text
    assert "kedua.pdf" in shown and "pertama.pdf" not in shown
    listed = set(re.findall(r"/dokumen/\d+", browser.get(saved.headers["Location"]).text))
    assert len(listed) == 1 and first not in listed
    assert browser.get(first).status_code == 404


def test_a_draft_is_deleted_with_its_papers(site):
    browser = site.browser("dinkes")
    task = begun(browser)
    browser.send(f"{task}/isi/letter", {**LETTER, "file.request_letter": (BytesIO(PDF), "surat.pdf")})
    page = browser.get(f"{task}/isi/letter").text
    paper = re.search(r'href="(/dokumen/\d+)"', page)[1]
    confirm = re.search(r'href="(/permohonan/(\d+)/hapus)"', page)
    asked = browser.get(confirm[1])
    assert asked.status_code == 200 and 'name="reason"' not in asked.text
    seen = {"version": version(browser, confirm[1])}
    assert site.browser("dishub").send(confirm[1], seen).status_code == 404
    answer = browser.send(confirm[1], seen)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert browser.get(paper).status_code == 404
    for listed in ("/", "/permohonan", "/permohonan?status=cancelled"):
        assert f'href="/permohonan/{confirm[2]}"' not in browser.get(listed).text
    assert browser.get(f"{task}/isi/letter").status_code == 409
    assert browser.send(confirm[1], seen).status_code == 409


def test_what_was_submitted_is_not_deleted(site):
    address = f"/permohonan/{site.submitted()}/hapus"
    browser = site.browser("dinkes")
    assert browser.get(address).status_code == 404
    assert browser.send(address, {}).status_code == 409


def test_the_agenda_lists_and_finds_letters(site):
    request_id, _ = at_step(site, "dispose")
    browser = site.browser("kasubbag")
    assert f"/permohonan/{request_id}" in browser.get("/buku-agenda").text
    assert "Tidak ada yang cocok." in browser.get("/buku-agenda?cari=tak-mungkin-ada").text
    assert site.browser("dinkes").get("/buku-agenda").status_code == 403


@pytest.mark.parametrize(
    "address",
    [
        "/kotak-masuk?hanya=x",
        "/kotak-masuk?sesudah=kemarin~1",
        f"/kotak-masuk?sesudah=2026-01-01T00:00:00%2B00:00~{'9' * 30}",
        "/buku-agenda?sebelum=x",
        f"/buku-agenda?sebelum={'9' * 30}",
        "/buku/tak.ada",
        f"/tugas/{'9' * 30}",
        "/dokumen/0",
    ],
)
def test_addresses_that_mean_nothing_are_not_found(site, address):
    assert site.browser("kasubbag").get(address).status_code == 404


def test_a_pdf_opens_in_the_browser_without_a_script_of_its_own(site):
    browser = site.browser("dinkes")
    page = f"{begun(browser)}/isi/letter"
    browser.send(page, {**LETTER, "file.request_letter": (BytesIO(PDF), "surat.pdf")})
    address = re.search(r'href="(/dokumen/\d+)"', browser.get(page).text)[1]
    answer = browser.get(address)
    assert answer.headers["Content-Disposition"].startswith("inline;")
    assert "script-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert browser.get(f"{address}?unduh").headers["Content-Disposition"].startswith("attachment;")
    assert site.browser("dishub").get(address).status_code == 404
