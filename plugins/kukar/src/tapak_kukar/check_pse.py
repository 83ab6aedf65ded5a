"""Step kind check_pse: the PSE record of the electronic system, field by field against the request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import Schema

from tapak.sdk.decisions import OutcomePart, ReasonsPart, act, missing_reasons, notice, offer_reasons
from tapak.sdk.errors import Invalid
from tapak.sdk.fields import REQUIRED, Prose, offer
from tapak.sdk.forms import StepSchema
from tapak.sdk.registers import Record
from tapak.sdk.step_kinds import StepKind, StepResult
from tapak.sdk.view import View
from tapak.sdk.wording import day_words
from tapak_kukar.category import QUESTIONS, CategoryPart, category_words
from tapak_kukar.checklist import ChecklistPart, Compared, compare, differing, overruled
from tapak_kukar.coordination import CoordinationPart, coordination_record, not_ahead, with_applicant
from tapak_kukar.pse import CHECKS, REGISTRY, RecordPart, initial_record, requested

FITS, NOTED = "fits", "noted"


class RemarkPart(StepSchema):
    """What the officer adds."""

    remark = Prose("Catatan pemeriksaan", 2000, optional=True)


class CheckPseInput(RecordPart, CategoryPart, ChecklistPart, RemarkPart, CoordinationPart, OutcomePart, ReasonsPart):
    """The record as found, the ten questions, the findings and what follows."""


class CheckPse(StepKind):
    """A check of the PSE data; what doesn't fit goes on, or back, only in a way that the agency has switched on."""

    name = "kukar.check_pse/1"
    title = "Pemeriksaan data PSE"
    input_schema = CheckPseInput

    def schema(self, view: View) -> Schema:
        schema = super().schema(view)
        offer(schema, "outcome", {outcome.key: outcome.label for outcome in view.step.outcomes})
        offer_reasons(schema, view)
        return schema

    def initial(self, view: View) -> Mapping[str, Any]:
        record = {**initial_record(view), **{name: view.answers.get(name, "") for name in QUESTIONS}}
        compared = compare(view, record)
        proposed = FITS if all(each.fits for each in compared) else ""
        findings = {each.item: each.finding for each in compared}
        return {**record, **findings, **with_applicant(view), "outcome": proposed}

    def shown(self, view: View) -> Sequence[tuple[str, str]]:
        registry = view.imported(REGISTRY.key)
        if registry is None:
            return [("Data PSE", "Belum diimpor; bandingkan dengan data yang Anda pegang.")]
        count = len(registry.rows)
        return [("Data PSE", f"{count} sistem, diimpor {day_words(registry.on)} dari {registry.filename}")]

    def comparison(self, view: View) -> Sequence[Compared]:
        """The request beside what the registry and the applicant's declaration hold, for the task's page."""
        return compare(view, self.initial(view))

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        outcome = view.step.outcome(data["outcome"])
        what = act(outcome)
        problems = {**not_ahead(view, data), **_contradictions(view, data), **missing_reasons(what, data)}
        if problems:
            raise Invalid("Pemeriksaan data PSE belum selesai.", log="PSE check incomplete", fields=problems)
        wrong = differing(data)
        return StepResult(
            outcome=outcome.key,
            summary=f"Data PSE diperiksa: {outcome.label.lower()}" + (f" ({', '.join(wrong)})" if wrong else ""),
            records=(_record(view, data, outcome.label), coordination_record(view, data)),
            letters=(notice(view, what, data),) if what == "return" else (),
        )


def _contradictions(view: View, data: Mapping[str, Any]) -> dict[str, list[str]]:
    wrong, problems = differing(data), {}
    if wrong and data["outcome"] == FITS:
        told = f"Belum sesuai: {', '.join(wrong)}. Koordinasikan dengan pemohon sampai sesuai"
        ways = len(view.step.outcomes) > 1
        problems["outcome"] = [told + (", atau pilih jalan lain yang tersedia." if ways else ".")]
    if not wrong and data["outcome"] != FITS:
        problems["outcome"] = ["Semua butir sesuai; pilih “Sesuai”."]
    unusual = overruled(view, data)
    if not data["remark"] and (unusual or data["outcome"] == NOTED):
        why = f"Jelaskan temuan yang berbeda dari perbandingan: {', '.join(unusual)}." if unusual else REQUIRED
        problems["remark"] = [why]
    return problems


def _record(view: View, data: Mapping[str, Any], result: str) -> Record:
    row = {
        "checked_on": view.now.date().isoformat(),
        "system_name": view.answers.get("system_name", ""),
        "name": requested(view),
        "agency": view.request.agency,
        "pse_number": data["pse_number"],
        "result": result,
        "category": category_words(data, view.settings),
        "differing": ", ".join(differing(data)),
    }
    return Record(CHECKS.key, row)
