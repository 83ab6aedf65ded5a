"""Registers that core's kinds write: agenda, dispositions and the records of hosting."""

from __future__ import annotations

from marshmallow import fields, validate

from tapak.sdk.registers import Register
from tapak.sdk.step_kinds import StepSchema
from tapak.step_kinds.fields import Choice, Choices, Count, Day, Line, Prose
from tapak.step_kinds.wording import SECRECY, URGENCY


class AgendaRow(StepSchema):
    """A letter that came in (buku agenda)."""

    received_on = Day("Diterima tanggal")
    sender = Line("Surat dari", 200)
    letter_number = Line("Nomor surat", 100)
    letter_date = Day("Tanggal surat")
    subject = Line("Hal", 200)
    urgency = Choice("Sifat", URGENCY)
    secrecy = Choice("Kerahasiaan", SECRECY)
    archive_code = Line("Kode klasifikasi arsip", 50, optional=True)
    srikandi_number = Line("Nomor SRIKANDI", 100, optional=True)
    attachments = Count("Jumlah lampiran", 0, 999, default=0)
    attachments_note = Line("Keterangan lampiran", 200, optional=True)


class DispositionRow(StepSchema):
    """A disposition of the head of the agency."""

    disposed_on = Day("Tanggal disposisi")
    sender = Line("Surat dari", 200)
    letter_number = Line("Nomor surat", 100)
    subject = Line("Hal", 200)
    forwarded_to = Choices("Diteruskan kepada")
    instructions = Choices("Dengan hormat harap")
    note = Prose("Catatan", 1000, optional=True)


class ConfigurationRow(StepSchema):
    """How a site was set up (data konfigurasi hosting)."""

    live_on = Day("Aktif tanggal")
    name = Line("Nama", 253)
    system_name = Line("Sistem", 120)
    agency = Line("Perangkat daerah", 200)
    configuration = fields.List(
        fields.List(fields.String(validate=validate.Length(max=300)), validate=validate.Length(equal=2)),
        required=True,
        validate=validate.Length(max=50),
        metadata={"label": "Konfigurasi"},
    )


class NameRow(StepSchema):
    """An address and the name that leads to it (data IP dan subdomain)."""

    live_on = Day("Aktif tanggal")
    name = Line("Nama", 253)
    type = Line("Jenis rekaman", 10)
    address = Line("Alamat", 300)
    agency = Line("Perangkat daerah", 200)


class UsageRow(StepSchema):
    """A usage report that was sent (data dan laporan hasil penggunaan hosting)."""

    reported_on = Day("Tanggal laporan")
    name = Line("Nama", 253)
    agency = Line("Perangkat daerah", 200)
    figures = fields.List(
        fields.Dict(keys=fields.String(), values=fields.String(validate=validate.Length(max=300))),
        required=True,
        validate=validate.Length(max=200),
        metadata={"label": "Angka"},
    )


AGENDA = Register(
    key="tapak.agenda",
    title="Buku agenda surat masuk",
    schema=AgendaRow,
    columns=("received_on", "sender", "letter_number", "letter_date", "subject", "urgency", "secrecy"),
    search=("sender", "letter_number", "subject", "srikandi_number"),
    number_series="agenda",
)
DISPOSITIONS = Register(
    key="tapak.disposition",
    title="Disposisi",
    schema=DispositionRow,
    columns=("disposed_on", "sender", "letter_number", "subject", "forwarded_to", "instructions"),
    search=("sender", "letter_number", "subject"),
)
CONFIGURATIONS = Register(
    key="tapak.hosting_configuration",
    title="Data konfigurasi hosting",
    schema=ConfigurationRow,
    columns=("live_on", "name", "system_name", "agency"),
    search=("name", "system_name", "agency"),
)
NAMES = Register(
    key="tapak.names",
    title="Data IP dan subdomain",
    schema=NameRow,
    columns=("live_on", "name", "type", "address", "agency"),
    search=("name", "address", "agency"),
)
USAGE = Register(
    key="tapak.hosting_usage",
    title="Data dan laporan hasil penggunaan hosting",
    schema=UsageRow,
    columns=("reported_on", "name", "agency"),
    search=("name", "agency"),
)
REGISTERS = (AGENDA, DISPOSITIONS, CONFIGURATIONS, NAMES, USAGE)
