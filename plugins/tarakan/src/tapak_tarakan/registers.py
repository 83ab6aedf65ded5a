"""The records that Tarakan's procedures name under "Pencatatan dan pendataan", beside core's own."""

from __future__ import annotations

from tapak.sdk.fields import Choice, Count, Day, Line, Table
from tapak.sdk.forms import StepSchema
from tapak.sdk.maintenance import MAINTENANCE_COLUMNS, MAINTENANCE_SEARCH, MaintenanceRow
from tapak.sdk.registers import Register
from tapak_tarakan.website_forms import RUNTIMES

CREATED, UPDATED = "created", "updated"
WEBSITE_WORK = {CREATED: "Pembuatan website", UPDATED: "Pemutakhiran website"}


class SettingLine(StepSchema):
    """One line of a configuration."""

    label = Line("Isian", 200)
    value = Line("Nilai", 300)


class FigureLine(StepSchema):
    """One figure on usage."""

    label = Line("Data", 200)
    value = Line("Angka", 300)
    source = Line("Sumber", 100)


class ConfigurationRow(StepSchema):
    """How a site was set up (data konfigurasi hosting)."""

    live_on = Day("Aktif tanggal")
    name = Line("Nama", 253)
    system_name = Line("Sistem", 120)
    agency = Line("Perangkat daerah", 200)
    configuration = Table("Konfigurasi", SettingLine, least=0, most=50)


class UsageRow(StepSchema):
    """A usage report that was sent (data dan laporan hasil penggunaan hosting)."""

    reported_on = Day("Tanggal laporan")
    name = Line("Nama", 253)
    agency = Line("Perangkat daerah", 200)
    figures = Table("Angka", FigureLine, least=0, most=200)


class TeamLine(StepSchema):
    """One of the unit's technical team."""

    name = Line("Nama", 120)
    role = Line("Jabatan atau tugas", 120)
    nip = Line("NIP", 40, optional=True)
    phone = Line("Telepon", 30)


class PlacedRow(StepSchema):
    """A device that stands at the NOC (data konfigurasi layanan colocation server)."""

    placed_on = Day("Tanggal instalasi")
    rack = Line("Rak", 40)
    unit = Count("Unit (U) terbawah", 1, 60)
    model = Line("Merek dan tipe", 80)
    serial = Line("Nomor seri", 80)
    address = Line("Alamat IP", 45)
    name = Line("Nama", 253)
    server_name = Line("Nama server", 120)
    agency = Line("Perangkat daerah", 200)
    team = Table("Tim OPD", TeamLine, least=0)
    configuration = Table("Konfigurasi", SettingLine, least=0, most=50)


class WebsiteRow(StepSchema):
    """A website as it was installed or updated (data konfigurasi layanan website)."""

    installed_on = Day("Tanggal instalasi")
    work = Choice("Pekerjaan", WEBSITE_WORK)
    name = Line("Nama", 253)
    system_name = Line("Sistem", 120)
    agency = Line("Perangkat daerah", 200)
    runtime = Choice("Cara kerja website", RUNTIMES)
    archive = Line("Arsip aplikasi", 300)
    sha256 = Line("Sidik SHA-256", 64)
    configuration = Table("Konfigurasi", SettingLine, least=0, most=50)


CONFIGURATIONS = Register(
    key="tarakan.hosting_configuration",
    title="Data konfigurasi hosting",
    schema=ConfigurationRow,
    columns=("live_on", "name", "system_name", "agency"),
    search=("name", "system_name", "agency"),
)
USAGE = Register(
    key="tarakan.hosting_usage",
    title="Data dan laporan hasil penggunaan hosting",
    schema=UsageRow,
    columns=("reported_on", "name", "agency"),
    search=("name", "agency"),
)
PLACED_SERVERS = Register(
    key="tarakan.colocation_configuration",
    title="Data konfigurasi layanan colocation server",
    schema=PlacedRow,
    columns=("placed_on", "rack", "unit", "model", "serial", "address", "name", "agency"),
    search=("rack", "model", "serial", "address", "name", "server_name", "agency"),
)
WEBSITES = Register(
    key="tarakan.website_configuration",
    title="Data konfigurasi layanan website",
    schema=WebsiteRow,
    columns=("installed_on", "work", "name", "system_name", "agency", "runtime", "archive"),
    search=("name", "system_name", "agency", "sha256"),
)
HOSTING_MAINTENANCE = Register(
    key="tarakan.hosting_maintenance",
    title="Pemeliharaan hosting",
    schema=MaintenanceRow,
    columns=MAINTENANCE_COLUMNS,
    search=MAINTENANCE_SEARCH,
    number_series="hosting_maintenance",
    writers=("tarakan.hosting:bidang",),
)
MAINTENANCE = Register(
    key="tarakan.network_maintenance",
    title="Pemeliharaan jaringan internet",
    schema=MaintenanceRow,
    columns=MAINTENANCE_COLUMNS,
    search=MAINTENANCE_SEARCH,
    number_series="network_maintenance",
    writers=("tarakan.colocation:noc", "tarakan.colocation:bidang", "tarakan.website:bidang"),
)
REGISTERS = (CONFIGURATIONS, USAGE, PLACED_SERVERS, WEBSITES, HOSTING_MAINTENANCE, MAINTENANCE)
