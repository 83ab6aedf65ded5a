"""Registers that core's kinds write: agenda, dispositions, and the names that were given."""

from __future__ import annotations

from tapak.sdk.fields import Appointment, Choice, Choices, Count, Day, Line, Prose
from tapak.sdk.forms import StepSchema
from tapak.sdk.maintenance import MAINTENANCE_COLUMNS, MAINTENANCE_SEARCH, MaintenanceRow
from tapak.sdk.registers import Register
from tapak.sdk.wording import BACKUP_KINDS, BACKUP_OUTCOMES, SECRECY, URGENCY


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


class NameRow(StepSchema):
    """An address and the name that leads to it (data IP dan subdomain)."""

    live_on = Day("Aktif tanggal")
    name = Line("Nama", 253)
    type = Line("Jenis rekaman", 10)
    address = Line("Alamat", 300)
    agency = Line("Perangkat daerah", 200)


class ChangeRow(StepSchema):
    """A change of a service, or its end."""

    changed_on = Day("Tanggal perubahan")
    service = Line("Layanan", 300)
    change = Line("Jenis perubahan", 60)
    difference = Prose("Sebelum dan sesudah", 4000, optional=True)
    agency = Line("Perangkat daerah", 200)


class BackupRow(StepSchema):
    """A run of a backup, or a test that what it kept can be brought back."""

    began_at = Appointment("Mulai")
    name = Line("Nama", 253)
    kind = Choice("Kegiatan", BACKUP_KINDS)
    outcome = Choice("Hasil", BACKUP_OUTCOMES)
    snapshot = Line("Snapshot", 100, optional=True)
    size = Count("Ukuran (byte)", 0, 2**60, default=0)
    seconds = Count("Lama (detik)", 0, 2**31, default=0)
    problem = Prose("Masalah", 500, optional=True)


class UsageRow(StepSchema):
    """What a site was used in one month; ``days`` of it were counted, from ``since`` to ``until``."""

    month = Line("Bulan", 7)
    name = Line("Nama", 253)
    system = Line("Layanan", 200)
    agency = Line("Perangkat daerah", 200)
    requests = Count("Permintaan", 0, 2**60, default=0)
    traffic = Count("Lalu lintas (kB)", 0, 2**60, default=0)
    disk = Count("Ruang penyimpanan (kB)", 0, 2**60)
    since = Day("Dihitung dari")
    until = Day("Dihitung sampai")
    days = Count("Hari dihitung", 0, 31, default=0)
    source = Line("Sumber", 200)


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
NAMES = Register(
    key="tapak.names",
    title="Data IP dan subdomain",
    schema=NameRow,
    columns=("live_on", "name", "type", "address", "agency"),
    search=("name", "address", "agency"),
)
BACKUPS = Register(
    key="tapak.backups",
    title="Pencadangan dan uji pemulihan",
    schema=BackupRow,
    columns=("began_at", "name", "kind", "outcome", "size", "seconds", "problem"),
    search=("name", "snapshot"),
)
MAINTENANCE = Register(
    key="tapak.maintenance",
    title="Pemeliharaan",
    schema=MaintenanceRow,
    columns=MAINTENANCE_COLUMNS,
    search=MAINTENANCE_SEARCH,
    number_series="maintenance",
)
USAGE = Register(
    key="tapak.usage",
    title="Penggunaan hosting per bulan",
    schema=UsageRow,
    columns=("month", "name", "agency", "requests", "traffic", "disk", "since", "until", "days", "source"),
    search=("month", "name"),
)
CHANGES = Register(
    key="tapak.changes",
    title="Perubahan dan penonaktifan layanan",
    schema=ChangeRow,
    columns=("changed_on", "service", "change", "agency"),
    search=("service", "change", "agency"),
)
REGISTERS = (AGENDA, DISPOSITIONS, NAMES, CHANGES, BACKUPS, MAINTENANCE, USAGE)
