"""The records that Tarakan's procedures name under "Pencatatan dan pendataan", beside core's own."""

from __future__ import annotations

from tapak.sdk.fields import Day, Line, Table
from tapak.sdk.forms import StepSchema
from tapak.sdk.registers import Register


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
REGISTERS = (CONFIGURATIONS, USAGE)
