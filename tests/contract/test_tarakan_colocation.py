"""Tarakan's colocation procedure against the printed SOP 067/26/SOP/DKISP/2022, cell by cell."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import tapak_tarakan
from tapak.sdk.procedure import END, Procedure
from tapak.sdk.registers import Register
from tapak.testing.procedure_contract import ProcedureContract, core_registers
from tapak_tarakan.colocation import COLOCATION
from tapak_tarakan.registers import REGISTERS
from tapak_tarakan.settings import TarakanSettings

TABLE = (
    # number, title, actor (all inferred), required inputs, time, output
    ("1", "Surat permohonan layanan colocation server OPD", "OPD", "Surat permohonan OPD", "2 menit", "Surat"),
    (
        "2",
        "Scanning Surat, Mengagendakan Surat, Melengkapi lembar disposisi",
        "Bagian Umum",
        "Surat, buku agenda dan lembar disposisi",
        "3 menit",
        "Dokumen elektronik, Surat dengan Lembar disposisi",
    ),
    (
        "3",
        "Disposisi Kepala DKISP ke Bagian Aplikasi Informatika",
        "Kepala DKISP",
        "Surat dan lembar disposisi",
        "2 menit",
        "Surat permohonan terdisposisi",
    ),
    (
        "4",
        "Kabid Aplikasi Informatika melakukan pengkajian bersama Sub Koordinator",
        "Bidang Aplikasi",
        "Surat permohonan terdisposisi",
        "5 menit",
        "Data untuk tindak lanjut, Data IP publik yang tersedia",
    ),
    (
        "5",
        "Permintaan layanan colocation server, disetujui/dapat dilaksanakan atau tidak",
        "Bidang Aplikasi",
        "Data untuk tindak lanjut, Data IP publik yang tersedia",
        "30 Menit",
        "Data untuk tindak lanjut, Surat TL",
    ),
    (
        "6",
        "Pembuatan dan konfigurasi IP dan Jaringan Internet server",
        "Bidang Aplikasi",
        "Konfigurasi IP dan Jaringan Server",
        "15 Menit",
        "Data untuk tindak lanjut",
    ),
    (
        "7",
        "Surat pemberitahuan Instalasi server",
        "Bidang Aplikasi",
        "Data konfigurasi",
        "25 Menit",
        "Data untuk tindak lanjut, Surat TL",
    ),
    (
        "8",
        "Konfigurasi dan Instalasi server pada NOC",
        "Petugas NOC DKISP",
        "Data konfigurasi server, dan Jaringan internet",
        "90 Menit",
        "Server terpasang",
    ),
    (
        "9",
        "Melaporkan pelaksanaan pemasangan server",
        "Bidang Aplikasi",
        "Laporan dan Dokumentasi",
        "2 Menit",
        "Laporan dan Dokumentasi",
    ),
    ("10", "Pekerjaan Selesai", "OPD", "Laporan dan Dokumentasi", "2 Menit", "Laporan dan Dokumentasi"),
)
LEADS = {
    **{(str(number), "Selesai"): str(number + 1) for number in (1, 2, 3, 4, 6, 7, 8, 9)},
    ("5", "Ya"): "6",
    ("5", "Tidak"): "1",
    ("10", "Selesai"): END,
}
HEAD = {
    "number": "067/26/SOP/DKISP/2022",
    "title": "Layanan Colocation Server",
    "created": "3 Januari 2022",
    "revised": "-",
    "approved": "3 Januari 2022",
}
LISTS = {
    "related": """SOP Layanan pembuatan dan pemutakhiran Website
SOP Layanan Hosting dan Subdomain
SOP Layanan Konsultasi Aplikasi
Layanan Hosting
Layanan Data Cloud Server""",
    "equipment": "Komputer dan jaringan internet",
    "records": """Data konfigurasi layanan colocation server.
Pemeliharaan jaringan internet""",
}
QUALIFICATIONS = (
    "Kepala Organisasi Perangkat Daerah (OPD) Pemohon: mengetahui fungsi layanan colocation server.",
    "Kepala Dinas Komunikasi Informatika Statistik dan Persandian (DKISP) adalah memahami dan mengetahui pemanfaatan "
    "layanan colocation server oleh OPD.",
    "Tim OPD adalah Tim Teknis yang dibentuk oleh OPD yang bertugas mengelola server yang dititipkan di pusat "
    "colocation server.",
    "Petugas NOC DKISP mengontrol dan mengatur jaringan internet pada colocation server.",
)
WARNING = (
    "Setiap server membutuhkan alamat spesifik berupa Internet Protocol (IP) dan Sub Domain. Kinerja aplikasi pada "
    "server colocation dapat berpengaruh secara umum maupun khusus pada sistem jaringan dan traffic internet."
)
LAST_BASIS = (
    "Peraturan Wali Kota Tarakan Nomor 73 Tahun 2020 tentang Kedudukan, Susunan Organisasi, Tugas dan Fungsi Serta "
    "Tata Kerja Dinas Komunikasi, Informatika, Statistik dan Persandian (Berita Daerah Kota Tarakan Tahun 2020 "
    "Nomor 366)."
)


class TestColocation(ProcedureContract):
    @pytest.fixture
    def procedure(self) -> Procedure:
        return COLOCATION

    @pytest.fixture
    def settings(self) -> Mapping[str, Any]:
        return TarakanSettings().load({})

    @pytest.fixture
    def registers(self) -> Mapping[str, Register]:
        return {**core_registers(), **{register.key: register for register in REGISTERS}}

    @pytest.fixture
    def letters(self) -> Mapping[str, Path]:
        return {"tarakan": Path(tapak_tarakan.__file__).parent / "letters"}


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_a_row_reads_as_printed(row: tuple[str, ...]) -> None:
    number, title, actor, required, time, output = row
    step = next(step for step in COLOCATION.steps if step.number == number)
    assert step.title == title
    assert COLOCATION.actor(step.actor).title == actor
    assert ", ".join(item.title for item in step.required_inputs) == required
    assert step.time_standard.printed == time
    assert (str(step.time_standard.amount), step.time_standard.unit) == (time.split()[0], "minute")
    assert ", ".join(step.output) == output


def test_rows_stand_in_the_printed_order() -> None:
    assert [step.number for step in COLOCATION.steps] == [row[0] for row in TABLE]


def test_outcomes_lead_where_the_document_says() -> None:
    numbers = {step.key: step.number for step in COLOCATION.steps} | {END: END}
    leads = {
        (step.number, outcome.label): numbers[outcome.to] for step in COLOCATION.steps for outcome in step.outcomes
    }
    assert leads == LEADS
    assert COLOCATION.step("decide").outcome("return").returns


def test_every_actor_and_the_return_are_marked_as_inferred() -> None:
    assert {step.number: set(step.inferred) for step in COLOCATION.steps} == {
        row[0]: {"actor", "outcomes"} if row[0] == "5" else {"actor"} for row in TABLE
    }


def test_step_9_reports_to_the_head_of_the_agency() -> None:
    assert {step.number: step.reports_to for step in COLOCATION.steps if step.reports_to} == {"9": "kepala"}


def test_the_head_reads_as_printed() -> None:
    header = COLOCATION.header
    assert {name: getattr(header, name) for name in HEAD} == HEAD
    assert {name: "\n".join(getattr(header, name)) for name in LISTS} == LISTS
    assert (header.qualifications, " ".join(header.warning)) == (QUALIFICATIONS, WARNING)
    assert (len(header.legal_basis), header.legal_basis[-1]) == (6, LAST_BASIS)


def test_the_version_takes_effect_with_the_document() -> None:
    assert (COLOCATION.code, COLOCATION.effective_from) == ("tarakan.colocation/1", date(2022, 1, 3))
    assert [actor.title for actor in COLOCATION.actors if actor.applicant] == ["OPD"]
