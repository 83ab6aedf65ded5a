"""The pages of another plugin's procedure: catalogue, wizard with a table, its own page, branch, register, English."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from sqlalchemy import select

from tapak.documents.pdf import Unprintable
from tapak.reports import printed
from tapak.requests.models import Task
from tapak.web import reports

from .conftest import PDF, ZONE

FILLED = {
    "letter": {"letter_number": "1/CONTOH/2026", "letter_date": "2026-01-02", "letter_subject": "Penempatan server"},
    "name": {"name_label": "rak", "name_zone": ZONE},
    "servers": {
        "servers.0.model": "Contoh R1",
        "servers.0.height": "2",
        "servers.0.power": "two",
        "servers.2.model": "Contoh R2",
        "servers.2.height": "",
        "servers.2.power": "one",
        "servers.3.model": "",
    },
    "people": {
        "responsible_officer_name": "Pejabat Contoh",
        "responsible_officer_position": "Sekretaris",
        "contact_name": "Narahubung",
        "contact_phone": "0812 3456 7890",
        "contact_email": "narahubung@example.test",
    },
}
Submitted = Callable[[], int]


@pytest.fixture(scope="module")
def draft(kota_site) -> str:
    """The address of a draft with every page filled in by the browser."""
    browser = kota_site.browser("dinkes")
    place = browser.send("/permohonan/baru/kota.placing", {}).headers["Location"]
    for page, data in FILLED.items():
        answer = browser.send(f"{place}/{page}", data)
        assert answer.status_code == 303
    browser.send(f"{place}/letter", {**FILLED["letter"], "file.request_letter": (BytesIO(PDF), "surat.pdf")})
    return place


@pytest.fixture(scope="module")
def look_task(kota_site, draft) -> int:
    """The officer's first task, once the draft was submitted by its form."""
    browser = kota_site.browser("dinkes")
    address = draft.removesuffix("/isi") + "/periksa"
    version = re.search(r'name="version" value="(\d+)"', browser.get(address).text)
    assert version
    answer = browser.send(address, {"statement": "1", "version": version[1]})
    assert answer.headers["Location"].endswith("/terkirim"), answer.headers["Location"]
    return open_task(kota_site)


def open_task(site) -> int:
    with site.desk("admin") as desk:
        return desk.session.scalars(select(Task.id).where(Task.state != "finished").order_by(Task.id.desc())).first()


def test_the_catalogue_shows_the_services_of_both_plugins(kota_site) -> None:
    page = kota_site.visitor().get("/layanan").text
    assert "Layanan Hosting dan Sub Domain" in page
    assert "Layanan penempatan server" in page
    assert "Langkah drawing" in kota_site.visitor().get("/layanan/kota.placing").text


def test_a_table_keeps_its_rows_without_javascript(kota_site, draft) -> None:
    page = kota_site.browser("dinkes").get(f"{draft}/servers").text
    rows = re.findall(r'name="servers\.(\d)\.model" value="([^"]*)"', page)
    assert rows == [("0", "Contoh R1"), ("1", "Contoh R2"), ("2", ""), ("3", ""), ("4", "")]
    assert re.search(r'name="servers\.0\.power".*?<option value="two" selected>', page, re.DOTALL)


def test_answers_are_shown_row_by_row(kota_site, draft) -> None:
    page = kota_site.browser("dinkes").get(draft.removesuffix("/isi") + "/periksa").text
    assert "Merek dan tipe: Contoh R1, Tinggi: 2, Daya: Dua sumber" in page


def test_a_kind_brings_its_own_page_and_the_others_have_a_good_one(kota_site, look_task) -> None:
    officer = kota_site.browser("kabid")
    page = officer.get(f"/tugas/{look_task}").text
    assert 'id="own-page">Pemeriksaan server: 2' in page
    assert "Server sudah dilihat" in page
    finish(officer, look_task, {"seen": "1"})
    branch = officer.get(f"/tugas/{open_task(kota_site)}").text
    for words in ("Gambar sudah ada", "Gambar belum ada", "Isi permohonan", "Langkah sebelumnya"):
        assert words in branch
    finish(officer, open_task(kota_site), {"outcome": "absent"})
    asking = open_task(kota_site)
    finish(officer, asking, {"asked": "ask", "message": "Mohon gambar server."})
    applicant = kota_site.browser("dinkes")
    page = applicant.get(f"/tugas/{asking}").text
    assert "Mohon gambar server." in page
    assert 'name="file.server_drawing"' in page
    finish(applicant, asking, {"remark": "Ini gambarnya", "file.server_drawing": (BytesIO(PDF), "gambar.pdf")})
    assert "Ini gambarnya" in officer.get(f"/tugas/{asking}").text
    installing = officer.get(f"/tugas/{open_task(kota_site)}").text
    assert 'type="datetime-local" name="appointment"' in installing
    assert "Bawa surat tugas." in installing
    finish(officer, open_task(kota_site), {"appointment": "2099-12-01T09:30", "rack": "A-07"})
    book = kota_site.browser("admin").get("/buku/kota.placed").text
    assert "1 Desember 2099 09.30" in book
    assert "Contoh R2" in book


def finish(browser, task_id: int, data: dict) -> None:
    page = browser.get(f"/tugas/{task_id}").text
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version, page
    answer = browser.send(f"/tugas/{task_id}/selesai", {"version": version[1], **data})
    assert answer.status_code == 303, answer.text


def test_all_registers_are_on_one_page_and_can_be_exported(kota_site) -> None:
    admin = kota_site.browser("admin")
    page = admin.get("/buku").text
    for title in ("Buku agenda surat masuk", "Data konfigurasi hosting", "Daftar server yang ditempatkan"):
        assert title in page
    answer = admin.get("/buku/kota.placed.csv")
    assert answer.mimetype == "text/csv"
    assert answer.text.startswith("\ufeffNomor,Permohonan,Dicatat,Pencatat,Dipasang")
    assert admin.get("/buku/kota.none.csv").status_code == 404
    assert kota_site.browser("dinkes").get("/buku").status_code == 403
    assert kota_site.browser("dinkes").get("/buku/kota.placed.csv").status_code == 403


def test_a_plugin_brings_its_english(kota_site) -> None:
    admin = kota_site.browser("admin")
    admin.post("/bahasa", {"language": "en"})
    try:
        page = admin.get("/buku").text
    finally:
        admin.post("/bahasa", {"language": "id"})
    assert {"Servers in our rooms", "Agenda register of incoming letters"} <= set(re.findall(r">([^<>]+)</a>", page))


def test_a_page_shows_the_first_rows_of_a_long_table_and_says_so(kota_site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "MOST", 1)
    page = kota_site.browser("admin").get("/laporan/subdomain").text
    rows = re.search(r"<h2>Per bulan</h2>.*?</table>", page, re.DOTALL)
    assert rows
    assert "Januari" in rows[0]
    assert "Februari" not in rows[0]
    assert re.search(r"1 dari \d+ baris; semuanya ada dalam berkas CSV\.", page)


def test_a_period_up_to_the_end_of_time_is_one(kota_site) -> None:
    admin = kota_site.browser("admin")
    for path in (
        "/buku/kota.placed?sampai=9999-12-31",
        "/buku/kota.placed.csv?sampai=9999-12-31",
        "/api/v1/registers/kota.placed?until=9999-12-31",
    ):
        assert admin.get(path).status_code == 200, path


def test_a_paper_that_can_not_be_made_is_refused_in_words(kota_site, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> bytes:
        raise Unprintable("Dokumen tidak dapat dibuat.", log="the renderer gave up")

    monkeypatch.setattr(printed, "to_pdf", refuse)
    answer = kota_site.browser("admin").get("/buku/kota.placed.pdf")
    assert answer.status_code == Unprintable.status
    assert "Dokumen tidak dapat dibuat." in answer.text
    assert "Content-Disposition" not in answer.headers


def test_a_register_comes_as_every_format_that_the_page_names(kota_site) -> None:
    admin = kota_site.browser("admin")
    begins = {"csv": b"\xef\xbb\xbfNomor", "xlsx": b"PK", "pdf": b"%PDF-"}
    for suffix, begin in begins.items():
        answer = admin.get(f"/buku/kota.placed.{suffix}?cari=tidak-ada&dari=2026-01-01&sampai=bukan-tanggal")
        assert answer.status_code == 200
        assert answer.data.startswith(begin)
        assert f"kota.placed.{suffix}" in answer.headers["Content-Disposition"]
    assert admin.get("/buku/kota.placed.exe").status_code == 404
    assert kota_site.browser("dinkes").get("/buku/kota.placed.pdf").status_code == 403
    for suffix in begins:
        answer = admin.get(f"/api/v1/registers/kota.placed/file?format={suffix}&since=2026-01-01")
        assert answer.data.startswith(begins[suffix])
    assert admin.get("/api/v1/registers/kota.placed/file?format=exe").status_code == 422
    assert kota_site.browser("dinkes").get("/api/v1/registers/kota.placed/file").status_code == 403


def test_reports_are_for_staff_on_pages_and_by_rest(kota_site) -> None:
    admin = kota_site.browser("admin")
    for address, status in (
        ("/laporan", 200),
        ("/laporan/aplikasi", 200),
        ("/laporan/lain", 404),
        ("/laporan/subdomain?tahun=1999", 422),
        ("/laporan/subdomain.xlsx?tahun=2026", 200),
        ("/api/v1/reports/subdomain?year=2026", 200),
        ("/api/v1/reports/subdomain?year=x", 422),
        ("/api/v1/reports/aplikasi/file?format=pdf", 200),
    ):
        assert admin.get(address).status_code == status, address
        if status == 200:
            assert kota_site.browser("dinkes").get(address).status_code == 403, address
