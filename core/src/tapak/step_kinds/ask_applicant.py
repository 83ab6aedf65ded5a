"""Step kind ask_applicant: the applicant must deliver something, and the agency's clock stands still meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tapak.sdk.forms import Form, StepSchema
from tapak.sdk.parts import AskPart, NotePart
from tapak.sdk.procedure import Procedure, Step
from tapak.sdk.request_view import only_outcome
from tapak.sdk.step_kinds import StepKind, StepResult
from tapak.sdk.view import View

ASKING = Form(AskPart, initial=lambda view: {"asked": "ask"}, sample={"asked": "ask", "message": "Mohon dikirim."})


class AskApplicant(StepKind):
    """An officer's step that hands itself to the applicant, or a step that is the applicant's own from the start.

    The procedure's form is what the applicant delivers. At an officer's step the officer first says what is asked, by
    the form's ``asking`` where it has one; from then on the step is with the applicant, its clock stands still, and
    their delivery finishes it.
    """

    name = "tapak.ask_applicant/1"
    title = ""
    input_schema = NotePart
    takes = StepSchema
    takes_additions = False

    def misuse(self, procedure: Procedure, step: Step) -> Sequence[str]:
        asking = self.form_of(procedure, step).asking
        if asking is not None and not issubclass(asking.schema, AskPart):
            return ("the form that asks must be put together from AskPart",)
        return ()

    def form(self, view: View) -> Form:
        delivered = super().form(view)
        return (delivered.asking or ASKING) if _asking(view) else delivered

    def shown(self, view: View) -> Sequence[tuple[str, str]]:
        asked = [("Yang diminta", view.asked["message"])] if view.asked.get("message") else []
        return [*asked, *super().shown(view)]

    def hands_over(self, view: View, data: Mapping[str, Any]) -> bool:
        return _asking(view) and data["asked"] == "ask"

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        if self.hands_over(view, data):
            return StepResult(summary=f"Diminta kepada {view.request.agency}: {data['message'] or view.step.title}")
        told = "Sudah lengkap" if _asking(view) else f"Diserahkan oleh {view.request.agency}"
        return StepResult(only_outcome(view), told)


def _asking(view: View) -> bool:
    """Whether it is the officer's turn."""
    return not view.procedure.actor(view.step.actor).applicant and not view.asked
