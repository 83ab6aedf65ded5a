"""The records that Kukar's procedures keep, beside core's own."""

from __future__ import annotations

from tapak.sdk.fields import Appointment, Day, Line, Prose
from tapak.sdk.forms import StepSchema
from tapak.sdk.registers import Register
from tapak_kukar.coordination import COORDINATIONS
from tapak_kukar.pse import CHECKS, REGISTRY


class LogbookRow(StepSchema):
    """An entry of the logbook. No password is ever part of it."""

    at = Appointment("Tanggal dan waktu")
    request_number = Line("Nomor permohonan", 100)
    letter = Line("Surat permohonan", 200)
    agency = Line("Perangkat daerah", 200)
    system_name = Line("Sistem elektronik", 200)
    pse_number = Line("Nomor PSE", 100, optional=True)
    records = Prose("Nama dan rekaman", 2000)
    server = Line("Server dan alamat", 200)
    account = Line("Akun yang diterbitkan", 200, optional=True)
    officer = Line("Petugas", 200)
    remark = Prose("Keterangan", 2000, optional=True)


class SystemRow(StepSchema):
    """A hosted electronic system (data sistem elektronik)."""

    live_on = Day("Aktif tanggal")
    name = Line("Nama", 253)
    system_name = Line("Sistem", 200)
    kind = Line("Jenis", 100)
    agency = Line("Perangkat daerah", 200)
    responsible_officer = Line("Penanggung jawab", 200)
    pse_number = Line("Nomor PSE", 100, optional=True)
    category = Line("Kategori", 100, optional=True)
    data_classification = Line("Klasifikasi data", 100, optional=True)
    personal_data = Line("Data pribadi", 100, optional=True)
    technology = Line("Teknologi", 200, optional=True)
    address = Line("Alamat", 100)


LOGBOOK = Register(
    key="kukar.logbook",
    title="Logbook hosting",
    schema=LogbookRow,
    columns=("at", "request_number", "agency", "system_name", "records", "server", "officer"),
    sealed=True,
)
SYSTEMS = Register(
    key="kukar.system",
    title="Data sistem elektronik yang dihosting",
    schema=SystemRow,
    columns=("live_on", "name", "system_name", "agency", "category", "data_classification", "address"),
    search=("name", "system_name", "agency", "pse_number"),
)
REGISTERS = (LOGBOOK, SYSTEMS, CHECKS, COORDINATIONS, REGISTRY)
