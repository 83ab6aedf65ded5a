"""Step kind hand_over: configuration and usage of the hosting are sent to the applicant's unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tapak.engine.wording import day_words
from tapak.sdk.errors import Invalid
from tapak.sdk.registers import Record
from tapak.sdk.step_kinds import Letter, StepKind, StepResult, StepSchema
from tapak.sdk.view import View
from tapak.step_kinds.contexts import common, figures, people, site
from tapak.step_kinds.fields import Figures, Prose
from tapak.step_kinds.registers import USAGE
from tapak.step_kinds.request_view import configuration, only_outcome, stray_figures, wished_name


class HandOverInput(StepSchema):
    """A note to the unit, and figures whose source can't be reached."""

    note = Prose("Catatan untuk perangkat daerah", 2000, optional=True)
    manual_facts = Figures("Angka yang diisi manual", help="Hanya untuk sumber yang tidak terjangkau.")


class HandOver(StepKind):
    """Sends the hosting's data and usage report."""

    name = "tapak.hand_over/1"
    title = "Pengiriman data dan laporan penggunaan"
    input_schema = HandOverInput
    needs_facts = True

    def shown(self, view: View) -> Sequence[tuple[str, str]]:
        return configuration(view)

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        stray = stray_figures(view, data["manual_facts"])
        if stray:
            told = {"manual_facts": [f"Sumber tidak dikenal: {', '.join(stray)}."]}
            raise Invalid("Periksa angka yang diisi manual.", log="figures for unknown facts", fields=told)
        usage = figures(view, data["manual_facts"])
        name = wished_name(view.answers)
        row = {
            "reported_on": view.now.date().isoformat(),
            "name": name,
            "agency": view.request.agency,
            "figures": usage,
        }
        context = {
            **common(view),
            **people(view),
            **site(view),
            "handed_over_on": day_words(view.now),
            "figures": usage,
            "note": data["note"],
        }
        return StepResult(
            outcome=only_outcome(view),
            summary=f"Data hosting {name} dikirim kepada {view.request.agency}",
            records=(Record(USAGE.key, row),),
            letters=(Letter("hosting_data", "tapak/hosting_data", f"Data hosting {name}", context),),
        )
