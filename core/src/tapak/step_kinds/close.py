"""Step kind close: the applicant's unit confirms that the work is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tapak.sdk.parts import ClosePart
from tapak.sdk.request_view import only_outcome
from tapak.sdk.step_kinds import StepKind, StepResult
from tapak.sdk.view import View


class Close(StepKind):
    """The end of a request."""

    name = "tapak.close/1"
    title = "Penyelesaian"
    input_schema = ClosePart
    takes = ClosePart

    def shown(self, view: View) -> Sequence[tuple[str, str]]:
        return view.procedure.configuration(view)

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        return StepResult(only_outcome(view), "Diterima oleh pemohon; pekerjaan selesai")
