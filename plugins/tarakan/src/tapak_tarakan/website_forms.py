"""What is filled in for a website, and what a step looks at before it lets it pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tapak.sdk import parts
from tapak.sdk.databases import NO_DATABASE, Database, offered_engines
from tapak.sdk.fields import Choice, Label, Line, Prose, Table, Tick
from tapak.sdk.forms import ARCHIVES, LARGEST_APPLICATION, Form, Lines, Page, StepSchema, Upload
from tapak.sdk.request_view import delivered, zone_choices
from tapak.sdk.resources import Account, Site
from tapak.sdk.scanning import scan_of, unfit
from tapak.sdk.view import ServiceRef, View
from tapak_tarakan import names

READY, NONE = "ready", "none"
PREPARED = {READY: "Sudah siap: arsip aplikasinya disertakan", NONE: "Belum ada: mohon dibuatkan"}
STATIC, PHP = "static", "php"
RUNTIMES = {STATIC: "Halaman statis (HTML)", PHP: "Aplikasi PHP"}
FILES_PAGE = Page("files", "Berkas website")
APPLICATION = Upload(
    "application",
    "Arsip aplikasi",
    "ZIP, TAR atau TAR.GZ; berkas index langsung di tingkat teratas. Arsip diperiksa keamanannya.",
    FILES_PAGE.key,
    ARCHIVES,
    LARGEST_APPLICATION,
    scanned=True,
)
KAK = Upload("kak", "KAK (kerangka acuan kerja)", "PDF.", FILES_PAGE.key)
MANUAL = Upload("manual", "Buku manual", "PDF.", FILES_PAGE.key)
DOCUMENTATION = Upload("documentation", "Dokumentasi aplikasi", "PDF.", FILES_PAGE.key)
APPLICATION_FILES = (APPLICATION, KAK, MANUAL, DOCUMENTATION)
WEBSITE_DATA = Upload(
    "website_data",
    "Data kebutuhan informasi",
    "Naskah, gambar dan data yang dimuat; PDF atau arsip ZIP.",
    media_types=("application/pdf", *ARCHIVES),
)


class PreparedPart(StepSchema):
    """Whether there is an application to be installed."""

    prepared = Choice("Website yang telah disiapkan", PREPARED, page="files", widget="radio")


class PlacePart(StepSchema):
    """Which website is updated, or what a new one is to be called."""

    site = Choice(
        "Website yang dimutakhirkan",
        optional=True,
        page="name",
        help="Pilih bila website sudah berjalan di server ini; kosongkan untuk website baru.",
    )
    name_label = Label(
        "Nama subdomain",
        zone="name_zone",
        page="name",
        optional=True,
        help="Hanya untuk website baru: satu kata tanpa titik, misalnya antrean.",
    )
    name_zone = Choice("Domain", page="name")


class AccessPart(StepSchema):
    """Whether the unit's people send files themselves."""

    sftp_account = Tick(
        "Kami memerlukan akun SFTP untuk mengelola berkas website.",
        page="files",
        help="Akun hanya membuka direktori website ini.",
    )


class WebsiteSubmission(parts.LetterPart, parts.SystemPart, PlacePart, PreparedPart, AccessPart, parts.PeoplePart):
    """A submission. The letter's own fields are asked anew after a return; the rest stays."""


class ChecksPart(StepSchema):
    """What a review of a website checks."""

    server_ok = Tick("Kapasitas server mencukupi")
    name_ok = Tick("Nama subdomain sesuai ketentuan")


class WebsiteReview(PreparedPart, ChecksPart, parts.ReviewPart):
    """What the review found."""


class RuntimePart(StepSchema):
    """How the application runs."""

    runtime = Choice("Cara kerja website", RUNTIMES, widget="radio", help="Untuk yang belum ada: menurut rencana.")
    database = Choice("Basis data", widget="radio", help="Sambungannya diberikan kepada PHP website ini.")


class TargetPart(StepSchema):
    """Where it is installed."""

    site = Choice(
        "Dipasang pada",
        optional=True,
        help="Website yang sudah berjalan mendapat rilis baru; kosong berarti website baru dengan nama yang diminta.",
    )


class Existence(parts.BranchPart, TargetPart, RuntimePart):
    """Row 6: whether the website is there, where it is installed, and how it runs: for one to be made, as planned."""


class NeedRow(StepSchema):
    """One piece of information that the website is to hold."""

    topic = Line("Informasi atau menu", 120)
    content = Line("Isi", 300)
    source = Line("Sumber data", 200)
    keeper = Line("Pengelola", 120)


class AnalysisPart(StepSchema):
    """What the unit needs, as it analysed it."""

    needs = Table("Kebutuhan informasi", NeedRow, most=20)
    functions = Prose(
        "Fungsi yang diperlukan", 2000, optional=True, help="Misalnya formulir, pencarian, unggah berkas."
    )


class MakingPart(RuntimePart, parts.NotePart):
    """What was made."""

    technology = Line("Teknologi yang dipakai", 200, optional=True)


def websites(view: View) -> dict[str, ServiceRef]:
    """The unit's live websites by name."""
    found: dict[str, ServiceRef] = {}
    for service in view.services:
        found |= {each.spec.name: service for each in service.resources if isinstance(each.spec, Site)}
    return found


def chosen_site(view: View) -> str:
    """The website that is updated: what the applicant named, until row 6 says; empty for a new one."""
    return str(view.results.get("exists", view.answers).get("site", ""))


def barrier(view: View) -> str:
    """Why the application of this revision can't be installed; empty where it was looked through and can."""
    report = scan_of(view, delivered(view, APPLICATION.kind))
    if told := unfit(report):
        return told
    grave = report.at_least("critical") if report else ()
    return f"Arsip memuat temuan kritis: {grave[0].text} Perbaiki lalu unggah lagi." if grave else ""


def validate(view: View, answers: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
    """Problems of a submission by field: a website is either one of the unit's or has a name of its own."""
    problems: dict[str, Sequence[str]] = {}
    if answers.get("site") and answers.get("name_label"):
        problems["name_label"] = ["Kosongkan nama ini: website yang dimutakhirkan tetap memakai namanya."]
    elif answers.get("name_label"):
        problems |= names.validate(view, answers)
    elif not answers.get("site"):
        problems["name_label"] = ["Pilih website yang dimutakhirkan, atau isi nama website baru."]
    if answers.get("prepared") == READY and delivered(view, APPLICATION.kind) is None:
        problems[APPLICATION.kind] = ["Unggah arsip aplikasi yang telah disiapkan."]
    if answers.get("sftp_account") and not view.offers(Account.kind):
        problems["sftp_account"] = ["Server web instansi ini belum menyediakan akun SFTP."]
    return problems


def expected_outcomes(answers: Mapping[str, Any]) -> Mapping[str, str]:
    """Rows 7 and 8 lie ahead where nothing is prepared."""
    return {"exists": "exists" if answers.get("prepared") == READY else "absent"}


def subject(answers: Mapping[str, Any]) -> str:
    """The request's one-line title."""
    wished = (wish.fqdn for wish in parts.wished_names(answers))
    return " · ".join(
        text for text in (str(answers.get("system_name", "")), answers.get("site") or next(wished, "")) if text
    )


def about(view: View) -> Lines:
    """What letters call the request's subject."""
    answers = view.answers
    updated = [("Website yang dimutakhirkan", str(answers["site"]))] if answers.get("site") else []
    return [("Nama sistem", str(answers.get("system_name", ""))), *updated, *parts.name_lines(answers)]


def _sites(view: View) -> dict[str, str]:
    found = websites(view).items()
    return {name: service.title if name in service.title else f"{service.title} · {name}" for name, service in found}


def _application(view: View) -> Lines:
    """The application as it lies there, and what was found in it."""
    archive = delivered(view, APPLICATION.kind)
    if archive is None:
        return [("Arsip aplikasi", "Belum ada")]
    report = scan_of(view, archive)
    count = len(report.findings) if report else 0
    found = f"{count} temuan, tidak ada yang kritis" if count else "tidak ada temuan"
    return [("Arsip aplikasi", archive.filename), ("Pemeriksaan keamanan", barrier(view) or found)]


def _as_applied(view: View) -> Mapping[str, Any]:
    return {"prepared": view.answers.get("prepared", "")}


def _reviewed_problems(view: View, data: Mapping[str, Any]) -> Mapping[str, list[str]]:
    if data["recommendation"] == "approve" and not view.shared_address():
        return {"recommendation": ["Alamat server web bersama belum ditetapkan. Minta admin mengisinya."]}
    return {}


def _existence(view: View) -> Mapping[str, Any]:
    site = chosen_site(view)
    service = websites(view).get(site)
    specs = [each.spec for each in service.resources] if service else []
    runs_php = any(isinstance(spec, Site) and spec.php for spec in specs)
    engine = next((spec.engine for spec in specs if isinstance(spec, Database)), NO_DATABASE)
    ready = view.results.get("review", {}).get("prepared") == READY
    return {
        "outcome": "exists" if ready else "absent",
        "site": site if service else "",
        "runtime": PHP if runs_php else STATIC,
        "database": engine,
    }


def _running_problems(data: Mapping[str, Any]) -> dict[str, list[str]]:
    if data["database"] != NO_DATABASE and data["runtime"] == STATIC:
        return {"database": ["Halaman statis tidak dapat memakai basis data; pilih aplikasi PHP."]}
    return {}


def _archive_problems(view: View) -> dict[str, list[str]]:
    missing = delivered(view, APPLICATION.kind) is None
    told = "Unggah arsip aplikasi yang akan dipasang." if missing else barrier(view)
    return {APPLICATION.kind: [told]} if told else {}


def _existence_problems(view: View, data: Mapping[str, Any]) -> Mapping[str, list[str]]:
    if not data["site"] and not parts.wished_names(view.answers):
        return {"site": ["Permohonan ini tidak meminta nama baru; pilih website yang dimutakhirkan."]}
    if data["outcome"] == "absent" and data["site"] and parts.wished_names(view.answers):
        return {"site": ["Website ini belum ada: kosongkan isian ini agar dibuat dengan nama yang diminta."]}
    archive = _archive_problems(view) if data["outcome"] == "exists" else {}
    return {**_running_problems(data), **archive}


def _instructions(view: View) -> Lines:
    note = str(view.results.get("exists", {}).get("note", ""))
    return [("Catatan Bidang Aplikasi dan Informatika", note)] if note else []


def _needed(view: View) -> Lines:
    """What the unit's analysis says, beside the making."""
    told = view.results.get("analyse", {})
    rows = [
        (row["topic"], f"{row['content']} (sumber: {row['source']}; pengelola: {row['keeper']})")
        for row in told.get("needs", ())
    ]
    return [
        *rows,
        *([("Fungsi yang diperlukan", told["functions"])] if told.get("functions") else []),
        *_application(view),
    ]


def _as_decided(view: View) -> Mapping[str, Any]:
    told = view.results.get("exists", {})
    technology = view.answers.get("technology", "")
    return {**{name: told.get(name, "") for name in ("runtime", "database")}, "technology": technology}


SUBMISSION = Form(
    WebsiteSubmission,
    pages=(parts.LETTER_PAGE, parts.SYSTEM_PAGE, parts.NAME_PAGE, FILES_PAGE, parts.PEOPLE_PAGE),
    uploads=(
        parts.REQUEST_LETTER,
        APPLICATION,
        *(replace(each, help="PDF, bila sudah ada.") for each in (KAK, MANUAL, DOCUMENTATION)),
    ),
    asked_anew=parts.ASKED_ANEW,
    choices=lambda view: {"site": _sites(view), "name_zone": zone_choices(view)},
    initial=lambda view: {"name_zone": next(iter(view.zones), "")},
    sample={
        **parts.LETTER_SAMPLE,
        **parts.SYSTEM_SAMPLE,
        **parts.NAME_SAMPLE,
        **parts.PEOPLE_SAMPLE,
        "letter_subject": "Permohonan pembuatan website",
        "prepared": READY,
    },
)
REVIEW = Form(
    WebsiteReview,
    initial=_as_applied,
    shown=_application,
    problems=_reviewed_problems,
    sample={**parts.REVIEW_SAMPLE, "server_ok": True, "name_ok": True},
)
EXISTENCE = Form(
    Existence,
    uploads=APPLICATION_FILES,
    choices=lambda view: {"site": _sites(view), "database": offered_engines(view)},
    initial=_existence,
    shown=_application,
    problems=_existence_problems,
    sample={"runtime": PHP, "database": "mariadb"},
)
ANALYSIS = Form(
    AnalysisPart,
    uploads=(WEBSITE_DATA, replace(KAK, help="PDF, bila sudah ada.")),
    shown=_instructions,
    sample={"needs": [{"topic": "Profil", "content": "Sejarah dan visi", "source": "Sekretariat", "keeper": "Humas"}]},
)
MAKING = Form(
    MakingPart,
    uploads=APPLICATION_FILES,
    choices=lambda view: {"database": offered_engines(view)},
    initial=_as_decided,
    shown=_needed,
    problems=lambda view, data: {**_running_problems(data), **_archive_problems(view)},
)
INSTALLATION = Form(
    parts.NotePart,
    uploads=APPLICATION_FILES,
    shown=_application,
    problems=lambda view, data: _archive_problems(view),
)
