"""What is filled in when a unit places its servers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapak.sdk import parts
from tapak.sdk.fields import Appointment, Choice, Count, Line, Table
from tapak.sdk.forms import ARCHIVES, LARGEST_APPLICATION, Form, StepSchema, Upload
from tapak.sdk.request_view import zone_choices
from tapak.sdk.view import View


class ServerRow(StepSchema):
    """One server."""

    model = Line("Merek dan tipe", 80)
    height = Count("Tinggi", 1, 10, default=1)
    power = Choice("Daya", {"one": "Satu sumber", "two": "Dua sumber"})


class ServersPart(StepSchema):
    """The servers that are to be placed."""

    servers = Table("Daftar server", ServerRow, most=5, page="servers")


class PlacingSubmission(parts.LetterPart, parts.NamePart, ServersPart, parts.PeoplePart):
    """A submission of servers."""


class DeliveryPart(StepSchema):
    """What comes with the applicant's file."""

    remark = Line("Keterangan berkas", 200, optional=True)


class InstallationPart(StepSchema):
    """When and where the servers are installed."""

    appointment = Appointment("Janji pemasangan")
    rack = Line("Letak rak", 40)


def not_in_the_past(view: View, data: Mapping[str, Any]) -> Mapping[str, list[str]]:
    """An appointment lies ahead."""
    if data["appointment"] < view.now.replace(tzinfo=None):
        return {"appointment": ["Janji pemasangan sudah lewat."]}
    return {}


ONE_SERVER = {"model": "Contoh R1", "height": 2, "power": "two"}
SUBMISSION = Form(
    PlacingSubmission,
    pages=(parts.LETTER_PAGE, parts.NAME_PAGE, parts.Page("servers", "Server"), parts.PEOPLE_PAGE),
    uploads=(parts.REQUEST_LETTER,),
    asked_anew=parts.ASKED_ANEW,
    choices=lambda view: {"name_zone": zone_choices(view)},
    initial=lambda view: {"name_zone": next(iter(view.zones), "")},
    sample={**parts.LETTER_SAMPLE, **parts.NAME_SAMPLE, **parts.PEOPLE_SAMPLE, "servers": [ONE_SERVER]},
)
DRAWING = Upload(
    "server_drawing",
    "Gambar server",
    media_types=("application/pdf", *ARCHIVES),
    largest=LARGEST_APPLICATION,
    scanned=True,
)
DELIVERY = Form(DeliveryPart, uploads=(DRAWING,), sample={"remark": "Lengkap"})
INSTALLATION = Form(
    InstallationPart,
    shown=lambda view: [("Catatan", "Bawa surat tugas.")],
    problems=not_in_the_past,
    sample={"appointment": "2026-12-01T09:30", "rack": "A-07"},
)
