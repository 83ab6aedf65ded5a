"""Pontianak's hosting procedure against the printed SOP / TKPBET.DKI / 2020, cell by cell."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import tapak_pontianak
from tapak.sdk.procedure import END, Procedure
from tapak.sdk.registers import Register
from tapak.sdk.scanning import ScannerRun, ScanReport
from tapak.sdk.step_kinds import StepKind
from tapak.testing.procedure_contract import CAPACITY, ProcedureContract, core_kinds, core_registers
from tapak.testing.view import MemoryView
from tapak_pontianak.aspects import ASPECTS
from tapak_pontianak.hosting import HOSTING
from tapak_pontianak.registers import REGISTERS
from tapak_pontianak.settings import PontianakSettings
from tapak_pontianak.verify_security import VerifySecurity

KABID, PKAI, PKSI, SPTIK, OPD = "Kabid TKPBET", "Seksi PK&AI", "Seksi PKSI", "Seksi SPTIK", "OPD Pemohon"
LETTER = "Surat Permohonan Sub Domain dari OPD (memuat nama sub domain)"
PANEL = "Web Panel Login (Sub domain, Username dan password)"
DONE, ENDED = "Pelaksanaan kegiatan telah dilaksanakan", "Pelaksanaan kegiatan Selesai dilaksanakan"
TABLE = (
    # number, title, actor, required inputs, time, output
    (
        "1",
        "Menerima dan menelaah disposisi Surat dari Kepala Dinas dan mendisposisikan kepada Kepala Seksi Pengembangan "
        "Kebijakan dan Aplikasi Informatika.",
        KABID,
        LETTER,
        "15 menit",
        "Surat telah didisposisikan",
    ),
    (
        "2",
        "Menerima dan menelaah surat permohonan dilanjutkan dengan melakukan koordinasi dengan Seksi Keamanan dan "
        "Persandian, konfirmasi pada OPD Pemohon yang memohon hosting. Meminta file aplikasi yang akan dihosting "
        "kepada pemohon untuk dilakukan Verifikasi dan evaluasi keamanan sistem informasi.",
        PKAI,
        f"{LETTER}, File Aplikasi yang akan di hosting, komputer",
        "15 menit",
        "Surat telah diterima dan dikoordinasikan",
    ),
    (
        "3",
        "Melakukan Verifikasi dan evaluasi keamanan sistem informasi terhadap file aplikasi yang akan dihosting.",
        PKSI,
        "File Aplikasi yang akan dihosting, komputer, dll",
        "12-24 Jam",
        DONE,
    ),
    (
        "4",
        "Menerima file aplikasi yang telah verifikasi untuk selanjutnya dilakukan proses hosting dan uploading serta "
        f"membuat IP address, {PANEL} dan disampaikan ke Seksi PK&AI",
        SPTIK,
        f"File Aplikasi yang akan dihosting, IP address, {PANEL} Komputer, dll",
        "8-24 jam",
        DONE,
    ),
    (
        "5",
        "Melakukan penambahan/pembuatan nama sub domain. Kemudian menginformasikan kepada OPD yang memohon",
        PKAI,
        f"IP address, {PANEL}, komputer, dll",
        "15 menit",
        ENDED,
    ),
    (
        "6",
        "Menerima nama sub domain dan web panel login",
        OPD,
        f"IP address, {PANEL}, komputer, dll",
        "15 menit",
        ENDED,
    ),
)
TIMES = {"15 menit": (None, 15, "minute"), "12-24 Jam": (12, 24, "hour"), "8-24 jam": (8, 24, "hour")}
LEADS = {
    ("0", "Selesai"): "1",
    ("1", "Selesai"): "2",
    ("2", "Selesai"): "3",
    ("3", "Lolos verifikasi"): "4",
    ("3", "Tidak lolos"): "0",
    ("4", "Selesai"): "5",
    ("5", "Selesai"): "6",
    ("6", "Selesai"): END,
}
HEAD = {
    "number": "/ TKPBET.DKI / 2020",
    "title": "Permohonan Hosting",
    "agency": "Pemerintah Kota Pontianak, Dinas Komunikasi dan Informatika",
    "unit": (
        "Bidang Tata Kelola Pemerintahan Berbasis Elektronik dan Telematika, Seksi Pengembangan Kebijakan dan Aplikasi "
        "Informatika"
    ),
    "created": "3 Februari 2020",
    "revised": "-",
    "approved": "-",
    "outside_sop": False,
}
LISTS = {
    "legal_basis": (
        "Undang-Undang Nomor 25 Tahun 2009 tentang Pelayanan Publik\n"
        "Peraturan Pemerintah No. 96 Tahun 2012 tentang Pelaksanaan Undang-Undang No. 25 Tahun 2009 tentang Pelayanan "
        "Publik\n"
        "Peraturan Daerah No. 2 Tahun 2010 tentang Pelayanan Publik Pemerintah Kota Pontianak\n"
        "Peraturan Walikota Nomor 25 Tahun 2019 tentang Masterplan Pontianak Smart City Tahun 2019-2028\n"
        "Peraturan Walikota Nomor 67 Tahun 2019 tentang Penyelenggaraan Sistem Pemerintahan Berbasis Elektronik di "
        "Lingkungan Pemerintah Kota Pontianak"
    ),
    "qualifications": (
        "Memahami secara teknis proses hosting\nMemahami serta mentaati aturan-aturan yang telah ditetapkan"
    ),
    "related": (
        "SK Walikota Nomor 507.1 tentang Perubahan Atas Keputusan Walikota Nomor 158 DKI Tahun 2020 Tentang "
        "Operasional dan Maintenance Perangkat Server"
    ),
    "equipment": "Surat Permohonan Permohonan Hosting\nAlat Tulis Kantor\nKomputer, TV, Proyektor",
    "warning": (
        "Bila adanya kerusakan pada perangkat / peralatan di Ruang Rapat Pontive Center agar segera diperbaiki guna "
        "mendukung kelancaran kegiatan-kegiatan yang akan dilaksanakan"
    ),
    "records": "Membuat daftar sistem informasi / aplikasi yang dihosting\nMembuat laporan tahunan subdomain",
}
AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def clean(view: MemoryView) -> ScanReport:
    """A run over the newest file that found nothing."""
    file = view.documents[-1]
    looked = (ScannerRun("tapak.clamav", "ClamAV", "done", "1.4", signatures_at=AT),)
    return ScanReport(1, file.id, file.kind, file.filename, file.sha256, 1, "done", scanners=looked)


class TestHosting(ProcedureContract):
    @pytest.fixture
    def procedure(self) -> Procedure:
        return HOSTING

    @pytest.fixture
    def kinds(self) -> Mapping[str, StepKind]:
        return {**core_kinds(), VerifySecurity.name: VerifySecurity()}

    @pytest.fixture
    def settings(self) -> Mapping[str, Any]:
        return PontianakSettings().load({})

    @pytest.fixture
    def registers(self) -> Mapping[str, Register]:
        return {**core_registers(), **{register.key: register for register in REGISTERS}}

    @pytest.fixture
    def letters(self) -> Mapping[str, Path]:
        return {"pontianak": Path(tapak_pontianak.__file__).parent / "letters"}

    @pytest.fixture
    def inputs(self) -> Mapping[str, Mapping[str, Any]]:
        return {
            "submit": {"database": "mariadb", "runtime": "php", "technology": "PHP 8.2"},
            "verify": {f"{aspect.key}_answer": "met" for aspect in ASPECTS},
        }

    @pytest.fixture
    def first_view(self, procedure: Procedure, settings: Mapping[str, Any]) -> MemoryView:
        view = MemoryView.of(procedure, settings=settings, facts=CAPACITY)
        view = view.with_document("request_letter").with_document("application")
        return MemoryView(**{**vars(view), "scans": (clean(view),)})


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_a_row_reads_as_printed(row: tuple[str, ...]) -> None:
    number, title, actor, required, time, output = row
    step = next(step for step in HOSTING.steps if step.number == number)
    assert step.title == title
    assert HOSTING.actor(step.actor).title == actor
    assert ", ".join(item.title for item in step.required_inputs) == required
    assert step.time_standard.printed == time
    assert (step.time_standard.at_least, step.time_standard.amount, step.time_standard.unit) == TIMES[time]
    assert ", ".join(step.output) == output


def test_the_submission_and_the_disposition_before_the_table_are_step_0() -> None:
    first, *printed = HOSTING.steps
    assert (first.number, first.inferred) == (
        "0",
        {"actor", "required_inputs", "time_standard", "output", "outcomes"},
    )
    assert {"head_disposition_number", "head_disposition_date"} <= set(HOSTING.submission.schema().fields)
    assert [step.number for step in printed] == [row[0] for row in TABLE]
    assert [actor.title for actor in HOSTING.actors] == [KABID, PKAI, PKSI, SPTIK, OPD]


def test_every_actor_is_inferred_since_the_scans_cells_are_blank() -> None:
    assert {step.number: set(step.inferred) for step in HOSTING.steps[1:]} == {row[0]: {"actor"} for row in TABLE}


def test_outcomes_lead_where_the_document_says() -> None:
    numbers = {step.key: step.number for step in HOSTING.steps} | {END: END}
    leads = {(step.number, outcome.label): numbers[outcome.to] for step in HOSTING.steps for outcome in step.outcomes}
    assert leads == LEADS


def test_the_return_that_the_paper_does_not_print_is_marked_and_on() -> None:
    beyond = {outcome.key: outcome.switch for step in HOSTING.steps for outcome in step.outcomes if outcome.outside_sop}
    assert beyond == {"return": "unverified"}
    assert PontianakSettings().load({})["unverified"] == ["return"]


def test_the_head_reads_as_printed() -> None:
    assert {name: getattr(HOSTING.header, name) for name in HEAD} == HEAD
    assert {name: "\n".join(getattr(HOSTING.header, name)) for name in LISTS} == LISTS


def test_the_version_takes_effect_with_its_making() -> None:
    assert (HOSTING.code, HOSTING.effective_from) == ("pontianak.hosting/1", date(2020, 2, 3))
