"""Step kind submit: the applicant's form, whatever the procedure asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapak.sdk.errors import Invalid
from tapak.sdk.forms import Form
from tapak.sdk.parts import LetterPart, PlainSubmission
from tapak.sdk.procedure import Procedure, Step
from tapak.sdk.request_view import only_outcome
from tapak.sdk.step_kinds import StepKind, StepResult
from tapak.sdk.view import View


class Submit(StepKind):
    """The applicant's submission; it becomes the request's answers."""

    name = "tapak.submit/1"
    title = "Pengajuan permohonan"
    input_schema = PlainSubmission
    takes = LetterPart

    def form_of(self, procedure: Procedure, step: Step) -> Form:
        return procedure.submission

    def initial(self, view: View) -> Mapping[str, Any]:
        form = self.form(view)
        kept = {name: value for name, value in view.answers.items() if name not in form.asked_anew}
        return {**super().initial(view), **kept}

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        answers = self.form(view).schema().dump(data)
        problems = _problems(view, data, answers)
        if problems:
            raise Invalid("Periksa isian yang ditandai.", log="submission refused", fields=problems)
        return StepResult(
            outcome=only_outcome(view),
            summary=f"Permohonan diajukan dengan surat nomor {answers['letter_number']}",
            answers=answers,
            subject=view.procedure.subject(answers),
        )


def _problems(view: View, data: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, list[str]]:
    problems = {name: list(told) for name, told in view.procedure.validate(view, answers).items()}
    for wish in view.procedure.wished_names(answers):
        taken = view.name_problem(wish.label, wish.zone)
        if taken and taken not in problems.get(wish.field, ()):
            problems.setdefault(wish.field, []).append(taken)
    if data["letter_date"] > view.now.date():
        problems.setdefault("letter_date", []).append("Tanggal surat belum tiba.")
    return problems
