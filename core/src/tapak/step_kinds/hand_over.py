"""Step kind hand_over: configuration and usage of what was made are sent to the applicant's unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tapak.sdk.contexts import common, figures, outcome, people
from tapak.sdk.parts import HandOverPart
from tapak.sdk.request_view import named, only_outcome, refuse_stray_figures
from tapak.sdk.step_kinds import Letter, StepKind, StepResult
from tapak.sdk.view import View
from tapak.sdk.wording import day_words


class HandOver(StepKind):
    """Sends the service's data and usage report."""

    name = "tapak.hand_over/1"
    title = "Pengiriman data dan laporan penggunaan"
    input_schema = HandOverPart
    takes = HandOverPart
    needs_facts = True
    own_figures = True

    def shown(self, view: View) -> Sequence[tuple[str, str]]:
        return [*view.procedure.configuration(view), *super().shown(view)]

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        refuse_stray_figures(view, data["manual_facts"])
        context = {
            **common(view),
            **people(view),
            **outcome(view),
            "handed_over_on": day_words(view.now),
            "figures": figures(view, data["manual_facts"]),
            "note": data["note"],
        }
        return StepResult(
            outcome=only_outcome(view),
            summary=f"Data layanan {named(view)} dikirim kepada {view.request.agency}",
            letters=(Letter("service_data", "tapak/service_data", f"Data layanan {named(view)}", context),),
        )
