"""Tarakan's hosting procedure against the printed SOP 000.8.3.3.3/23/SOP/DKISP/2024, cell by cell."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from tapak.sdk.procedure import END, Procedure
from tapak.sdk.registers import Register
from tapak.testing.procedure_contract import ProcedureContract, core_registers
from tapak_tarakan.hosting import HOSTING
from tapak_tarakan.registers import REGISTERS
from tapak_tarakan.settings import TarakanSettings

TITLE_5 = (
    "Permintaan hosting dan subdomain disetujui/dapat dilaksanakan atau tidak. "
    "Jika tidak maka surat permohonan dikembalikan kepada PD untuk dikaji ulang dan diperbaiki."
)
TABLE = (
    # number, title, actor, required inputs, time, output
    ("1", "Surat permohonan hosting dari OPD", "PD", "Surat permohonan OPD", "2 Menit", "Surat"),
    (
        "2",
        "Scanning Surat, Mengagendakan Surat, Melengkapi lembar disposisi",
        "Kasubbag Umum dan Kepegawaian",
        "Surat, buku agenda dan lembar disposisi",
        "3 Menit",
        "Dokumen elektronik, Surat dengan Lembar disposisi",
    ),
    (
        "3",
        "Disposisi Kepala DKISP ke Bidang Aplikasi Informatika",
        "Kadis",
        "Surat dan lembar disposisi",
        "2 Menit",
        "Surat permohonan terdisposisi",
    ),
    (
        "4",
        "Kabid Aplikasi Informatika melakukan pengkajian bersama JFT",
        "Bidang Aplikasi dan Informatika",
        "Surat permohonan terdisposisi, Data server, ip, bandwidth, domain",
        "5 Menit",
        "Data untuk tindak lanjut",
    ),
    (
        "5",
        TITLE_5,
        "Bidang Aplikasi dan Informatika",
        "Data untuk tindak lanjut",
        "30 menit",
        "Laporan untuk ditindak lanjuti, Surat Pemberitahuan",
    ),
    (
        "6",
        "Pembuatan dan konfigurasi server",
        "Bidang Aplikasi dan Informatika",
        "Data dan konfigurasi Hosting, Laporan untuk ditindak lanjuti",
        "2 Hari",
        "Server Hosting dan Sub Domain",
    ),
    (
        "7",
        "Mengirim data dan laporan penggunaan hosting",
        "Bidang Aplikasi dan Informatika",
        "Laporan dan Dokumentasi",
        "2 Menit",
        "Laporan dan Dokumentasi",
    ),
    (
        "8",
        "Melaporkan pelaksanaan pembuatan dan penggunaan hosting dan sub domain",
        "Bidang Aplikasi dan Informatika",
        "Laporan",
        "2 Menit",
        "Laporan dan Dokumentasi",
    ),
    ("9", "Pekerjaan Selesai", "PD", "Laporan dan dokumentasi", "2 menit", "Laporan dan dokumentasi"),
)
TIMES = {
    "2 Menit": (2, "minute"),
    "2 menit": (2, "minute"),
    "3 Menit": (3, "minute"),
    "5 Menit": (5, "minute"),
    "30 menit": (30, "minute"),
    "2 Hari": (2, "day"),
}
LEADS = {
    ("1", "Selesai"): "2",
    ("2", "Selesai"): "3",
    ("3", "Selesai"): "4",
    ("4", "Selesai"): "5",
    ("5", "Ya"): "6",
    ("5", "Tidak"): "1",
    ("6", "Selesai"): "7",
    ("7", "Selesai"): "8",
    ("8", "Selesai"): "9",
    ("9", "Selesai"): END,
}
INFERRED = {"8": {"actor"}, "9": {"actor", "required_inputs", "time_standard", "output"}}
HEAD = {
    "number": "000.8.3.3.3/23/SOP/DKISP/2024",
    "title": "Layanan Hosting dan Sub Domain",
    "agency": "Pemerintah Kota Tarakan, Dinas Komunikasi Informatika Statistik dan Persandian (DKISP)",
    "unit": "Bidang Aplikasi dan Informatika",
    "created": "3 Januari 2022",
    "revised": "10 Juli 2024",
    "approved": "2 Agustus 2024",
}
LISTS = {
    "related": """SOP Layanan pembuatan dan pemutakhiran Website
SOP Layanan data cloud
SOP Layanan Konsultasi Aplikasi
Layanan Hosting
Layanan Colocation Server""",
    "equipment": """Komputer dan jaringan internet
Server Apache
Server Database
Server DNS""",
    "qualifications": """Mengetahui fungsi layanan colocation server.
Memahami dan mengetahui pemanfaatan layanan colocation server oleh OPD.
Mampu bekerja secara TIM""",
    "warning": (
        "Jika terjadi keterlambatan pada satu titik proses (Pelaksana) akan menyebabkan keterlambatan pada titik "
        "proses berikutnya"
    ),
    "records": """Data konfigurasi hosting.
Data IP dan Sub Domain.
Data dan laporan hasil penggunaan hosting
Pemeliharaan hosting""",
}
LEGAL_BASIS = (
    "Undang-undang Nomor 14 Tahun 2008 tentang Keterbukaan Informasi Publik;",
    "Undang-undang Nomor 25 Tahun 2009 tentang Pelayanan Publik;",
    "Peraturan Pemerintah Nomor 18 Tahun 2016 tentang Perangkat Daerah sebagaimana telah diubah dengan "
    "Peraturan Pemerintah Nomor 72 Tahun 2019 tentang Perubahan atas Peraturan Pemerintah Nomor 18 Tahun 2016 "
    "tentang Perangkat Daerah;",
    "Peraturan Daerah Kota Tarakan Nomor 4 Tahun 2016 tentang Pembentukan dan Susunan Perangkat Daerah "
    "(Lembaran Daerah Kota Tarakan Tahun 2016 Nomor 20, Tambahan Lembaran Daerah Kota Tarakan Nomor 11) "
    "sebagaimana telah diubah dengan Peraturan Daerah Kota Tarakan Nomor 9 Tahun 2020 tentang Perubahan Atas "
    "Peraturan Daerah Nomor 4 Tahun 2016 tentang Pembentukan dan Susunan Perangkat Daerah (Lembaran Daerah Kota "
    "Tarakan Tahun 2020 Nomor 60);",
    "Peraturan Walikota Tarakan Nomor 6 Tahun 2014 tentang Pedoman Penyusunan Standar Operasional Prosedur "
    "Dilingkungan Pemerintah Kota Tarakan;",
    "Peraturan Wali Kota Tarakan Nomor 61 Tahun 2021 tentang Kedudukan, Susunan Organisasi, Tugas dan Fungsi "
    "Serta Tata Kerja Dinas Komunikasi, Informatika, Statistik dan Persandian.",
)


class TestHosting(ProcedureContract):
    @pytest.fixture
    def procedure(self) -> Procedure:
        return HOSTING

    @pytest.fixture
    def settings(self) -> Mapping[str, Any]:
        return TarakanSettings().load({})

    @pytest.fixture
    def registers(self) -> Mapping[str, Register]:
        return {**core_registers(), **{register.key: register for register in REGISTERS}}


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_a_row_reads_as_printed(row: tuple[str, ...]) -> None:
    number, title, actor, required, time, output = row
    step = next(step for step in HOSTING.steps if step.number == number)
    assert step.title == title
    assert HOSTING.actor(step.actor).title == actor
    assert ", ".join(item.title for item in step.required_inputs) == required
    assert step.time_standard.printed == time
    assert (step.time_standard.amount, step.time_standard.unit) == TIMES[time]
    assert ", ".join(step.output) == output


def test_rows_stand_in_the_printed_order() -> None:
    assert [step.number for step in HOSTING.steps] == [row[0] for row in TABLE]


def test_outcomes_lead_where_the_document_says() -> None:
    numbers = {step.key: step.number for step in HOSTING.steps} | {END: END}
    leads = {(step.number, outcome.label): numbers[outcome.to] for step in HOSTING.steps for outcome in step.outcomes}
    assert leads == LEADS
    assert HOSTING.step("decide").outcome("return").returns


def test_only_the_unreadable_cells_are_marked_as_inferred() -> None:
    assert {step.number: set(step.inferred) for step in HOSTING.steps if step.inferred} == INFERRED


def test_step_8_reports_to_the_head_of_the_agency() -> None:
    assert {step.number: step.reports_to for step in HOSTING.steps if step.reports_to} == {"8": "kadis"}


def test_the_head_reads_as_printed() -> None:
    assert {name: getattr(HOSTING.header, name) for name in HEAD} == HEAD
    assert {name: "\n".join(getattr(HOSTING.header, name)) for name in LISTS} == LISTS
    assert HOSTING.header.legal_basis == LEGAL_BASIS


def test_the_version_takes_effect_with_its_approval() -> None:
    assert (HOSTING.code, HOSTING.effective_from) == ("tarakan.hosting/1", date(2024, 8, 2))
    assert [actor.title for actor in HOSTING.actors if actor.applicant] == ["PD"]
