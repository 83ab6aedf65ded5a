"""Step kind work: people do something and record it, in the words of the procedure's own form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapak.sdk.forms import StepSchema
from tapak.sdk.parts import NotePart
from tapak.sdk.request_view import only_outcome
from tapak.sdk.step_kinds import StepKind, StepResult
from tapak.sdk.view import View


class Work(StepKind):
    """Work that is recorded; rows, letters and resources come from the procedure's ``effects``."""

    name = "tapak.work/1"
    title = ""
    input_schema = NotePart
    takes = StepSchema

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        return StepResult(only_outcome(view), f"Langkah {view.step.number} selesai dikerjakan")
