"""Deciding on a request and giving it back: the form's part, what it may point at, and the notice letter.

A kind that returns or refuses stores its reasons under these names, so that the applicant is told them everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema

from tapak.sdk.contexts import address, common
from tapak.sdk.fields import REQUIRED, Choice, Choices, Prose, offer
from tapak.sdk.forms import ARCHIVES, Form, StepSchema, Upload, declarations
from tapak.sdk.procedure import Outcome
from tapak.sdk.request_view import chosen_address, named, texts_setting
from tapak.sdk.step_kinds import Letter
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
WORDS = {"approve": "disetujui", "return": "dikembalikan", "refuse": "tidak dapat dilaksanakan"}
NEXT = {
    "approve": "Permohonan dikerjakan menurut SOP; kemajuannya terlihat pada halaman permohonan.",
    "return": "Perbaiki isian yang disebut, lalu ajukan lagi dengan surat permohonan baru; nomor permohonan tetap.",
    "refuse": "Permohonan ini selesai; kebutuhan lain dapat diajukan sebagai permohonan baru.",
}


class ReasonsPart(StepSchema):
    """Why a request is given back. A return needs all three; a refusal the first two."""

    reasons = Choices("Alasan", optional=True)
    explanation = Prose("Penjelasan", 2000, optional=True, help="Dicantumkan dalam surat pemberitahuan.")
    fields_concerned = Choices("Isian yang perlu diperbaiki", optional=True)


class OutcomePart(StepSchema):
    """What is decided: one of the step's outcomes, offered by the kind."""

    outcome = Choice("Keputusan", widget="radio")


class DecisionPart(OutcomePart, ReasonsPart):
    """A decision. The address is asked for where the one that was chosen before is another request's by now."""

    address = Choice("Alamat IP lain", optional=True, help="Alamat yang dipilih tadi sudah dipakai permohonan lain.")


def act(outcome: Outcome) -> str:
    """What the outcome does: ``approve``, ``return`` or ``refuse``."""
    return "return" if outcome.returns else "refuse" if outcome.refuses else "approve"


def offer_reasons(schema: Schema, view: View) -> None:
    """Give a :class:`ReasonsPart` its lists: the tenant's reasons, and what of the submission may be pointed at."""
    offer(schema, "reasons", texts_setting(view, "return_reasons", RETURN_REASONS))
    offer(schema, "fields_concerned", concerned_labels(view.procedure.submission))


def concerned_labels(form: Form) -> dict[str, str]:
    """What a return may point at: the fields and files of the submission's ``form``, name → label."""
    schema = form.schema()
    files = {upload.kind: f"{upload.label} ({_types(upload)})" for upload in form.uploads}
    left_out = declarations(schema)
    return {**files, **{name: item.metadata["label"] for name, item in schema.fields.items() if name not in left_out}}


def _types(upload: Upload) -> str:
    return "arsip" if upload.media_types == ARCHIVES else "PDF"


def missing_reasons(what: str, data: Mapping[str, Any]) -> dict[str, list[str]]:
    """Problems of a return or refusal that doesn't say enough; none for an approval."""
    needed = {"return": ("reasons", "explanation", "fields_concerned"), "refuse": ("reasons", "explanation")}
    return {name: [REQUIRED] for name in needed.get(what, ()) if not data[name]}


def decision_summary(what: str, data: Mapping[str, Any]) -> str:
    """The timeline's line."""
    reasons = "" if what == "approve" else f": {', '.join(data['reasons'])}"
    return f"Permohonan {WORDS[what]}{reasons}"


def notice(view: View, what: str, data: Mapping[str, Any]) -> Letter:
    """The notice letter to the applicant's unit."""
    labels = concerned_labels(view.procedure.submission)
    approved = what == "approve"
    context = {
        **common(view),
        **address(view, (data.get("address") or chosen_address(view)) if approved else ""),
        "decision": what,
        "decision_label": WORDS[what],
        "decided_on": day_words(view.now),
        "reasons": [] if approved else list(data["reasons"]),
        "explanation": data["explanation"],
        "fields": [labels[name] for name in data["fields_concerned"]] if what == "return" else [],
        "next_step": view.step.options.get("approved", NEXT[what]) if approved else NEXT[what],
    }
    subject = f"Pemberitahuan permohonan {named(view)} {WORDS[what]}"
    return Letter("notice_letter", "tapak/notice", subject, context, series="outgoing")
