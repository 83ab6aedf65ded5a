"""The records of Pontianak's procedure, beside core's own (names and addresses, of which the yearly report is made)."""

from __future__ import annotations

from tapak.sdk.fields import Count, Day, Line
from tapak.sdk.forms import StepSchema
from tapak.sdk.registers import Register


class ApplicationRow(StepSchema):
    """A hosted information system or application."""

    live_on = Day("Aktif tanggal")
    name = Line("Nama sub domain", 253)
    system_name = Line("Sistem informasi / aplikasi", 120)
    kind = Line("Jenis", 100)
    purpose = Line("Keperluan", 300)
    agency = Line("OPD pemilik", 200)
    responsible_officer = Line("Penanggung jawab", 200)
    year = Line("Tahun dibuat", 4, optional=True)
    developer = Line("Pengembang", 200, optional=True)
    technology = Line("Teknologi dan versi", 200, optional=True)
    database = Line("Basis data", 100)
    personal_data = Line("Data pribadi", 50)
    backup = Line("Pencadangan", 200)
    address = Line("IP address", 100)
    filename = Line("File aplikasi", 200)
    sha256 = Line("SHA-256", 64)


class VerificationRow(StepSchema):
    """A security verification of one file."""

    verified_on = Day("Tanggal verifikasi")
    system_name = Line("Sistem informasi / aplikasi", 120)
    agency = Line("OPD pemilik", 200)
    filename = Line("File aplikasi", 200)
    sha256 = Line("SHA-256", 64)
    revision = Count("Pengajuan ke-", 1, 10_000, default=1)
    result = Line("Hasil", 100)
    findings = Count("Temuan pemindai", 0, 2**31, default=0)
    high = Count("Aspek dengan temuan tinggi", 0, 13, default=0)
    unmet = Line("Tidak terpenuhi", 1000, optional=True)
    accepted = Line("Risiko diterima", 1000, optional=True)


APPLICATIONS = Register(
    key="pontianak.applications",
    title="Daftar sistem informasi / aplikasi yang dihosting",
    schema=ApplicationRow,
    columns=("live_on", "name", "system_name", "agency", "responsible_officer", "technology", "address", "sha256"),
    search=("name", "system_name", "agency", "developer", "sha256"),
)
VERIFICATIONS = Register(
    key="pontianak.verifications",
    title="Verifikasi keamanan aplikasi",
    schema=VerificationRow,
    columns=("verified_on", "system_name", "agency", "filename", "result", "findings", "unmet", "accepted", "sha256"),
    search=("system_name", "agency", "filename", "sha256"),
)
REGISTERS = (APPLICATIONS, VERIFICATIONS)
