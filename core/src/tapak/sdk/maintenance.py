"""Maintenance (pemeliharaan) as registers have it: a register whose schema is a :class:`MaintenanceRow` takes what was
planned once it is done, beside what somebody writes by hand.
"""

from __future__ import annotations

from tapak.sdk.fields import Appointment, Choice, Line, Prose
from tapak.sdk.forms import StepSchema

MAINTENANCE_KINDS = {"routine": "Rutin", "fault": "Gangguan", "change": "Perubahan"}


class MaintenanceRow(StepSchema):
    """What was done, by the tenant's clock."""

    done_at = Appointment("Waktu")
    until = Appointment("Sampai", optional=True)
    kind = Choice("Jenis", MAINTENANCE_KINDS, widget="radio")
    place = Line("Perangkat atau lokasi", 200)
    work = Prose("Pekerjaan", 2000)
    result = Prose("Hasil", 1000)
    affected = Prose("Layanan yang terdampak", 1000, optional=True)


MAINTENANCE_COLUMNS = ("done_at", "until", "kind", "place", "work", "result")
MAINTENANCE_SEARCH = ("place", "work", "result", "affected")
