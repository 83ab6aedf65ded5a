"""A kind of the plugin's own: an inspection whose outcome is what was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapak.sdk.fields import Tick
from tapak.sdk.forms import StepSchema
from tapak.sdk.request_view import only_outcome
from tapak.sdk.step_kinds import StepKind, StepResult
from tapak.sdk.view import View


class InspectionInput(StepSchema):
    """What was looked at."""

    seen = Tick("Server sudah dilihat", must="Lihat servernya terlebih dahulu.")


class Inspection(StepKind):
    """Somebody looks at the servers."""

    name = "kota.inspection/1"
    title = "Pemeriksaan server"
    input_schema = InspectionInput

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        return StepResult(only_outcome(view), f"Diperiksa: {len(view.answers['servers'])} server")
