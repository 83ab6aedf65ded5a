"""Step kind report: the work is reported to the actor that the step names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapak.sdk.contexts import common, figures, outcome
from tapak.sdk.parts import ReportPart
from tapak.sdk.request_view import letter_of, named, only_outcome, result_of
from tapak.sdk.step_kinds import Letter, StepKind, StepResult
from tapak.sdk.view import View
from tapak.sdk.wording import day_words, resource_words


class Report(StepKind):
    """The report on what was made and how it is used."""

    name = "tapak.report/1"
    title = "Laporan pelaksanaan"
    input_schema = ReportPart
    takes = ReportPart
    needs_facts = True
    own_figures = True

    def initial(self, view: View) -> Mapping[str, Any]:
        return {"summary": _composed(view), **super().initial(view)}

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        to, submitted = view.step.reports_to, view.request.submitted_at
        to_title = next((actor.title for actor in view.procedure.actors if actor.key == to), "")
        context = {
            **common(view),
            **outcome(view),
            "to_title": to_title,
            "submitted_on": day_words(submitted.astimezone(view.now.tzinfo) if submitted else None),
            "reported_on": day_words(view.now),
            "figures": figures(view, result_of(view, "tapak.hand_over").get("manual_facts", {})),
            "summary": data["summary"],
        }
        subject = f"Laporan pelaksanaan {view.procedure.service} {named(view)}"
        letter = Letter(
            "implementation_report", "tapak/implementation_report", subject, context, for_applicant=False, to=to
        )
        return StepResult(only_outcome(view), f"Dilaporkan kepada {to_title or 'atasan'}", letters=(letter,))


def _composed(view: View) -> str:
    live = resource_words((each.kind, each.identity) for each in view.resources if each.state == "live")
    handed_over = bool(result_of(view, "tapak.hand_over"))
    sentences = [
        f"{view.procedure.service} untuk {view.request.agency} ({view.procedure.subject(view.answers)}) telah "
        f"dilaksanakan sesuai surat nomor {letter_of(view)['number']}.",
        f"Yang sudah aktif dan diperiksa: {live}." if live else "",
        f"Data dan laporan penggunaan telah dikirim kepada {view.request.agency}." if handed_over else "",
    ]
    return " ".join(sentence for sentence in sentences if sentence)
