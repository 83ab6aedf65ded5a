"""Step kind decide: approve, return to the applicant, or refuse where the step has that outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from marshmallow import Schema

from tapak.sdk.decisions import DecisionPart, act, decision_summary, missing_reasons, notice, offer_reasons
from tapak.sdk.errors import Invalid
from tapak.sdk.fields import offer
from tapak.sdk.forms import Form
from tapak.sdk.request_view import chosen_address, own_address_choices, reservations, result_of
from tapak.sdk.step_kinds import Reservation, StepKind, StepResult
from tapak.sdk.view import View


class Decide(StepKind):
    """The decision and its notice letter; an approval reserves names and address.

    Where another request was given the address meanwhile, whoever approves chooses another one of the pool.

    The step's option ``approved`` says in the letter what follows an approval.
    """

    name = "tapak.decide/1"
    title = "Keputusan"
    input_schema = DecisionPart
    takes = DecisionPart
    decides = True

    def form(self, view: View) -> Form:
        form = super().form(view)
        if _lost_address(view) or view.results.get(view.step.key, {}).get("address"):
            return form
        return replace(form, left_out=lambda view: (*form.left_out(view), "address"))

    def schema(self, view: View) -> Schema:
        schema = super().schema(view)
        if "address" in schema.fields:
            offer(schema, "address", own_address_choices(view))
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
        problems = _without_address(view, data) if what == "approve" else missing_reasons(what, data)
        if problems:
            raise Invalid("Keputusan belum lengkap.", log=f"decision {outcome.key} incomplete", fields=problems)
        return StepResult(
            outcome=outcome.key,
            summary=decision_summary(what, data),
            letters=(notice(view, what, data),),
            reservations=_reserved(view, data) if what == "approve" else (),
        )


def _without_address(view: View, data: Mapping[str, Any]) -> dict[str, list[str]]:
    lost = _lost_address(view)
    if lost and not data.get("address"):
        if own_address_choices(view):
            return {"address": [f"Alamat {lost} sudah dipakai permohonan lain. Pilih alamat lain."]}
        return {"outcome": [f"Alamat {lost} sudah dipakai permohonan lain, dan tidak ada alamat lain yang bebas."]}
    if result_of(view, "tapak.review").get("address") != "":
        return {}
    return {"outcome": ["Pengkajian belum menetapkan alamat IP, sehingga belum dapat disetujui."]}


def _lost_address(view: View) -> str:
    """The address of the pool that was chosen, where another request holds it by now; empty otherwise."""
    chosen = chosen_address(view)
    return chosen if chosen not in ("", view.shared_address(), *view.free_addresses()) else ""


def _reserved(view: View, data: Mapping[str, Any]) -> tuple[Reservation, ...]:
    """What the procedure wants, at the address that was chosen just now."""
    lost = Reservation("address", chosen_address(view))
    chosen = data.get("address")
    return tuple(replace(each, value=chosen) if chosen and each == lost else each for each in reservations(view))
