"""Step kind close: the applicant's unit confirms that the work is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tapak.sdk.fields import Count, Prose, Tick
from tapak.sdk.forms import StepSchema
from tapak.sdk.request_view import only_outcome
from tapak.sdk.step_kinds import StepKind, StepResult
from tapak.sdk.view import View

SATISFACTION = ("Tidak baik", "Kurang baik", "Baik", "Sangat baik")


class CloseInput(StepSchema):
    """The confirmation; satisfaction is 1 (Tidak baik) to 4 (Sangat baik), or none."""

    confirm = Tick(
        "Hasil layanan dan laporannya sudah kami terima.",
        must="Konfirmasikan penerimaan untuk menyelesaikan.",
    )
    satisfaction = Count("Penilaian layanan", 1, 4, widget="radio", labels=SATISFACTION)
    note = Prose("Saran", 1000, optional=True)


class Close(StepKind):
    """The end of a request."""

    name = "tapak.close/1"
    title = "Penyelesaian"
    input_schema = CloseInput

    def shown(self, view: View) -> Sequence[tuple[str, str]]:
        return view.procedure.configuration(view)

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        return StepResult(only_outcome(view), "Diterima oleh pemohon; pekerjaan selesai")
