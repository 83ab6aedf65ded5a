"""What is filled in to plan maintenance, and to tell how it went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, validates_schema

from tapak.sdk.fields import Appointment, Choice, Choices, Line, Prose, Tick
from tapak.sdk.forms import StepSchema
from tapak.sdk.maintenance import MAINTENANCE_KINDS

EFFECTS = {
    "none": "Tidak terasa",
    "slow": "Lebih lambat",
    "brief": "Terputus sebentar",
    "down": "Tidak dapat dipakai",
}


class PlanInput(StepSchema):
    """What is planned; times are by the tenant's clock."""

    register = Choice("Dicatat dalam")
    kind = Choice("Jenis", MAINTENANCE_KINDS, widget="radio")
    work = Prose("Pekerjaan", 2000, help="Dibaca juga oleh pemilik layanan.")
    place = Line("Perangkat atau lokasi", 200, help="Misalnya: server web, sambungan internet, ruang NOC.")
    starts = Appointment("Mulai")
    ends = Appointment("Selesai")
    effect = Choice("Pengaruh pada layanan", EFFECTS, widget="radio")
    everything = Tick("Semua layanan terdampak")
    connections = Choices("Server yang terdampak", optional=True, help="Semua layanan di server ini diberi tahu.")
    services = Choices("Layanan yang terdampak", optional=True)

    @validates_schema
    def _in_order(self, data: Mapping[str, Any], **_: Any) -> None:
        _after(data, "starts", "ends")

    @validates_schema
    def _concerns_somebody(self, data: Mapping[str, Any], **_: Any) -> None:
        if not (data.get("everything") or data.get("connections") or data.get("services")):
            raise ValidationError("Pilih layanan atau server yang terdampak.", "services")


class DoneInput(StepSchema):
    """How it went."""

    done_at = Appointment("Mulai dikerjakan")
    until = Appointment("Selesai dikerjakan")
    result = Prose("Hasil", 1000, help="Dibaca juga oleh pemilik layanan.")

    @validates_schema
    def _in_order(self, data: Mapping[str, Any], **_: Any) -> None:
        _after(data, "done_at", "until")


class CancelInput(StepSchema):
    """Why it comes to nothing."""

    reason = Line("Alasan", 500)


def _after(data: Mapping[str, Any], first: str, last: str) -> None:
    if data.get(first) and data.get(last) and data[last] <= data[first]:
        raise ValidationError("Waktu selesai harus sesudah waktu mulai.", last)
