"""Step kind review: the request is looked into, with figures beside the form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema

from tapak.sdk.contexts import address, common, figures, line_items, people, submission
from tapak.sdk.errors import Invalid
from tapak.sdk.fields import Tick, offer
from tapak.sdk.forms import lines
from tapak.sdk.parts import RECOMMENDATIONS, AddressPart, OwnAddressPart, ReviewPart
from tapak.sdk.request_view import (
    address_choices,
    named,
    only_outcome,
    own_address_choices,
    refuse_stray_figures,
)
from tapak.sdk.step_kinds import Letter, StepKind, StepResult
from tapak.sdk.view import View
from tapak.sdk.wording import day_words, ticks


class Review(StepKind):
    """The review; it speaks for a request only where every check holds and, where one is asked, an address is chosen.

    The ticks that the procedure's form adds are its checks.
    """

    name = "tapak.review/1"
    title = "Pengkajian"
    input_schema = ReviewPart
    takes = ReviewPart
    needs_facts = True

    def schema(self, view: View) -> Schema:
        schema = super().schema(view)
        if "address" in schema.fields and isinstance(schema, AddressPart):
            own = isinstance(schema, OwnAddressPart)
            offer(schema, "address", own_address_choices(view) if own else address_choices(view))
        return schema

    def initial(self, view: View) -> Mapping[str, Any]:
        schema = self.form(view).schema_for(view)
        own = next(iter(own_address_choices(view)), "") if isinstance(schema, OwnAddressPart) else view.shared_address()
        chosen = {"address": own} if "address" in schema.fields else {}
        return {**chosen, "manual_facts": {}, **super().initial(view)}

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        refuse_stray_figures(view, data["manual_facts"])
        schema = self.schema(view)
        problems = _contradictions(schema, data) if data["recommendation"] == "approve" else {}
        if problems:
            raise Invalid("Hasil pengkajian belum selaras.", log="review contradicts itself", fields=problems)
        return StepResult(
            outcome=only_outcome(view),
            summary=f"Pengkajian: {RECOMMENDATIONS[data['recommendation']].lower()}",
            letters=(_report(view, schema, data),),
        )


def _checks(schema: Schema) -> dict[str, str]:
    return {name: item.metadata["label"] for name, item in schema.fields.items() if isinstance(item, Tick)}


def _contradictions(schema: Schema, data: Mapping[str, Any]) -> dict[str, list[str]]:
    problems = {
        name: ["Rekomendasi “dapat dilaksanakan” memerlukan pemeriksaan ini terpenuhi."]
        for name in _checks(schema)
        if not data[name]
    }
    if isinstance(schema, AddressPart) and "address" in schema.fields and not data["address"]:
        problems["address"] = ["Pilih alamat IP, atau rekomendasikan pengembalian bila tidak ada yang tersedia."]
    return problems


def _report(view: View, schema: Schema, data: Mapping[str, Any]) -> Letter:
    checks = _checks(schema)
    known = {*ReviewPart().fields, *AddressPart().fields, *checks}
    context = {
        **common(view),
        **people(view),
        **address(view, data.get("address", "")),
        "reviewed_on": day_words(view.now),
        "participants": [line.strip() for line in data["participants"].splitlines() if line.strip()],
        "submission": submission(view),
        "details": line_items(lines(schema, schema.dump(data), leave_out=known)),
        "figures": figures(view, data["manual_facts"]),
        "checks": ticks(checks, [name for name in checks if data[name]]),
        "findings": data["findings"],
        "recommendation": RECOMMENDATIONS[data["recommendation"]],
        "recommended": data["recommendation"] == "approve",
    }
    subject = f"Hasil pengkajian {named(view)}"
    return Letter("review_report", "tapak/review_report", subject, context, for_applicant=False)
