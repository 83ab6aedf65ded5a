"""Step kind submit: the applicant's form, from the letter to the people behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import Schema

from tapak.engine.wording import nip_spaced
from tapak.sdk.errors import Invalid
from tapak.sdk.step_kinds import Page, StepKind, StepResult, StepSchema, Upload
from tapak.sdk.view import View
from tapak.step_kinds.fields import Choice, Day, Label, Line, Pattern, Prose, Tick, offer
from tapak.step_kinds.nip import oddity
from tapak.step_kinds.request_view import only_outcome, wished_name
from tapak.step_kinds.wording import ADDRESS_KINDS, SYSTEM_KINDS

PHONE = Pattern(r"\+?[0-9](?:[ ().-]?[0-9]){6,18}", "Tulis nomor telepon dengan angka, misalnya 0812 3456 7890.")
EMAIL = Pattern(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}",
    "Tulis alamat surel yang lengkap, misalnya nama@instansi.go.id.",
)
ONLY_FOR_ONE_LETTER = ("letter_number", "letter_date", "statement")


class SubmitInput(StepSchema):
    """A submission. The letter's own fields are asked anew after a return; the rest stays."""

    letter_number = Line("Nomor surat permohonan", 100, page="letter")
    letter_date = Day("Tanggal surat", page="letter")
    letter_subject = Line("Perihal surat", 200, page="letter")
    system_name = Line("Nama sistem atau situs", 120, page="system")
    description = Prose("Keperluan", 2000, page="system", help="Untuk apa dan bagi siapa sistem ini.")
    kind = Choice("Jenis", SYSTEM_KINDS, page="system", widget="radio")
    technology = Line(
        "Teknologi", 200, page="system", optional=True, help="Bahasa, kerangka kerja dan basis data, bila diketahui."
    )
    name_label = Label("Nama subdomain", page="name", help="Satu kata tanpa titik, misalnya antrean.")
    name_zone = Choice("Domain", page="name")
    address_kind = Choice(
        "Alamat server",
        ADDRESS_KINDS,
        page="name",
        widget="radio",
        help="Sebagian besar situs cukup memakai server web bersama.",
    )
    responsible_officer_name = Line("Nama penanggung jawab", 120, page="people")
    responsible_officer_nip = Line("NIP penanggung jawab", 40, page="people", optional=True, help="18 angka.")
    responsible_officer_position = Line("Jabatan penanggung jawab", 120, page="people")
    contact_name = Line("Nama narahubung", 120, page="people")
    contact_phone = Line("Telepon narahubung", 30, page="people", rule=PHONE)
    contact_email = Line("Surel narahubung", 254, page="people", rule=EMAIL)
    statement = Tick(
        "Saya menyatakan bahwa data permohonan ini benar.",
        must="Nyatakan kebenaran data untuk mengajukan permohonan.",
        page="people",
    )


class Submit(StepKind):
    """The applicant's submission; it becomes the request's answers."""

    name = "tapak.submit/1"
    title = "Pengajuan permohonan"
    input_schema = SubmitInput
    pages = (
        Page("letter", "Surat permohonan"),
        Page("system", "Sistem atau situs"),
        Page("name", "Nama dan alamat"),
        Page("people", "Penanggung jawab dan narahubung"),
    )
    uploads = (
        Upload("request_letter", "Surat permohonan", "Hasil pindai surat yang sudah ditandatangani, PDF.", "letter"),
    )

    def schema(self, view: View) -> Schema:
        schema = super().schema(view)
        offer(schema, "name_zone", {zone: zone for zone in view.zones})
        return schema

    def initial(self, view: View) -> Mapping[str, Any]:
        kept = {name: value for name, value in view.answers.items() if name not in ONLY_FOR_ONE_LETTER}
        first_zone = next(iter(view.zones), "")
        return {"name_zone": first_zone, "address_kind": "shared", **kept}

    def warnings(self, view: View, data: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
        odd = oddity(data["responsible_officer_nip"])
        return {"responsible_officer_nip": [odd]} if odd else {}

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        plain = self.input_schema().dump(data)
        answers = {**plain, "responsible_officer_nip": nip_spaced(data["responsible_officer_nip"])}
        problems = _problems(view, data, answers)
        if problems:
            raise Invalid("Periksa isian yang ditandai.", log="submission refused", fields=problems)
        return StepResult(
            outcome=only_outcome(view),
            summary=f"Permohonan diajukan dengan surat nomor {answers['letter_number']}",
            answers=answers,
            subject=f"{answers['system_name']} · {wished_name(answers)}",
        )


def _problems(view: View, data: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, list[str]]:
    problems = {name: list(told) for name, told in view.procedure.validate(view, answers).items()}
    taken = view.name_problem(data["name_label"], data["name_zone"])
    if taken and taken not in problems.get("name_label", ()):
        problems.setdefault("name_label", []).append(taken)
    if data["letter_date"] > view.now.date():
        problems.setdefault("letter_date", []).append("Tanggal surat belum tiba.")
    return problems
