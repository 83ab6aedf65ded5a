"""What is filled in for a hosting request at each step, and what finishing a step leads to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapak.sdk import parts
from tapak.sdk.contexts import common, outcome, people
from tapak.sdk.databases import ENGINE_CHOICES, offered_engines
from tapak.sdk.fields import Choice, Day, Line, Pattern, Prose
from tapak.sdk.forms import Form, Lines, Page, StepSchema
from tapak.sdk.registers import Record
from tapak.sdk.request_view import address_choices, letter_of, named, zone_choices
from tapak.sdk.step_kinds import Letter, Reservation, StepResult
from tapak.sdk.view import View
from tapak.sdk.wording import clock_words, day_words
from tapak_pontianak import files
from tapak_pontianak.registers import APPLICATIONS
from tapak_pontianak.resources import backup_times

RUNTIMES = {"static": "Halaman statis (HTML)", "php": "PHP"}
PERSONAL_DATA = {"no": "Tidak memuat data pribadi", "yes": "Memuat data pribadi"}
APPLICATION_PAGE = Page("application", "Aplikasi")
YEAR = Pattern(r"(?:19|20)[0-9]{2}", "Tulis tahun dengan empat angka.")
FILE_HELP = "Arsip zip, tar, atau tar.gz berisi seluruh aplikasi, dengan halaman muka di folder teratas."
ASK = (
    "Mohon mengirim file aplikasi yang akan dihosting untuk verifikasi dan evaluasi keamanan sistem informasi, tanpa "
    "sandi dan tanpa salinan basis data."
)


class ApplicationPart(StepSchema):
    """What the list of hosted applications holds, and what the application runs on."""

    year = Line("Tahun dibuat", 4, optional=True, page="application", rule=YEAR)
    developer = Line("Pengembang", 200, optional=True, page="application", help="Unit, penyedia, atau perorangan.")
    runtime = Choice("Dijalankan dengan", RUNTIMES, page="application", widget="radio")
    database = Choice("Basis data", ENGINE_CHOICES, page="application", widget="radio")
    personal_data = Choice("Data pribadi", PERSONAL_DATA, page="application", widget="radio", help="Misalnya NIK.")


class HeadDispositionPart(StepSchema):
    """The Kepala Dinas's disposition, where the unit knows it already; step 1 needs it."""

    head_disposition_number = Line(
        "Nomor disposisi Kepala Dinas", 100, page="letter", optional=True, help="Bila surat sudah didisposisikan."
    )
    head_disposition_date = Day("Tanggal disposisi Kepala Dinas", page="letter", optional=True)


class HostingSubmission(
    parts.LetterPart,
    HeadDispositionPart,
    parts.SystemPart,
    ApplicationPart,
    parts.NamePart,
    parts.PeoplePart,
):
    """A submission. The letter's own fields are asked anew after a return; the rest stays."""


class Disposition(StepSchema):
    """The Kepala Dinas's disposition as it came."""

    head_disposition_number = Line("Nomor disposisi Kepala Dinas", 100)
    head_disposition_date = Day("Tanggal disposisi Kepala Dinas")


class Disposing(Disposition, parts.DispositionPart):
    """That disposition, and the Kabid's own."""


class Coordination(StepSchema):
    """With whom the section spoke before it asks for the file."""

    coordination = Prose("Hasil koordinasi dengan Seksi Keamanan dan Persandian", 2000)
    confirmation = Prose("Hasil konfirmasi dengan OPD pemohon", 2000)


class Asking(Coordination, parts.AskPart):
    """The coordination, and what is asked of the applicant."""


class Delivery(StepSchema):
    """What comes with the application's file."""

    application_version = Line("Versi aplikasi", 50, optional=True)
    delivery_note = Prose(
        "Keterangan untuk verifikator",
        2000,
        optional=True,
        help="Cara memasang dan akun uji, tanpa sandi yang dipakai.",
    )


class AddressPart(StepSchema):
    """The address that the name will lead to."""

    address = Choice("IP address", help="Dipakai rekaman DNS pada langkah berikutnya.")


class Hosting(AddressPart, parts.NotePart):
    """The application is put online under the address that is chosen."""


def _head_disposition(view: View) -> Mapping[str, Any]:
    names = ("head_disposition_number", "head_disposition_date")
    return {name: view.answers.get(name) for name in names if view.answers.get(name)}


def _not_ahead(view: View, data: Mapping[str, Any]) -> Mapping[str, list[str]]:
    on = data.get("head_disposition_date")
    return {"head_disposition_date": ["Tanggal disposisi belum tiba."]} if on and on > view.now.date() else {}


def _letter_lines(view: View) -> Lines:
    letter = letter_of(view)
    return [("Surat permohonan", f"{letter['number']}, {letter['date']}"), *parts.name_lines(view.answers)]


SUBMISSION = Form(
    HostingSubmission,
    pages=(parts.LETTER_PAGE, parts.SYSTEM_PAGE, APPLICATION_PAGE, parts.NAME_PAGE, parts.PEOPLE_PAGE),
    uploads=(
        parts.REQUEST_LETTER,
        files.upload(f"{FILE_HELP} Boleh dikirim nanti, saat diminta Seksi PK&AI.", APPLICATION_PAGE.key),
    ),
    asked_anew=parts.ASKED_ANEW | {"head_disposition_number", "head_disposition_date"},
    choices=lambda view: {"name_zone": zone_choices(view), "database": offered_engines(view)},
    initial=lambda view: {"name_zone": next(iter(view.zones), "")},
    problems=_not_ahead,
    sample={
        **parts.LETTER_SAMPLE,
        **parts.SYSTEM_SAMPLE,
        **parts.NAME_SAMPLE,
        **parts.PEOPLE_SAMPLE,
        "letter_subject": "Permohonan sub domain dan hosting",
        "runtime": "static",
        "database": "none",
        "personal_data": "no",
    },
)
DISPOSING = Form(
    Disposing,
    initial=_head_disposition,
    shown=_letter_lines,
    problems=_not_ahead,
    sample={"head_disposition_number": "118/DISP/CONTOH/2026", "head_disposition_date": "2026-11-20"},
)
ASKING = Form(
    Asking,
    title="Koordinasi dan permintaan file aplikasi",
    shown=_letter_lines,
    initial=lambda view: {"asked": "complete" if files.current(view) else "ask", "message": ASK},
    sample={
        "asked": "ask",
        "coordination": "Seksi PKSI siap memverifikasi.",
        "confirmation": "OPD menyiapkan file aplikasinya.",
    },
)
DELIVERY = Form(Delivery, uploads=(files.upload(FILE_HELP),), asking=ASKING, title="File aplikasi")
HOSTING = Form(
    Hosting,
    title="Pemasangan aplikasi",
    choices=lambda view: {"address": address_choices(view)},
    initial=lambda view: {"address": view.shared_address()},
)
NAMING = Form(parts.NotePart, title="Pembuatan nama sub domain")


def hosted(view: View, data: Mapping[str, Any]) -> StepResult:
    """The address is the request's own unless it is shared."""
    own = data["address"] and data["address"] != view.shared_address()
    return StepResult(reservations=(Reservation("address", data["address"]),) if own else ())


def named_and_told(view: View, data: Mapping[str, Any]) -> StepResult:
    """The row in the list of hosted applications, and the letter that tells the unit."""
    context = {
        **common(view),
        **people(view),
        **outcome(view),
        "handed_over_on": day_words(view.now),
        "figures": [],
        "note": data["note"],
    }
    letter = Letter("service_data", "tapak/service_data", f"Data layanan {named(view)}", context)
    return StepResult(records=(_application(view),), letters=(letter,))


def _application(view: View) -> Record:
    answers, file = view.answers, files.current(view)
    times = backup_times(view)
    row = {
        "live_on": view.now.date().isoformat(),
        "name": named(view),
        "system_name": answers["system_name"],
        "kind": parts.SYSTEM_KINDS[answers["kind"]],
        "purpose": " ".join(answers["description"].split())[:300],
        "agency": view.request.agency,
        "responsible_officer": answers["responsible_officer_name"],
        "year": answers.get("year", ""),
        "developer": answers.get("developer", ""),
        "technology": answers.get("technology", ""),
        "database": ENGINE_CHOICES[answers["database"]],
        "personal_data": PERSONAL_DATA[answers["personal_data"]],
        "backup": f"Harian pukul {clock_words(times, view.now)}" if times else "Tidak dicadangkan",
        "address": view.results["host"]["address"],
        "filename": (file.filename if file else "-")[:200],
        "sha256": files.verified(view)["sha256"],
    }
    return Record(APPLICATIONS.key, row)


FORMS = {"submit": SUBMISSION, "dispose": DISPOSING, "coordinate": DELIVERY, "host": HOSTING, "name": NAMING}
EFFECTS = {"host": hosted, "name": named_and_told}
