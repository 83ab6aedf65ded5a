"""Step kind close: the applicant's unit confirms that the work is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapak.sdk.step_kinds import StepKind, StepResult, StepSchema
from tapak.sdk.view import View
from tapak.step_kinds.fields import Count, Prose, Tick
from tapak.step_kinds.request_view import configuration, only_outcome

SATISFACTION = ("Tidak baik", "Kurang baik", "Baik", "Sangat baik")


class CloseInput(StepSchema):
    """The confirmation; satisfaction is 1 (Tidak baik) to 4 (Sangat baik), or none."""

    confirm = Tick("Data dan laporan hosting sudah kami terima.", must="Konfirmasikan penerimaan untuk menyelesaikan.")
    satisfaction = Count("Penilaian layanan", 1, 4, widget="radio", labels=SATISFACTION)
    note = Prose("Saran", 1000, optional=True)


class Close(StepKind):
    """The end of a request."""

    name = "tapak.close/1"
    title = "Penyelesaian"
    input_schema = CloseInput

    def shown(self, view: View) -> list[tuple[str, str]]:
        return configuration(view)

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        return StepResult(only_outcome(view), "Diterima oleh pemohon; pekerjaan selesai")
