"""Parts of forms that procedures share, to be put together in a schema of one's own, left to right.

What core knows of answers beyond a procedure's named functions is what these parts hold: the letter, the people behind
a request, and the names that are wished for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tapak.sdk.fields import Choice, Choices, Count, Day, Figures, Label, Line, Nip, Pattern, Prose, Tick
from tapak.sdk.forms import Form, Lines, Page, StepSchema, Upload
from tapak.sdk.names import NameWish

PHONE = Pattern(r"\+?[0-9](?:[ ().-]?[0-9]){6,18}", "Tulis nomor telepon dengan angka, misalnya 0812 3456 7890.")
EMAIL = Pattern(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}",
    "Tulis alamat surel yang lengkap, misalnya nama@instansi.go.id.",
)
SYSTEM_KINDS = {
    "official_website": "Situs resmi",
    "public_service": "Layanan publik",
    "administration": "Administrasi pemerintahan",
    "other": "Lainnya",
}
ASKS = {"ask": "Minta kepada pemohon", "complete": "Sudah ada; lanjutkan"}
RECOMMENDATIONS = {"approve": "Dapat dilaksanakan", "return": "Dikembalikan untuk diperbaiki"}

SATISFACTION = ("Tidak baik", "Kurang baik", "Baik", "Sangat baik")

LETTER_PAGE = Page("letter", "Surat permohonan")
SYSTEM_PAGE = Page("system", "Sistem atau situs")
NAME_PAGE = Page("name", "Nama dan alamat")
PEOPLE_PAGE = Page("people", "Penanggung jawab dan narahubung")
REQUEST_LETTER = Upload(
    "request_letter", "Surat permohonan", "Hasil pindai surat yang sudah ditandatangani, PDF.", LETTER_PAGE.key
)
ASKED_ANEW = frozenset({"letter_number", "letter_date", "statement"})
"""What belongs to one letter: after a return the applicant sends a new one."""


class LetterPart(StepSchema):
    """The applicant's letter. Every submission has it."""

    letter_number = Line("Nomor surat permohonan", 100, page="letter")
    letter_date = Day("Tanggal surat", page="letter")
    letter_subject = Line("Perihal surat", 200, page="letter")


class SystemPart(StepSchema):
    """The system or site that a request is about."""

    system_name = Line("Nama sistem atau situs", 120, page="system")
    description = Prose("Keperluan", 2000, page="system", help="Untuk apa dan bagi siapa sistem ini.")
    kind = Choice("Jenis", SYSTEM_KINDS, page="system", widget="radio")
    technology = Line(
        "Teknologi", 200, page="system", optional=True, help="Bahasa, kerangka kerja dan basis data, bila diketahui."
    )


class NamePart(StepSchema):
    """One wished name below one of the tenant's zones (offered by the form's ``choices``)."""

    name_label = Label("Nama subdomain", zone="name_zone", page="name", help="Satu kata tanpa titik, misalnya antrean.")
    name_zone = Choice("Domain", page="name")


class PeoplePart(StepSchema):
    """The responsible officer, the contact person, and the statement that the data are right."""

    responsible_officer_name = Line("Nama penanggung jawab", 120, page="people")
    responsible_officer_nip = Nip("NIP penanggung jawab", 40, page="people", optional=True, help="18 angka.")
    responsible_officer_position = Line("Jabatan penanggung jawab", 120, page="people")
    contact_name = Line("Nama narahubung", 120, page="people")
    contact_phone = Line("Telepon narahubung", 30, page="people", rule=PHONE)
    contact_email = Line("Surel narahubung", 254, page="people", rule=EMAIL)
    statement = Tick(
        "Saya menyatakan bahwa data permohonan ini benar.",
        must="Nyatakan kebenaran data untuk mengajukan permohonan.",
        page="people",
    )


class AddressPart(StepSchema):
    """The choice of an IP address at a review: the shared one or a free one of the tenant's pool, offered by core."""

    address = Choice("Alamat IP", optional=True, help="Dicadangkan saat permohonan disetujui.")


class OwnAddressPart(AddressPart):
    """The same where only a public address of one's own will do: the shared one isn't offered."""


class ReviewPart(StepSchema):
    """What every review ends in. Ticks that a procedure adds are its checks: all must hold for an approval."""

    participants = Prose("Peserta pengkajian", 1000, optional=True, help="Satu nama atau jabatan per baris.")
    findings = Prose("Hasil pengkajian", 4000)
    recommendation = Choice("Rekomendasi", RECOMMENDATIONS, widget="radio")
    manual_facts = Figures("Angka yang diisi manual", help="Hanya untuk sumber yang tidak terjangkau.")


class DispositionPart(StepSchema):
    """A disposition: to whom, and what is asked of them, both offered by the kind."""

    forwarded_to = Choices("Diteruskan kepada Sdr.")
    instructions = Choices("Dengan hormat harap")
    note = Prose("Catatan", 1000, optional=True)


class AskPart(StepSchema):
    """What an officer asks the applicant for; nothing where everything is there already."""

    asked = Choice("Tindakan", ASKS, widget="radio")
    message = Prose("Yang diminta", 2000, optional=True, help="Pemohon membaca permintaan ini.")


class BranchPart(StepSchema):
    """A way chosen among the step's outcomes."""

    outcome = Choice("Keputusan", widget="radio")
    note = Prose("Keterangan", 2000, optional=True)


class NotePart(StepSchema):
    """What an officer notes about the work."""

    note = Prose("Catatan", 2000, optional=True)


class HandOverPart(StepSchema):
    """A note to the unit, and figures whose source can't be reached."""

    note = Prose("Catatan untuk perangkat daerah", 2000, optional=True)
    manual_facts = Figures("Angka yang diisi manual", help="Hanya untuk sumber yang tidak terjangkau.")


class ReportPart(StepSchema):
    """The report's summary."""

    summary = Prose("Ringkasan pelaksanaan", 4000)


class ClosePart(StepSchema):
    """The unit's confirmation; satisfaction is 1 (Tidak baik) to 4 (Sangat baik), or none."""

    confirm = Tick(
        "Hasil layanan dan laporannya sudah kami terima.",
        must="Konfirmasikan penerimaan untuk menyelesaikan.",
    )
    satisfaction = Count("Penilaian layanan", 1, 4, widget="radio", labels=SATISFACTION)
    note = Prose("Saran", 1000, optional=True)


class PlainSubmission(LetterPart, PeoplePart):
    """A submission of nothing but its letter and its people."""


LETTER_SAMPLE: Mapping[str, Any] = {
    "letter_number": "400/12/CONTOH/2026",
    "letter_date": "2026-11-19",
    "letter_subject": "Permohonan layanan",
}
SYSTEM_SAMPLE: Mapping[str, Any] = {
    "system_name": "Antrean Daring",
    "description": "Nomor antrean bagi warga",
    "kind": "public_service",
}
NAME_SAMPLE: Mapping[str, Any] = {"name_label": "antrean", "name_zone": "example.test"}
PEOPLE_SAMPLE: Mapping[str, Any] = {
    "responsible_officer_name": "Pejabat Contoh",
    "responsible_officer_nip": "",
    "responsible_officer_position": "Sekretaris Dinas",
    "contact_name": "Narahubung Contoh",
    "contact_phone": "0812 3456 7890",
    "contact_email": "narahubung@example.test",
    "statement": True,
}
REVIEW_SAMPLE: Mapping[str, Any] = {"findings": "Dapat dilaksanakan.", "recommendation": "approve"}

PLAIN_SUBMISSION = Form(
    PlainSubmission,
    pages=(LETTER_PAGE, PEOPLE_PAGE),
    uploads=(REQUEST_LETTER,),
    asked_anew=ASKED_ANEW,
    sample={**LETTER_SAMPLE, **PEOPLE_SAMPLE},
)


def letter_subject(answers: Mapping[str, Any]) -> str:
    """The subject line of the applicant's letter."""
    return str(answers.get("letter_subject", ""))


@dataclass(frozen=True)
class Listing:
    """What lists of services tell of one by its answers: what it is called, and who answers for it; may be empty."""

    title: str = ""
    officer: str = ""


def listing(answers: Mapping[str, Any]) -> Listing:
    """The system's name of a :class:`SystemPart`, and the responsible officer of a :class:`PeoplePart`."""
    return Listing(str(answers.get("system_name", "")), str(answers.get("responsible_officer_name", "")))


def wished_names(answers: Mapping[str, Any]) -> Sequence[NameWish]:
    """The name of a :class:`NamePart`; none where it isn't filled in."""
    label, zone = answers.get("name_label"), answers.get("name_zone")
    known = isinstance(label, str) and isinstance(zone, str) and label and zone
    return (NameWish(str(label), str(zone)),) if known else ()


def signer_nip(answers: Mapping[str, Any]) -> str:
    """The NIP of the responsible officer of a :class:`PeoplePart`, who signed the letter; may be empty."""
    return str(answers.get("responsible_officer_nip", ""))


def people_of(answers: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """``responsible_officer`` as ``{name, nip, position}`` and ``contact`` as ``{name, phone, email}``."""
    return {
        "responsible_officer": {
            part: answers.get(f"responsible_officer_{part}", "") for part in ("name", "nip", "position")
        },
        "contact": {part: answers.get(f"contact_{part}", "") for part in ("name", "phone", "email")},
    }


def name_lines(answers: Mapping[str, Any]) -> Lines:
    """The wished names of a :class:`NamePart` as lines."""
    return [("Nama domain", wish.fqdn) for wish in wished_names(answers)]
