"""Step kind decide: approve, return to the applicant, or refuse where the step has that outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema

from tapak.sdk.contexts import address, common
from tapak.sdk.errors import Invalid
from tapak.sdk.fields import REQUIRED, Choice, Choices, Prose, offer
from tapak.sdk.forms import Form, StepSchema, declarations
from tapak.sdk.procedure import Outcome
from tapak.sdk.request_view import named, reservations, result_of, texts_setting
from tapak.sdk.step_kinds import Letter, StepKind, StepResult
from tapak.sdk.view import View
from tapak.sdk.wording import day_words

RETURN_REASONS = (
    "Surat permohonan tidak lengkap atau tidak terbaca",
    "Data penanggung jawab atau narahubung tidak sesuai",
    "Nama subdomain tidak sesuai ketentuan penamaan",
    "IP publik tidak tersedia",
    "Kapasitas server belum mencukupi",
    "Lainnya",
)
_WORDS = {"approve": "disetujui", "return": "dikembalikan", "refuse": "tidak dapat dilaksanakan"}
_NEXT = {
    "approve": "Permohonan dikerjakan menurut SOP; kemajuannya terlihat pada halaman permohonan.",
    "return": "Perbaiki isian yang disebut, lalu ajukan lagi dengan surat permohonan baru; nomor permohonan tetap.",
    "refuse": "Permohonan ini selesai; kebutuhan lain dapat diajukan sebagai permohonan baru.",
}


class DecideInput(StepSchema):
    """A decision. Reasons, explanation and fields belong to a return; a refusal needs the first two."""

    outcome = Choice("Keputusan", widget="radio")
    reasons = Choices("Alasan", optional=True)
    explanation = Prose("Penjelasan", 2000, optional=True, help="Dicantumkan dalam surat pemberitahuan.")
    fields_concerned = Choices("Isian yang perlu diperbaiki", optional=True)


class Decide(StepKind):
    """The decision and its notice letter; an approval reserves names and address.

    The step's option ``approved`` says in the letter what follows an approval.
    """

    name = "tapak.decide/1"
    title = "Keputusan"
    input_schema = DecideInput
    decides = True

    def schema(self, view: View) -> Schema:
        schema = super().schema(view)
        offer(schema, "outcome", {outcome.key: outcome.label for outcome in view.step.outcomes})
        offer(schema, "reasons", texts_setting(view, "return_reasons", RETURN_REASONS))
        offer(schema, "fields_concerned", concerned_labels(view.procedure.submission))
        return schema

    def initial(self, view: View) -> Mapping[str, Any]:
        review = result_of(view, "tapak.review")
        wanted = review.get("recommendation", "")
        known = any(wanted == outcome.key for outcome in view.step.outcomes)
        explanation = review.get("findings", "")[:2000] if wanted == "return" else ""
        return {"explanation": explanation, **({"outcome": wanted} if known else {})}

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        outcome = view.step.outcome(data["outcome"])
        act = _act(outcome)
        problems = _problems(view, act, data)
        if problems:
            raise Invalid("Keputusan belum lengkap.", log=f"decision {outcome.key} incomplete", fields=problems)
        return StepResult(
            outcome=outcome.key,
            summary=_summary(act, data),
            letters=(_notice(view, act, data),),
            reservations=reservations(view) if act == "approve" else (),
        )


def concerned_labels(form: Form) -> dict[str, str]:
    """What a return may point at: the fields and files of the submission's ``form``, name → label."""
    schema = form.schema()
    files = {upload.kind: f"{upload.label} (PDF)" for upload in form.uploads}
    left_out = declarations(schema)
    return {**files, **{name: item.metadata["label"] for name, item in schema.fields.items() if name not in left_out}}


def _act(outcome: Outcome) -> str:
    return "return" if outcome.returns else "refuse" if outcome.refuses else "approve"


def _problems(view: View, act: str, data: Mapping[str, Any]) -> dict[str, list[str]]:
    if act == "approve":
        if result_of(view, "tapak.review").get("address") != "":
            return {}
        return {"outcome": ["Pengkajian belum menetapkan alamat IP, sehingga belum dapat disetujui."]}
    needed = ("reasons", "explanation", "fields_concerned") if act == "return" else ("reasons", "explanation")
    return {name: [REQUIRED] for name in needed if not data[name]}


def _summary(act: str, data: Mapping[str, Any]) -> str:
    reasons = "" if act == "approve" else f": {', '.join(data['reasons'])}"
    return f"Permohonan {_WORDS[act]}{reasons}"


def _notice(view: View, act: str, data: Mapping[str, Any]) -> Letter:
    labels = concerned_labels(view.procedure.submission)
    approved = act == "approve"
    context = {
        **common(view),
        **address(view, result_of(view, "tapak.review").get("address", "") if approved else ""),
        "decision": act,
        "decision_label": _WORDS[act],
        "decided_on": day_words(view.now),
        "reasons": [] if approved else list(data["reasons"]),
        "explanation": data["explanation"],
        "fields": [labels[name] for name in data["fields_concerned"]] if act == "return" else [],
        "next_step": view.step.options.get("approved", _NEXT[act]) if approved else _NEXT[act],
    }
    subject = f"Pemberitahuan permohonan {named(view)} {_WORDS[act]}"
    return Letter("notice_letter", "tapak/notice", subject, context, series="outgoing")
