""" "Koordinasi" as Kukar's document asks for it at its steps: with whom, when, by what means, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapak.sdk.fields import Appointment, Choice, Line, Prose
from tapak.sdk.forms import StepSchema
from tapak.sdk.registers import Record, Register
from tapak.sdk.step_kinds import StepResult
from tapak.sdk.view import View

MEANS = {
    "meeting": "Tatap muka",
    "phone": "Telepon",
    "message": "Aplikasi pesan",
    "email": "Surel",
    "letter": "Surat",
}
LATEST = "%Y-%m-%dT%H:%M"


class CoordinationPart(StepSchema):
    """A coordination."""

    coordination_with = Line("Koordinasi dengan", 200)
    coordination_at = Appointment("Waktu koordinasi")
    coordination_means = Choice("Cara koordinasi", MEANS)
    coordination_result = Prose("Hasil koordinasi", 2000)


class CoordinationRow(StepSchema):
    """A coordination that was held."""

    coordinated_at = Appointment("Waktu koordinasi")
    step = Line("Langkah", 100)
    coordinated_with = Line("Koordinasi dengan", 200)
    means = Choice("Cara koordinasi", MEANS)
    result = Prose("Hasil koordinasi", 2000)


COORDINATIONS = Register(
    key="kukar.coordination",
    title="Koordinasi",
    schema=CoordinationRow,
    columns=("coordinated_at", "step", "coordinated_with", "means", "result"),
    search=("coordinated_with", "result"),
)
SAMPLE: Mapping[str, Any] = {"coordination_result": "Sudah dikoordinasikan dan disepakati."}


def proposed(view: View, partner: str) -> dict[str, Any]:
    """What the form starts with: ``partner``, now, and the phone."""
    return {
        "coordination_with": partner,
        "coordination_at": f"{view.now:{LATEST}}",
        "coordination_means": "phone",
    }


def with_applicant(view: View) -> dict[str, Any]:
    """A coordination with the contact person of the applicant's unit."""
    contact = str(view.answers.get("contact_name", ""))
    return proposed(view, ", ".join(each for each in (contact, view.request.agency) if each)[:200])


def with_administrator(view: View) -> dict[str, Any]:
    """A coordination with the administrator who prepared the request."""
    key = view.position_of("administrator")
    found = next((each for each in view.positions if each.key == key), None)
    return proposed(view, (found.holder or found.title)[:200] if found else "Administrator")


def not_ahead(view: View, data: Mapping[str, Any]) -> Mapping[str, list[str]]:
    """A coordination has been held."""
    if data["coordination_at"] > view.now.replace(tzinfo=None):
        return {"coordination_at": ["Waktu koordinasi belum tiba."]}
    return {}


def coordination_record(view: View, data: Mapping[str, Any]) -> Record:
    """The row for the register."""
    row = {
        "coordinated_at": f"{data['coordination_at']:{LATEST}}",
        "step": f"{view.step.number}. {view.step.title}"[:100],
        "coordinated_with": data["coordination_with"],
        "means": data["coordination_means"],
        "result": data["coordination_result"],
    }
    return Record(COORDINATIONS.key, row)


def coordinated(view: View, data: Mapping[str, Any]) -> StepResult:
    """The effect of a step at which a coordination was held."""
    return StepResult(records=(coordination_record(view, data),))
