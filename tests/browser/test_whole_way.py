"""A unit's request in the browser, from its letter to a live name, with a return in between."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import dns.message
import dns.query
import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tapak.documents.pdf import to_pdf
from tapak.testing.browser import PHONE, Visitor
from tapak.testing.deployment import Case, Deployment

CURRENT = "tr[aria-current='step']"
REASON = "Nama subdomain tidak sesuai ketentuan penamaan"
FETCH = """async address => {
    const answer = await fetch(address);
    return [answer.status, answer.headers.get("content-type"), (await answer.text()).slice(0, 5)];
}"""
EXPLAINED = "Pakai nama layanannya, bukan nama kegiatan."


@dataclass
class Way:
    """The people of one request, each at a window of their own. ``label`` is what it ends up with."""

    visit: Callable[..., Visitor]
    case: Case
    window: dict[str, Any] = field(default_factory=dict)

    @property
    def deployment(self) -> Deployment:
        return self.case.deployment

    @property
    def system(self) -> str:
        return f"Antrean {self.case.label}"

    def at(self, step: str, **window: Any) -> Page:
        """The task of ``step``, opened from the inbox of whoever takes it."""
        page = self.visit(self.case.agency.who(step), **self.window, **window).open("/kotak-masuk")
        page.get_by_role("link", name=self.system).click()
        return page

    def applicant(self, path: str = "/") -> Page:
        return self.visit(self.case.applicant, **self.window).open(path)


@pytest.fixture
def way(visit: Callable[..., Visitor], deployment: Deployment) -> Way:
    return Way(visit, deployment.case())


def letter(title: str) -> FilePayload:
    return {
        "name": f"{title}.pdf",
        "mimeType": "application/pdf",
        "buffer": to_pdf(f"<html lang=id><h1>{title}</h1>", ()),
    }


def fill(page: Page, **texts: str) -> None:
    for label, text in texts.items():
        page.get_by_label(label.replace("_", " "), exact=True).fill(text)


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name).click()


def told(page: Page, term: str) -> Locator:
    """What the page says beside ``term`` in its list."""
    return page.locator("dl > div").filter(has=page.get_by_text(term, exact=True)).get_by_role("definition")


def begin(way: Way) -> Page:
    page = way.applicant()
    page.get_by_role("link", name="Permohonan baru").click()
    page.get_by_role("link", name="Layanan Hosting dan Sub Domain").click()
    page.get_by_role("link", name="Ajukan permohonan").click()
    press(page, "Mulai mengisi")
    return page


def send_letter(page: Page, number: str) -> None:
    fill(
        page,
        Nomor_surat_permohonan=number,
        Tanggal_surat=datetime.now(UTC).date().isoformat(),
        Perihal_surat="Permohonan hosting dan subdomain",
    )
    page.get_by_label("Surat permohonan", exact=True).set_input_files(letter(number.replace("/", "-")))
    press(page, "Simpan dan lanjut")


def describe_system(page: Page, name: str) -> None:
    fill(page, Nama_sistem_atau_situs=name, Keperluan="Antrean pasien puskesmas secara daring.")
    page.get_by_label("Layanan publik").check()
    press(page, "Simpan dan lanjut")


def choose_name(page: Page, taken: str, label: str, zone: str) -> None:
    """The answer follows what is typed: taken, no name at all, free."""
    answer = page.get_by_role("status")
    for typed, said in (
        (taken, "sudah dipesan"),
        ("-buruk-", "tanda hubung"),
        ("..", "tanpa titik"),
        (label, f"{label}.{zone} tersedia"),
    ):
        page.get_by_label("Nama subdomain").fill(typed)
        expect(answer).to_contain_text(said)
    press(page, "Simpan dan lanjut")


def name_people(page: Page) -> None:
    fill(
        page,
        Nama_penanggung_jawab="Kepala Dinas Kesehatan (contoh)",
        Jabatan_penanggung_jawab="Kepala Dinas Kesehatan",
        Nama_narahubung="Pengelola Sistem (contoh)",
        Telepon_narahubung="0551 000000",
        Surel_narahubung="pemohon@dinkes.tarakankota.go.id",
    )
    press(page, "Simpan dan lanjut")


def submit(page: Page) -> tuple[str, str]:
    """Check the answers and send them; gives number and tracking code."""
    expect(page.get_by_role("heading", name="Periksa jawaban")).to_be_visible()
    page.get_by_label("Saya menyatakan").check()
    press(page, "Ajukan permohonan")
    expect(page.get_by_role("heading", name="Permohonan terkirim")).to_be_visible()
    return told(page, "Nomor permohonan").inner_text(), told(page, "Kode pelacakan").inner_text()


def register(way: Way) -> None:
    page = way.at("register_letter")
    sheet = page.get_by_title(re.compile(r"\.pdf$"))
    expect(sheet).to_be_visible()
    opens_as_pdf(page, str(sheet.get_attribute("src")))
    page.get_by_label("PDF dari pemohon adalah hasil pindai").check()
    press(page, "Agendakan dan buat lembar disposisi")
    expect(told(page, "Nomor agenda")).to_have_text(re.compile(r"\d{3}"))


def dispose(way: Way) -> None:
    page = way.at("dispose")
    press(page, "Disposisikan")
    expect(page.get_by_role("heading", name="Sudah didisposisikan")).to_be_visible()


def dispose_on_a_phone(way: Way) -> None:
    """Two taps from the inbox, the second one on a button that is in sight at once."""
    taps: list[str] = []

    def tap(target: Locator) -> None:
        taps.append(target.inner_text())
        target.tap()

    kadis = way.visit(way.case.agency.who("dispose"), width=PHONE, has_touch=True, is_mobile=True)
    page = kadis.open("/kotak-masuk")
    tap(page.get_by_role("link", name=way.system))
    button = page.get_by_role("button", name="Disposisikan")
    expect(button).to_be_in_viewport(ratio=1)
    assert page.evaluate("scrollY") == 0
    tap(button)
    expect(page.get_by_role("heading", name="Sudah didisposisikan")).to_be_visible()
    assert len(taps) == 2


def figures(page: Page, *sources: str) -> None:
    """Wait for the figures, each with where it comes from."""
    table = page.get_by_role("table")
    for source in sources:
        expect(table.get_by_role("cell", name=source, exact=True).first).to_be_visible()


def review(way: Way, recommendation: str) -> None:
    page = way.at("review")
    figures(page, "agen di server", "inventaris", "log server", "server DNS")
    for check in ("Kapasitas server mencukupi", "Bandwidth mencukupi", "Nama subdomain sesuai ketentuan"):
        page.get_by_label(check).check()
    page.get_by_role("textbox", name="Hasil pengkajian").fill("Kapasitas server dan bandwidth mencukupi.")
    page.get_by_label(recommendation).check()
    press(page, "Selesaikan pengkajian")
    done(page)


def done(page: Page) -> None:
    expect(page.get_by_role("heading", name="Langkah ini selesai")).to_be_visible()


def turn_down(way: Way) -> None:
    page = way.at("decide")
    page.get_by_role("radio", name=re.compile("^Tidak")).check()
    page.get_by_label(REASON).check()
    page.get_by_label("Penjelasan").fill(EXPLAINED)
    asked = page.get_by_role("group", name="Isian yang perlu diperbaiki")
    asked.get_by_label("Nama subdomain").check()
    press(page, "Simpan keputusan dan kirim surat")
    done(page)


def approve(way: Way) -> None:
    page = way.at("decide")
    page.get_by_role("radio", name=re.compile("^Ya")).check()
    press(page, "Simpan keputusan dan kirim surat")
    done(page)


def mend(way: Way) -> tuple[str, str]:
    page = way.applicant()
    expect(page.get_by_role("heading", name="Perlu tindakan Anda")).to_be_visible()
    card = page.get_by_role("listitem").filter(has_text=way.system)
    card.get_by_role("link", name="Perbaiki").click()
    why = page.get_by_role("region", name="dikembalikan untuk diperbaiki")
    for line in (REASON, EXPLAINED):
        expect(why).to_contain_text(line)
    expect(why).to_contain_text("kecuali yang diisi untuk setiap surat: Nomor surat permohonan, Tanggal surat.")
    send_letter(page, "400.7/119/DINKES/2026")
    why.get_by_role("link", name="Nama subdomain").click()
    page.get_by_label("Nama subdomain").fill(way.case.label)
    expect(page.get_by_role("status")).to_contain_text("tersedia")
    press(page, "Simpan dan lanjut")
    press(page, "Simpan dan lanjut")
    return submit(page)


def provision(way: Way) -> None:
    page = way.at("provision")
    press(page, "Mulai pembuatan")
    state = page.get_by_role("region", name="Keadaan di server")
    expect(state).to_be_visible()
    page.evaluate("window.same = true")
    expect(state).to_contain_text("Semuanya aktif.", timeout=60_000)
    assert page.evaluate("window.same"), "the page was loaded again"
    press(page, "Selesaikan: semuanya aktif")
    done(page)


def hand_over(way: Way) -> None:
    page = way.at("hand_over")
    figures(page, "log server", "server DNS")
    expect(page.get_by_role("table")).not_to_contain_text("IP publik")
    press(page, "Kirim data dan laporan")
    done(page)


def report(way: Way) -> None:
    page = way.at("report")
    expect(page.get_by_role("status").filter(has_text="Diambil")).to_be_visible()
    press(page, "Kirim laporan")
    done(page)


def close(way: Way) -> None:
    page = way.applicant()
    page.get_by_role("listitem").filter(has_text=way.system).get_by_role("link", name="Kerjakan").click()
    page.get_by_label("Hasil layanan dan laporannya sudah kami terima.").check()
    page.get_by_role("radio").last.check()
    press(page, "Terima dan selesaikan")
    expect(page.get_by_role("heading", name="Pekerjaan selesai")).to_be_visible()


def stands_at(way: Way, step: str, state: str) -> None:
    """Where the chart on the applicant's page shows the request."""
    page = way.applicant("/permohonan")
    page.get_by_role("link", name=way.system).click()
    expect(page.locator(CURRENT)).to_contain_text(step)
    expect(told(page, "Status")).to_contain_text(state)


def tracked(way: Way, number: str, code: str, state: str) -> Page:
    """What somebody without an account sees by number and code."""
    page = way.visit().open("/lacak")
    fill(page, Nomor_permohonan=number, Kode_pelacakan=code)
    press(page, "Lacak")
    expect(told(page, "Status")).to_have_text(state)
    return page


def opens_as_pdf(page: Page, address: str) -> None:
    assert page.evaluate(FETCH, address) == [200, "application/pdf", "%PDF-"], address


def papers_open(way: Way) -> list[str]:
    page = way.applicant()
    page.get_by_role("link", name=way.system).click()
    papers = page.get_by_role("region", name="Dokumen")
    expect(papers.get_by_text("sedang dibuat")).to_have_count(0)
    links = papers.get_by_role("link").all()
    for link in links:
        opens_as_pdf(page, str(link.get_attribute("href")))
    return [link.inner_text() for link in links]


def answers(way: Way) -> list[str]:
    """What the name server says of the name."""
    bind = way.deployment.stack.bind
    reply = dns.query.udp(dns.message.make_query(way.case.name, "A"), bind.address, port=bind.port, timeout=5)
    return [str(record) for rrset in reply.answer for record in rrset]


def test_from_letter_to_live_name_with_a_return(way: Way, deployment: Deployment) -> None:
    other = deployment.case()
    other.to("provision")

    page = begin(way)
    send_letter(page, "400.7/118/DINKES/2026")
    describe_system(page, way.system)
    choose_name(page, other.label, f"{way.case.label}-rapat", way.case.agency.zone)
    name_people(page)
    number, code = submit(page)
    tracked(way, number, code, "Diajukan")
    stands_at(way, "Scanning Surat", "Diajukan")

    register(way)
    stands_at(way, "Disposisi Kepala", "Diproses")
    dispose(way)
    review(way, "Dikembalikan untuk diperbaiki")
    turn_down(way)
    stands_at(way, "Surat permohonan hosting", "Dikembalikan")

    assert mend(way) == (number, code)
    stands_at(way, "Scanning Surat", "pengajuan ke-2")
    register(way)
    dispose_on_a_phone(way)
    review(way, "Dapat dilaksanakan")
    approve(way)
    assert answers(way) == []
    stands_at(way, "Pembuatan dan konfigurasi", "Diproses")
    provision(way)
    hand_over(way)
    report(way)
    stands_at(way, "Pekerjaan Selesai", "Diproses")
    close(way)

    expect(tracked(way, number, code, "Selesai").locator(CURRENT)).to_have_count(0)
    assert answers(way) == ["127.0.0.1"]
    site = way.visit().open(f"http://{way.case.name}:{deployment.stack.apache.port}/")
    expect(site.get_by_role("heading")).to_contain_text(way.system)
    assert len(papers_open(way)) >= 5


def test_the_form_and_a_task_work_without_scripts(way: Way) -> None:
    way.window["java_script_enabled"] = False
    page = begin(way)
    send_letter(page, "400.7/120/DINKES/2026")
    describe_system(page, way.system)
    fill(page, Nama_subdomain="-buruk-")
    press(page, "Simpan dan lanjut")
    expect(page.get_by_role("alert")).to_contain_text("tanda hubung")
    fill(page, Nama_subdomain=way.case.label)
    press(page, "Simpan dan lanjut")
    name_people(page)
    submit(page)
    page = way.at("register_letter")
    press(page, "Agendakan dan buat lembar disposisi")
    expect(page.get_by_role("alert")).to_contain_text("Surat")
    page.get_by_label("PDF dari pemohon adalah hasil pindai").check()
    press(page, "Agendakan dan buat lembar disposisi")
    expect(told(page, "Nomor agenda")).to_have_text(re.compile(r"\d{3}"))


def test_a_decision_on_a_page_that_has_aged_is_refused_with_what_happened(way: Way, deployment: Deployment) -> None:
    case = deployment.case()
    task = case.to("dispose")
    windows = [way.visit(case.agency.who("dispose")) for _ in range(2)]
    first, second = [window.open(f"/tugas/{task['id']}") for window in windows]
    press(first, "Disposisikan")
    expect(first.get_by_role("heading", name="Sudah didisposisikan")).to_be_visible()
    second.get_by_label("Catatan").fill("Tidak sempat terkirim.")
    press(second, "Disposisikan")
    expect(second.get_by_role("heading", name="Keadaan sudah berubah")).to_be_visible()
    expect(second.get_by_role("listitem").filter(has_text="Didisposisikan kepada")).to_be_visible()
    second.get_by_role("link", name="Lihat keadaan terakhir").click()
    expect(second.get_by_role("heading", name="Sudah didisposisikan")).to_be_visible()
