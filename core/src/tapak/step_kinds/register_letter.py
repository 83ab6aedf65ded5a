"""Step kind register_letter: the letter is scanned and entered in the agenda, and gets its disposition sheet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapak.sdk.errors import Invalid
from tapak.sdk.fields import Tick
from tapak.sdk.forms import Upload
from tapak.sdk.procedure import RequiredInput
from tapak.sdk.registers import Record
from tapak.sdk.request_view import following, only_outcome
from tapak.sdk.step_kinds import StepKind, StepResult
from tapak.sdk.view import View
from tapak.step_kinds.disposition_sheet import sheet
from tapak.step_kinds.registers import AGENDA, AgendaRow

SCAN = "document:letter_scan"
LETTER = RequiredInput("Surat", "document:request_letter")


class RegisterLetterInput(AgendaRow):
    """The agenda's row, and whether the applicant's own PDF serves as the scan."""

    scan_confirmed = Tick(
        "PDF dari pemohon adalah hasil pindai surat yang diterima.",
        help="Centang bila sudah dicocokkan dengan surat aslinya, atau unggah hasil pindai sendiri.",
    )


class RegisterLetter(StepKind):
    """The entry in the agenda. ``document:letter_scan`` is also at hand where the applicant's PDF was confirmed."""

    name = "tapak.register_letter/1"
    title = "Agenda surat masuk"
    input_schema = RegisterLetterInput
    uploads = (Upload("letter_scan", "Hasil pindai surat", "PDF; tidak perlu bila PDF pemohon sudah sesuai."),)

    def initial(self, view: View) -> Mapping[str, Any]:
        return {
            "received_on": view.now.date().isoformat(),
            "sender": view.request.agency,
            "letter_number": view.answers.get("letter_number", ""),
            "letter_date": view.answers.get("letter_date", ""),
            "subject": view.answers.get("letter_subject", ""),
            "urgency": "ordinary",
            "secrecy": "ordinary",
            "attachments": 0,
        }

    def has(self, view: View, required: RequiredInput, data: Mapping[str, Any]) -> bool:
        confirmed = required.by == SCAN and data.get("scan_confirmed") and super().has(view, LETTER, data)
        return bool(confirmed) or super().has(view, required, data)

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        _check_dates(view, data)
        row = AgendaRow().dump(data)
        after = following(view)
        return StepResult(
            outcome=only_outcome(view),
            summary=f"Surat {data['letter_number']} diagendakan",
            records=(Record(AGENDA.key, row),),
            letters=(sheet(view, row, after.actor if after else "", {}),),
        )


def _check_dates(view: View, data: Mapping[str, Any]) -> None:
    problems = {}
    if data["received_on"] > view.now.date():
        problems["received_on"] = ["Tanggal terima belum tiba."]
    elif data["letter_date"] > data["received_on"]:
        problems["letter_date"] = ["Tanggal surat lebih baru daripada tanggal terima."]
    if problems:
        raise Invalid("Periksa tanggal surat.", log="agenda dates out of order", fields=problems)
