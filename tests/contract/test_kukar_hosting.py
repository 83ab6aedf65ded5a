"""Kukar's hosting procedure against the printed SOP B-019/DISKOMINFO/000.8.3.3/08/2025, cell by cell."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from tapak.sdk.procedure import END, Procedure
from tapak.sdk.registers import Register
from tapak.sdk.request_view import RECORD
from tapak.sdk.resources import Fact
from tapak.sdk.step_kinds import StepKind
from tapak.testing.procedure_contract import ProcedureContract, core_kinds, core_registers
from tapak.testing.view import MemoryView
from tapak_kukar.check_pse import CheckPse
from tapak_kukar.checklist import ITEMS
from tapak_kukar.dns_change import DNS_CHANGE
from tapak_kukar.hosting import HOSTING
from tapak_kukar.registers import REGISTERS
from tapak_kukar.settings import KukarSettings

ADMINISTRATOR, KABID = "Administrator", "Kepala Bidang Aptika"
TABLE = (
    # number, title, actor, required inputs, time, output
    (
        "1",
        "Pemohon mengirimkan permohonan hosting dengan melampirkan surat permohonan.",
        "Pemohon",
        "Koordinasi. Dokumen Permohonan",
        "15 menit",
        "",
    ),
    ("2", "Menerima permohonan hosting sub domain.", ADMINISTRATOR, "Koordinasi", "5 menit", ""),
    ("3", "Koordinasi dengan Kepala Bidang Aptika.", KABID, "Koordinasi", "15 menit", ""),
    ("4", "Melakukan pemeriksaan data PSE.", ADMINISTRATOR, "Koordinasi", "1 Jam", ""),
    (
        "5",
        "Melakukan pendaftaran hosting sub domain pada Sistem Elektronik yang diajukan.",
        ADMINISTRATOR,
        "Form file logbook. Tools Enkripsi.",
        "30 menit",
        "",
    ),
    (
        "6",
        "Memberikan alamat Sub Domain beserta kelengkapan lainnya kepada PSE.",
        ADMINISTRATOR,
        "Koordinasi Alamat Sub Domain",
        "10 menit",
        "Alamat Sub Domain",
    ),
)
TIMES = {
    "5 menit": (5, "minute"),
    "10 menit": (10, "minute"),
    "15 menit": (15, "minute"),
    "30 menit": (30, "minute"),
    "1 Jam": (1, "hour"),
}
LEADS = {
    ("1", "Selesai"): "2",
    ("2", "Selesai"): "3",
    ("3", "Disetujui"): "4",
    ("3", "Tidak disetujui"): "1",
    ("4", "Sesuai"): "5",
    ("4", "Tidak sesuai, lanjut dengan catatan"): "5",
    ("4", "Tidak sesuai"): "1",
    ("5", "Selesai"): "6",
    ("6", "Selesai"): END,
}
INFERRED = {
    "1": {"actor"},
    "2": {"actor"},
    "3": {"actor", "outcomes"},
    "4": {"actor"},
    "5": {"actor"},
    "6": {"actor", "output"},
}
HEAD = {
    "number": "B-019/DISKOMINFO/000.8.3.3/08/2025",
    "title": "Layanan Hosting Sub Domain",
    "agency": "Pemerintah Kabupaten Kutai Kartanegara, Dinas Komunikasi dan Informatika",
    "created": "25 Agustus 2025",
    "revised": "-",
    "approved": "25 Agustus 2025",
    "outside_sop": False,
}
BASIS = """Peraturan Menteri PAN RB Nomor 35 Tahun 2012 Tentang Pedoman Penyusunan SOP Administrasi Pemerintahan;
Peraturan Badan Siber dan Sandi Negara Nomor 10 Tahun 2019 Tentang Pelaksanaan Persandian Untuk Pengamanan Informasi\
 di Pemerintah Daerah;
Peraturan Badan Siber dan Sandi Negara Nomor 4 Tahun 2021 Tentang Pedoman Manajemen Keamanan Informasi Sistem\
 Pemerintahan Berbasis Elektronik Dan Standar Teknis Dan Prosedur Keamanan Sistem Pemerintahan Berbasis Elektronik;
Peraturan Bupati Kutai Kartanegara Nomor 61 Tahun 2023 Tentang Kedudukan, Susunan Organisasi, Tugas dan Fungsi Serta\
 Tata Kerja Dinas Komunikasi dan Informatika;
Peraturan Bupati Kutai Kartanegara Nomor 34 Tahun 2025 Tentang Pelaksanaan Persandian Untuk Pengamanan Informasi di\
 Lingkungan Pemerintah Daerah;
Peraturan Bupati Kutai Kartanegara Nomor 36 Tahun 2025 Tentang Manajemen Keamanan Informasi Sistem Pemerintahan\
 Berbasis Elektronik di Lingkungan Pemerintah Daerah."""
LISTS = {
    "related": "SOP Pembuatan Subdomain dan Perubahan DNS record\nSOP Pengembangan Aplikasi SPBE.",
    "equipment": """Server
Perangkat Komputer
Jaringan Internet
Perangkat pencetakan
Fax/Telepon
Formulir Permohonan
ATK
Aplikasi/Sistem Informasi dan pengelolaan dokumentasi.""",
    "legal_basis": BASIS,
    "warning": (
        "Pencatatan dan pendokumentasian yang tidak lengkap akan mengakibatkan kegagalan dalam pengawasan penggunaan "
        "Aplikasi dan Hosting;\n"
        "Keterlambatan dalam pendaftaran ulang layanan hosting dapat berakibat pada …"
    ),
    "records": (
        "Pencatatan dan pendataan dilakukan dengan menggunakan aplikasi yang tersedia (aplikasi, project management, "
        "database) dan/atau pencatatan manual."
    ),
}


class TestHosting(ProcedureContract):
    @pytest.fixture
    def procedure(self) -> Procedure:
        return HOSTING

    @pytest.fixture
    def kinds(self) -> Mapping[str, StepKind]:
        return {**core_kinds(), CheckPse.name: CheckPse()}

    @pytest.fixture
    def settings(self) -> Mapping[str, Any]:
        return KukarSettings().load({})

    @pytest.fixture
    def registers(self) -> Mapping[str, Register]:
        return {**core_registers(), **{register.key: register for register in REGISTERS}}

    @pytest.fixture
    def inputs(self) -> Mapping[str, Mapping[str, Any]]:
        checked = {
            "pse_state": "issued",
            "pse_owner": "Dinas Contoh",
            "pse_url": "https://antrean.example.test/",
            "pse_officer": "Pejabat Contoh",
            **dict.fromkeys(ITEMS, "fits"),
            "coordination_result": "Sesuai.",
        }
        noted = {"item_url": "differs", "pse_url": "lama.example.test", "remark": "URL diperbarui pemohon bulan ini."}
        return {"check_pse": checked, "check_pse:noted": noted}


class TestDnsChange(TestHosting):
    @pytest.fixture
    def procedure(self) -> Procedure:
        return DNS_CHANGE

    @pytest.fixture
    def first_view(self, procedure: Procedure, settings: Mapping[str, Any]) -> MemoryView:
        details = {"record_set": None, "stands": False, "held": "foreign"}
        absent = Fact(f"{RECORD}antrean.example.test/CNAME", "antrean", "tidak ada", "zone", details=details)
        view = MemoryView.of(procedure, settings=settings, facts=(absent,))
        return view.with_document("request_letter")

    def test_it_lies_outside_the_sop_without_a_number(self, procedure: Procedure) -> None:
        assert (procedure.header.number, procedure.header.outside_sop) == ("", True)
        assert [step.title for step in procedure.steps] == [step.title for step in HOSTING.steps]


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
    assert [actor.title for actor in HOSTING.actors] == [KABID, ADMINISTRATOR, "Pemohon"]


def test_outcomes_lead_where_the_document_says() -> None:
    numbers = {step.key: step.number for step in HOSTING.steps} | {END: END}
    leads = {(step.number, outcome.label): numbers[outcome.to] for step in HOSTING.steps for outcome in step.outcomes}
    assert leads == LEADS


def test_what_the_paper_does_not_print_is_marked_and_off() -> None:
    beyond = {outcome.key: outcome.switch for step in HOSTING.steps for outcome in step.outcomes if outcome.outside_sop}
    assert beyond == {"noted": "pse_mismatch", "return": "pse_mismatch"}
    assert KukarSettings().load({})["pse_mismatch"] == []


def test_only_the_unreadable_cells_are_marked_as_inferred() -> None:
    assert {step.number: set(step.inferred) for step in HOSTING.steps if step.inferred} == INFERRED


def test_the_head_reads_as_printed() -> None:
    assert {name: getattr(HOSTING.header, name) for name in HEAD} == HEAD
    assert {name: "\n".join(getattr(HOSTING.header, name)) for name in LISTS} == LISTS


def test_the_version_takes_effect_with_its_approval() -> None:
    assert (HOSTING.code, HOSTING.effective_from) == ("kukar.hosting/1", date(2025, 8, 25))
