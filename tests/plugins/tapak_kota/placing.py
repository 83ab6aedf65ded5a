"""The procedure: its table, its forms and what its steps lead to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from tapak.sdk.contexts import common, line_items
from tapak.sdk.fields import Appointment, Line
from tapak.sdk.forms import StepSchema, lines
from tapak.sdk.procedure import END, Actor, Header, Outcome, Procedure, RequiredInput, Step, TimeStandard
from tapak.sdk.registers import Record, Register
from tapak.sdk.step_kinds import Letter, StepResult
from tapak.sdk.view import View
from tapak.sdk.wording import moment_words
from tapak_kota import forms

HEADER = Header(
    number="1/CONTOH/2026",
    title="Penempatan server",
    agency="Dinas Contoh",
    unit="Bidang Contoh",
    created="1 Januari 2026",
    revised="-",
    approved="1 Januari 2026",
    legal_basis=("Peraturan Contoh",),
    qualifications=("Memahami server",),
    related=("SOP Contoh",),
    equipment=("Rak",),
    warning=("Bawa surat tugas",),
    records=("Daftar server",),
)
UNIT = Actor("unit", "Perangkat daerah", applicant=True)
OFFICER = Actor("officer", "Bidang", position="kabid_aplikasi")
MINUTES = TimeStandard(30, "minute", printed="30 menit")


class PlacedRow(StepSchema):
    """A server that was placed."""

    placed_at = Appointment("Dipasang")
    agency = Line("Perangkat daerah", 200)
    model = Line("Merek dan tipe", 80)
    rack = Line("Letak rak", 40)


PLACED = Register(
    key="kota.placed",
    title="Daftar server yang ditempatkan",
    schema=PlacedRow,
    columns=("placed_at", "agency", "model", "rack"),
    search=("agency", "model", "rack"),
    number_series="placed",
    writers=("kota.placing:officer",),
)


def installed(view: View, data: Mapping[str, Any]) -> StepResult:
    """A row for every server, and the notice of the installation."""
    row = {"placed_at": f"{data['appointment']:%Y-%m-%dT%H:%M}", "agency": view.request.agency, "rack": data["rack"]}
    records = tuple(Record(PLACED.key, {**row, "model": each["model"]}) for each in view.answers["servers"])
    schema = view.procedure.submission.schema()
    context = {
        **common(view),
        "appointment": moment_words(data["appointment"]),
        "servers": line_items(lines(schema, {"servers": view.answers["servers"]})),
    }
    letter = Letter("installation_notice", "kota/permit", "Pemberitahuan pemasangan", context, series="outgoing")
    return StepResult(records=records, letters=(letter,), summary=f"Dipasang di {data['rack']}")


def step(number: int, key: str, kind: str, actor: str, to: str, **more: Any) -> Step:
    """A step of an unremarkable table, with what is to be different."""
    return Step(
        **{
            "key": key,
            "number": str(number),
            "title": f"Langkah {key}",
            "actor": actor,
            "kind": kind,
            "required_inputs": (),
            "time_standard": MINUTES,
            "output": ("Hasil",),
            "outcomes": (Outcome("done", "Selesai", to=to),),
            **more,
        }
    )


PLACING = Procedure(
    key="kota.placing",
    version=1,
    service="Layanan penempatan server",
    summary="Tempat server perangkat daerah di ruang server.",
    effective_from=date(2026, 1, 1),
    header=HEADER,
    actors=(UNIT, OFFICER),
    steps=(
        step(1, "submit", "tapak.submit/1", "unit", "inspect"),
        step(2, "inspect", "kota.inspection/1", "officer", "exists"),
        step(
            3,
            "exists",
            "tapak.branch/1",
            "officer",
            "",
            outcomes=(
                Outcome("present", "Gambar sudah ada", to="install"),
                Outcome("absent", "Gambar belum ada", to="drawing"),
            ),
        ),
        step(
            4,
            "drawing",
            "tapak.ask_applicant/1",
            "officer",
            "install",
            required_inputs=(RequiredInput("Gambar server", "document:server_drawing"),),
        ),
        step(5, "install", "tapak.work/1", "officer", "close"),
        step(6, "close", "tapak.close/1", "unit", END),
    ),
    request_number="{seq:03}/PLC/{year}",
    subject=lambda answers: f"{len(answers['servers'])} server",
    forms={"submit": forms.SUBMISSION, "drawing": forms.DELIVERY, "install": forms.INSTALLATION},
    effects={"install": installed},
)
