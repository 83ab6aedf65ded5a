"""Step kind submit: the applicant's form, whatever the procedure asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapak.sdk.errors import Invalid
from tapak.sdk.forms import Form
from tapak.sdk.names import fold_label
from tapak.sdk.parts import LetterPart, PlainSubmission
from tapak.sdk.procedure import Procedure, Step
from tapak.sdk.request_view import only_outcome
from tapak.sdk.step_kinds import StepKind, StepResult
from tapak.sdk.view import View

LETTER_DATE = "letter_date"


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
        answers = self.form(view).schema_for(view).dump(data)
        told = problems(view, data, answers)
        if told:
            raise Invalid("Periksa isian yang ditandai.", log="submission refused", fields=told)
        return StepResult(
            outcome=only_outcome(view),
            summary=f"Permohonan diajukan dengan surat nomor {answers['letter_number']}",
            answers=answers,
            subject=view.procedure.subject(answers),
        )


def problems(view: View, data: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, list[str]]:
    """What procedure, inventory and calendar say against a submission, by field.

    ``data`` is validated and may lack fields, as ``answers``, what was filled in, may while it is a draft.
    """
    found = {name: list(told) for name, told in view.procedure.validate(view, answers).items()}
    for wish in view.procedure.wished_names(data):
        taken = view.name_problem(fold_label(wish.label), wish.zone)
        if taken and taken not in found.get(wish.field, ()):
            found.setdefault(wish.field, []).append(taken)
    if LETTER_DATE in data and data[LETTER_DATE] > view.now.date():
        found.setdefault(LETTER_DATE, []).append("Tanggal surat belum tiba.")
    return found
