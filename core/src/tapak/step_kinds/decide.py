"""Step kind decide: approve, return to the applicant, or refuse where the step has that outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema

from tapak.sdk.decisions import DecisionPart, act, decision_summary, missing_reasons, notice, offer_reasons
from tapak.sdk.errors import Invalid
from tapak.sdk.fields import offer
from tapak.sdk.request_view import reservations, result_of
from tapak.sdk.step_kinds import StepKind, StepResult
from tapak.sdk.view import View


class Decide(StepKind):
    """The decision and its notice letter; an approval reserves names and address.

    The step's option ``approved`` says in the letter what follows an approval.
    """

    name = "tapak.decide/1"
    title = "Keputusan"
    input_schema = DecisionPart
    takes = DecisionPart
    decides = True

    def schema(self, view: View) -> Schema:
        schema = super().schema(view)
        offer(schema, "outcome", {outcome.key: outcome.label for outcome in view.step.outcomes})
        offer_reasons(schema, view)
        return schema

    def initial(self, view: View) -> Mapping[str, Any]:
        review = result_of(view, "tapak.review")
        wanted = review.get("recommendation", "")
        known = any(wanted == outcome.key for outcome in view.step.outcomes)
        explanation = review.get("findings", "")[:2000] if wanted == "return" else ""
        return {**super().initial(view), "explanation": explanation, **({"outcome": wanted} if known else {})}

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        outcome = view.step.outcome(data["outcome"])
        what = act(outcome)
        problems = _without_address(view) if what == "approve" else missing_reasons(what, data)
        if problems:
            raise Invalid("Keputusan belum lengkap.", log=f"decision {outcome.key} incomplete", fields=problems)
        return StepResult(
            outcome=outcome.key,
            summary=decision_summary(what, data),
            letters=(notice(view, what, data),),
            reservations=reservations(view) if what == "approve" else (),
        )


def _without_address(view: View) -> dict[str, list[str]]:
    if result_of(view, "tapak.review").get("address") != "":
        return {}
    return {"outcome": ["Pengkajian belum menetapkan alamat IP, sehingga belum dapat disetujui."]}
