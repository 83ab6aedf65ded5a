"""Step kind dispose: the head of the agency forwards the letter; the form is complete when it opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import Schema

from tapak.sdk.fields import offer
from tapak.sdk.parts import DispositionPart
from tapak.sdk.registers import Record
from tapak.sdk.request_view import following, letter_entered, only_outcome
from tapak.sdk.step_kinds import StepKind, StepResult
from tapak.sdk.view import View
from tapak.step_kinds.disposition_sheet import addressees, instructions, sheet
from tapak.step_kinds.registers import DISPOSITIONS

USUAL_INSTRUCTION = "Proses lebih lanjut"


class Dispose(StepKind):
    """The disposition; whoever it names, the procedure's next actor gets the task."""

    name = "tapak.dispose/1"
    title = "Disposisi"
    input_schema = DispositionPart
    takes = DispositionPart

    def schema(self, view: View) -> Schema:
        schema = super().schema(view)
        offer(schema, "forwarded_to", addressees(view, view.step.actor))
        offer(schema, "instructions", instructions(view))
        return schema

    def initial(self, view: View) -> Mapping[str, Any]:
        known = instructions(view)
        usual = USUAL_INSTRUCTION if USUAL_INSTRUCTION in known else next(iter(known))
        to = _next_position(view) or next(iter(addressees(view, view.step.actor)), "")
        mine = {"forwarded_to": [to] if to else [], "instructions": [usual], "note": ""}
        return {**mine, **super().initial(view)}

    def warnings(self, view: View, data: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
        to, told = _next_position(view), super().warnings(view, data)
        if not to or to in data["forwarded_to"]:
            return told
        title = addressees(view, view.step.actor)[to]
        return {**told, "forwarded_to": [f"Menurut SOP, langkah berikutnya dikerjakan {title}, yang tidak ditandai."]}

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        agenda = letter_entered(view)
        titles = addressees(view, view.step.actor)
        names = [titles[key] for key in data["forwarded_to"]]
        row = {
            "disposed_on": view.now.date().isoformat(),
            **{name: agenda.get(name, "") for name in ("sender", "letter_number", "subject")},
            **DispositionPart().dump(data),
            "forwarded_to": names,
        }
        return StepResult(
            outcome=only_outcome(view),
            summary=f"Didisposisikan kepada {', '.join(names)}: {', '.join(data['instructions'])}",
            records=(Record(DISPOSITIONS.key, row),),
            letters=(sheet(view, agenda, view.step.actor, data),),
        )


def _next_position(view: View) -> str:
    after = following(view)
    to = view.position_of(after.actor) if after else ""
    return to if to in addressees(view, view.step.actor) else ""
