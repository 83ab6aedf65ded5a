"""Tarakan's website procedure against the printed SOP 000.8.3.3.3/25/SOP/DKISP/2024, cell by cell."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import tapak_tarakan
from tapak.sdk.procedure import END, Procedure
from tapak.sdk.registers import Register
from tapak.sdk.scanning import ScannerRun, ScanReport
from tapak.testing.procedure_contract import CAPACITY, ProcedureContract, core_registers
from tapak.testing.view import MemoryView
from tapak_tarakan.hosting import HOSTING
from tapak_tarakan.registers import REGISTERS
from tapak_tarakan.settings import TarakanSettings
from tapak_tarakan.website import WEBSITE

BIDANG = "Bidang Aplikasi dan Informatika"
FOLLOW_UP = "Data untuk tindak lanjut"
REPORT = "Laporan dan Dokumentasi"
TABLE = (
    # number, title, actor, required inputs, time, output
    ("1", "Surat permohonan pembuatan/update website dari OPD", "PD", "Surat permohonan OPD", "2 menit", "Surat"),
    (
        "2",
        "Scaning Surat, Mengagendakan Surat, Melengkapi lembar disposisi",
        "Kasubbag Umum dan Kepegawaian",
        "Surat, buku agenda dan lembar disposisi",
        "3 menit",
        "Dokumen elektronik, Surat dengan Lembar disposisi",
    ),
    (
        "3",
        "Disposisi Kepala DKISP ke Bagian Aplikasi Informatika",
        "Kadis",
        "Surat dan lembar disposisi",
        "2 menit",
        "Surat permohonan terdisposisi",
    ),
    (
        "4",
        "Kabid Aplikasi Informatika melakukan pengkajian bersama Sub Koordinator",
        BIDANG,
        "Surat permohonan terdisposisi, Website yang telah disiapkan",
        "25 Menit",
        FOLLOW_UP,
    ),
    (
        "5",
        "Permintaan pembuatan/update website disetujui/dapat dilaksanakan atau tidak",
        BIDANG,
        FOLLOW_UP,
        "30 menit",
        FOLLOW_UP,
    ),
    (
        "6",
        "Pembuatan/update website Website sudah ada /belum ada",
        BIDANG,
        "Data untuk tindak lanjut, Data kebutuhan informasi",
        "15 menit",
        FOLLOW_UP,
    ),
    (
        "7",
        "Analisa kebutuhan informasi",
        "PD",
        "Data untuk tindak lanjut, Data kebutuhan informasi",
        "3 hari",
        FOLLOW_UP,
    ),
    (
        "8",
        "Pembuatan website",
        BIDANG,
        "Data untuk tindak lanjut, Data kebutuhan Aplikasi, KAK pengadaan aplikasi",
        "7 Hari",
        "KAK",
    ),
    (
        "9",
        "Instalasi website pada server",
        BIDANG,
        "KAK, Buku manual, Dokumentasi Aplikasi",
        "90 Menit",
        "Aplikasi, Laporan dan Dokumentasi",
    ),
    ("10", "Melaporkan pelaksanaan pembuatan/update website", BIDANG, REPORT, "2 Menit", REPORT),
    ("11", "Pekerjaan Selesai", "PD", REPORT, "2 Menit", REPORT),
)
LEADS = {
    **{(str(number), "Selesai"): str(number + 1) for number in (1, 2, 3, 4, 7, 8, 9, 10)},
    ("5", "Ya"): "6",
    ("5", "Tidak"): "1",
    ("6", "Ya (sudah ada)"): "9",
    ("6", "Belum"): "7",
    ("11", "Selesai"): END,
}
HEAD = {
    "number": "000.8.3.3.3/25/SOP/DKISP/2024",
    "title": "Layanan Pembuatan dan Pemutakhiran Website",
    "unit": "Bidang Aplikasi dan Informatika",
    "created": "3 Januari 2022",
    "revised": "10 Juli 2024",
    "approved": "2 Agustus 2024",
}
LISTS = {
    "qualifications": """Mengetahui fungsi dan kegunaan website.
Memahami dan mengetahui pemanfaatan website OPD.
Mampu mengoperasikan dan mengelola website.""",
    "related": """SOP Layanan Colocation server
SOP Layanan Hosting dan Subdomain
SOP Layanan Konsultasi Aplikasi
Layanan Hosting
Layanan Data Cloud Server""",
    "equipment": """Komputer dan jaringan internet
Server Apache
Server Database
Server NS
IP Publik""",
    "warning": "Jika terjadi keterlambatan pada satu titik proses (Pelaksana) akan menyebabkan keterlambatan pada "
    "titik proses berikutnya",
    "records": """Data konfigurasi layanan website.
Manajemen backup
Pemeliharaan jaringan internet""",
}
LAST_BASIS = (
    "Peraturan Wali Kota Tarakan Nomor 61 Tahun 2021 tentang Kedudukan, Susunan Organisasi, Tugas dan Fungsi Serta "
    "Tata Kerja Dinas Komunikasi, Informatika, Statistik dan Persandian."
)


def clean(view: MemoryView) -> ScanReport:
    """A run over the application that found nothing."""
    file = next(each for each in view.documents if each.kind == "application")
    looked = (ScannerRun("tapak.web_shells", "Web shell", "done"),)
    return ScanReport(1, file.id, file.kind, file.filename, file.sha256, 1, "done", scanners=looked)


class TestWebsite(ProcedureContract):
    @pytest.fixture
    def procedure(self) -> Procedure:
        return WEBSITE

    @pytest.fixture
    def settings(self) -> Mapping[str, Any]:
        return TarakanSettings().load({})

    @pytest.fixture
    def registers(self) -> Mapping[str, Register]:
        return {**core_registers(), **{register.key: register for register in REGISTERS}}

    @pytest.fixture
    def letters(self) -> Mapping[str, Path]:
        return {"tarakan": Path(tapak_tarakan.__file__).parent / "letters"}

    @pytest.fixture
    def first_view(self, procedure: Procedure, settings: Mapping[str, Any]) -> MemoryView:
        view = MemoryView.of(procedure, settings=settings, facts=CAPACITY)
        for kind in ("request_letter", "application", "kak", "manual", "documentation", "website_data"):
            view = view.with_document(kind)
        return MemoryView(**{**vars(view), "scans": (clean(view),)})


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_a_row_reads_as_printed(row: tuple[str, ...]) -> None:
    number, title, actor, required, time, output = row
    step = next(step for step in WEBSITE.steps if step.number == number)
    assert step.title == title
    assert WEBSITE.actor(step.actor).title == actor
    assert ", ".join(item.title for item in step.required_inputs) == required
    assert step.time_standard.printed == time
    amount, unit = time.lower().split()
    assert (step.time_standard.amount, step.time_standard.unit) == (
        int(amount),
        {"menit": "minute", "hari": "day"}[unit],
    )
    assert ", ".join(step.output) == output


def test_rows_stand_in_the_printed_order() -> None:
    assert [step.number for step in WEBSITE.steps] == [row[0] for row in TABLE]


def test_outcomes_lead_where_the_document_says() -> None:
    numbers = {step.key: step.number for step in WEBSITE.steps} | {END: END}
    leads = {(step.number, outcome.label): numbers[outcome.to] for step in WEBSITE.steps for outcome in step.outcomes}
    assert leads == LEADS
    assert WEBSITE.step("decide").outcome("return").returns


def test_the_two_ways_that_can_t_be_read_are_marked_as_inferred() -> None:
    assert {step.number: set(step.inferred) for step in WEBSITE.steps if step.inferred} == {
        "5": {"outcomes"},
        "6": {"outcomes"},
    }


def test_step_10_reports_to_the_head_of_the_agency() -> None:
    assert {step.number: step.reports_to for step in WEBSITE.steps if step.reports_to} == {"10": "kadis"}


def test_the_head_reads_as_printed() -> None:
    header = WEBSITE.header
    assert {name: getattr(header, name) for name in HEAD} == HEAD
    assert {name: "\n".join(getattr(header, name)) for name in LISTS} == LISTS
    assert (len(header.legal_basis), header.legal_basis[-1]) == (6, LAST_BASIS)
    assert header.legal_basis == HOSTING.header.legal_basis


def test_the_version_takes_effect_with_the_document() -> None:
    assert (WEBSITE.code, WEBSITE.effective_from) == ("tarakan.website/1", date(2024, 8, 2))
    assert [actor.title for actor in WEBSITE.actors] == ["PD", "Kadis", BIDANG, "Kasubbag Umum dan Kepegawaian"]
