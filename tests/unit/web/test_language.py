"""Every word that a page says has its English one."""

import re
from html import unescape
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask_babel import force_locale
from marshmallow import Schema
from sqlalchemy import select

from tapak import web
from tapak.connections.inputs import ConnectionInput
from tapak.engine.states import RequestState, TaskState
from tapak.plugins import registry
from tapak.requests.forms import describe
from tapak.requests.models import Task
from tapak.scanning import structure
from tapak.sdk import parts, wording
from tapak.sdk.decisions import RETURN_REASONS, concerned_labels
from tapak.sdk.fields import Table
from tapak.sdk.parts import PLAIN_SUBMISSION
from tapak.sdk.scanning import SEVERITY_WORDS
from tapak.settings import own, steps
from tapak.step_kinds.disposition_sheet import DISPOSITION_INSTRUCTIONS
from tapak.web import refusals, words
from tapak.web.language import CATALOGUES, catalogue
from tapak.web.tasks import PHASES
from tapak_kukar import plugin as kukar
from tapak_kukar.check_pse import CheckPseInput
from tapak_pontianak import plugin as pontianak
from tapak_pontianak.aspects import ASPECTS
from tapak_pontianak.verify_security import VerificationInput
from tapak_tarakan.hosting import HOSTING
from tapak_tarakan.registers import REGISTERS

METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
OPTIONS = {"templates/**.html": {"extensions": "jinja2.ext.do"}}
KEYWORDS = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2)}
PLACE = re.compile(r"%\(\w+\)[sd]")


CORE = "tapak."


def form_words(schema: Schema) -> set[str]:
    """What a form says of its fields; a choice without words of its own is not one of them."""
    choices = {label for field in describe(schema) for value, label in field.choices if value not in ("", label)}
    return {text for field in describe(schema) for text in (field.label, field.help)} | choices


def declared() -> set[str]:
    """What core's step kinds and registers say, in the words that they are declared with."""
    found = registry()
    kinds = [kind for name, kind in found.step_kinds.items() if name.startswith(CORE)]
    books = [book for key, book in found.registers.items() if key.startswith(CORE)]
    assert len(kinds) > 8
    assert len(books) > 2
    shared = (parts.SystemPart, parts.NamePart, parts.AddressPart, parts.AskPart, ConnectionInput)
    schemas = [each() for each in (*shared, *(kind.input_schema for kind in kinds), *(book.schema for book in books))]
    schemas += [own.OfferedSettings(), *(schema() for *_, schema in own.PLAIN)]
    texts = (
        {text for schema in schemas for text in form_words(schema)} | set(steps.WORDS) | set(steps.CELL_WORDS.values())
    )
    texts |= {text for _key, *titles, _schema in (*own.PLAIN, own.OFFERED, own.QUOTAS) for text in titles} | {own.EACH}
    texts |= {each.title for owner in (*kinds, *books) for each in (owner, *PLAIN_SUBMISSION.pages)}
    texts |= {text for kind in kinds for upload in kind.uploads for text in (upload.label, upload.help)}
    listed = {
        *DISPOSITION_INSTRUCTIONS,
        *RETURN_REASONS,
        *concerned_labels(PLAIN_SUBMISSION).values(),
        *wording.SOURCES.values(),
    }
    scanners = {scanner.title for name, scanner in found.scanners.items() if name.startswith(CORE)}
    assert len(scanners) > 4
    return {*texts, *listed, *scanners, *SEVERITY_WORDS.values(), structure.TITLE, *PHASES.values()} - {""}


def said() -> set[str]:
    folder = Path(web.__file__).parent
    found = {
        message if isinstance(message, str) else message[0]
        for _file, _line, message, _comments, _context in extract_from_dir(
            str(folder), METHODS, OPTIONS, keywords=KEYWORDS, comment_tags=()
        )
    }
    labels = [state.label for state in (*RequestState, *TaskState)]
    return {
        *found,
        *declared(),
        *refusals.TITLES.values(),
        *wording.RESOURCE_STATES.values(),
        *wording.RESOURCE_KINDS.values(),
        *labels,
    }


def test_every_word_has_its_english_one() -> None:
    with (CATALOGUES / "en" / "LC_MESSAGES" / "messages.po").open("rb") as opened:
        english = {message.id if isinstance(message.id, str) else message.id[0]: message for message in read_po(opened)}
    assert len(said()) > 200
    assert sorted(word for word in said() if word not in english or not english[word].string) == []


def test_every_word_of_the_hosting_service_has_its_english_one() -> None:
    folders = tuple(each.translations for each in registry().folders.values() if each.translations)
    english = catalogue("en", (CATALOGUES, *folders))
    schemas = [form.schema() for form in HOSTING.forms.values()] + [book.schema() for book in REGISTERS]
    wanted = {text for schema in schemas for text in form_words(schema)} | {book.title for book in REGISTERS}
    assert len(wanted) > 40
    same = {"Data", "Domain", "SHA-256", "Status"}
    assert sorted(text for text in wanted - same - {""} if english.gettext(text) == text) == []


def test_every_word_of_kukars_services_has_its_english_one() -> None:
    folders = tuple(each.translations for each in registry().folders.values() if each.translations)
    english = catalogue("en", (CATALOGUES, *folders))
    forms = [form for procedure in kukar.procedures() for form in procedure.forms.values()]
    schemas = [*(form.schema() for form in forms), CheckPseInput(), *(book.schema() for book in kukar.registers())]
    wanted = {text for schema in schemas for text in form_words(schema)} | {book.title for book in kukar.registers()}
    wanted |= {page.title for form in forms for page in form.pages}
    assert len(wanted) > 150
    same = {"Data", "Domain", "Server", "Status", "TTL", "URL"}
    assert sorted(text for text in wanted - same - {""} if english.gettext(text) == text) == []


def test_every_word_of_pontianaks_service_has_its_english_one() -> None:
    folders = tuple(each.translations for each in registry().folders.values() if each.translations)
    english = catalogue("en", (CATALOGUES, *folders))
    forms = [form for procedure in pontianak.procedures() for form in procedure.forms.values()]
    forms += [form.asking for form in forms if form.asking]
    books = pontianak.registers()
    schemas = [*(form.schema() for form in forms), VerificationInput(), *(book.schema() for book in books)]
    wanted = {text for schema in schemas for text in form_words(schema)} | {book.title for book in books}
    wanted |= {page.title for form in forms for page in form.pages}
    wanted |= {text for form in forms for upload in form.uploads for text in (upload.label, upload.help)}
    wanted |= {text for aspect in ASPECTS for text in (aspect.title, *aspect.look_at)}
    page = (Path(pontianak.__file__).parent / "pages" / "verify_security.html").read_text()
    wanted |= set(re.findall(r'_\("([^"]+)"', page))
    assert len(wanted) > 150
    same = {"Domain", "IP address", "MariaDB", "PHP", "PostgreSQL", "SHA-256"}
    assert sorted(text for text in wanted - same - {""} if english.gettext(text) == text) == []


@pytest.mark.parametrize("name", sorted(registry().providers))
def test_every_word_of_a_providers_settings_has_its_english_one(name: str) -> None:
    """In the provider's own catalogue, since core names none."""
    folders = tuple(each.translations for each in registry().folders.values() if each.translations)
    english = catalogue("en", (CATALOGUES, *folders))
    found = [registry().providers[name].settings_schema()]
    found += [field.row() for field in found[0].fields.values() if isinstance(field, Table)]
    wanted = {text for schema in found for text in form_words(schema)} - {"", "Port", "TLS", "Transport"}
    assert sorted(text for text in wanted if english.gettext(text) == text) == []


@pytest.mark.parametrize("name", sorted(registry().settings))
def test_every_word_of_a_plugins_settings_has_its_english_one(name: str) -> None:
    folders = tuple(each.translations for each in registry().folders.values() if each.translations)
    english = catalogue("en", (CATALOGUES, *folders))
    wanted = form_words(registry().settings[name]()) - {"", "Document root"}
    assert sorted(text for text in wanted if english.gettext(text) == text) == []


def test_translations_fill_the_same_places() -> None:
    with (CATALOGUES / "en" / "LC_MESSAGES" / "messages.po").open("rb") as opened:
        for message in read_po(opened):
            one = message.id if isinstance(message.id, str) else message.id[0]
            texts = [message.string] if isinstance(message.string, str) else message.string
            assert [text for text in texts if set(PLACE.findall(text)) != set(PLACE.findall(one)) and one] == []


def test_pages_are_in_english_for_who_asks(site) -> None:
    browser = site.visitor()
    browser.post("/bahasa", {"language": "en"})
    page = browser.get("/layanan/tarakan.hosting").text
    for word in ("Skip to content", "Legal basis", "Quality standard", "back to step 1"):
        assert word in page
    assert "Surat permohonan hosting dari OPD" in page


def texts(page: str) -> set[str]:
    """What stands between the tags."""
    return {unescape(text).strip() for text in re.findall(r">([^<>]+)<", page)}


def test_a_task_is_in_english_with_the_paper_in_its_own_words(site) -> None:
    request_id = site.submitted()
    with site.desk("admin") as desk:
        task_id = desk.session.scalars(select(Task.id).where(Task.request_id == request_id, Task.state == "open")).one()
    with site.in_english("kasubbag") as browser:
        shown = texts(browser.get(f"/tugas/{task_id}").text)
    english = {"Register of incoming letters", "Received on", "Urgency", "Very urgent", "Archive code", "Waiting"}
    paper = {"Scanning Surat, Mengagendakan Surat, Melengkapi lembar disposisi", "buku agenda dan lembar disposisi"}
    assert {*english, *paper, "Scan of the letter", "Nomor antrean bagi warga"} - shown == set()
    assert {"Diterima tanggal", "Sifat", "Amat segera", "Hasil pindai surat"} & shown == set()


def test_choices_are_in_english_and_own_words_as_typed(site) -> None:
    own = {"system_name": "Lainnya", "description": "Biasa", "technology": "Sangat baik", "kind": "other"}
    with site.in_english("dinkes") as browser:
        draft = browser.send("/permohonan/baru/tarakan.hosting", {}).headers["Location"]
        form = texts(browser.get(f"{draft}/system").text)
        browser.send(f"{draft}/system", own)
        shown = texts(browser.get(f"{draft.removesuffix('/isi')}/periksa").text)
    assert {"System or site", "Public service", "Technology", "Language, framework and database, where known."} <= form
    assert {"Lainnya", "Biasa", "Sangat baik", "Other"} <= shown
    assert {"Ordinary", "Very good"} & shown == set()


def test_the_register_is_in_english(site) -> None:
    with site.in_english("admin") as browser:
        shown = texts(browser.get("/buku/tapak.names").text)
    assert {"IP addresses and subdomains", "Hosting usage reports"} <= shown


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("192.0.2.7 (server web bersama)", "192.0.2.7 (shared web server)"),
        ("300 detik", "300 seconds"),
        ("Serial zona example.test", "Serial of zone example.test"),
        ("18 angka.", "18 digits."),
        ("a.example.test 100% a.example.test", "a.example.test 100% a.example.test"),
        ("", ""),
        (
            "Permohonan 012/UBAH-HOST/DKISP/XI/2026 sedang mengerjakan layanan ini. Tunggu sampai selesai, atau tarik "
            "permohonan itu.",
            "Request 012/UBAH-HOST/DKISP/XI/2026 is changing this service. Wait until it is done, or withdraw that "
            "request.",
        ),
        (
            "Langkah 6 memerlukan hasil langkah 2 (“Langkah ukur”).",
            "Step 6 needs the result of step 2 (“Langkah ukur”).",
        ),
        ("Isian permohonan “Nama subdomain” belum ada.", "The request's field “Subdomain” is not filled in yet."),
        ("3 rekaman; 3 alamat IP publik dipakai, 5 bebas", "3 records; 3 public IP addresses in use, 5 free"),
        ("Tuliskan alasan (3 sampai 500 huruf).", "Write a reason (3 to 500 letters)."),
    ],
)
def test_one_name_within_a_text_keeps_its_place(site, text: str, english: str) -> None:
    with site.app.test_request_context(), force_locale("en"):
        assert words.told(text) == english


@pytest.mark.parametrize(
    ("value", "english"),
    [
        (
            "57,3 kB ruang penyimpanan, 1.206 permintaan dan 3,0 kB dalam 7 hari",
            "57.3 kB of storage, 1,206 requests and 3.0 kB in 7 days",
        ),
        (
            "71,1 GB bebas dari 270,6 GB, memori 21,9 GB bebas dari 25,3 GB, beban 4,40 pada 2 prosesor, 3 situs",
            "71.1 GB free of 270.6 GB, memory 21.9 GB free of 25.3 GB, load 4.40 on 2 processors, 3 sites",
        ),
        (
            "0 B dalam 7 hari, 11 permintaan, jam tersibuk 0,00 Mbit/s",
            "0 B in 7 days, 11 requests, busiest hour 0.00 Mbit/s",
        ),
        ("0,03", "0.03"),
        ("tanpa batas", "no limit"),
        ("192.0.2.7", "192.0.2.7"),
    ],
)
def test_figures_are_told_in_the_readers_language(site, value: str, english: str) -> None:
    with site.app.test_request_context(), force_locale("en"):
        assert words.figure(value) == english
    with site.app.test_request_context(), force_locale("id"):
        assert words.figure(value) == value


def test_labels_of_figures_are_told_in_english(site) -> None:
    with site.app.test_request_context(), force_locale("en"):
        told = [words.told(f"Basis data “pelita_c6c349”: {what}") for what in ("terpakai", "batas")]
        assert told == ["Database “pelita_c6c349”: used", "Database “pelita_c6c349”: limit"]
        assert words.told("Hampir penuh di 127.0.0.1:3306") == "Nearly full at 127.0.0.1:3306"
        assert words.told("Pemakaian pelita.example.test") == "Usage of pelita.example.test"


def test_indonesian_needs_no_catalogue() -> None:
    assert catalogue("id").gettext("Kotak masuk") == "Kotak masuk"
    assert catalogue("en").gettext("Kotak masuk") == "Inbox"
    assert catalogue("en").ngettext("%(num)d jam", "%(num)d jam", 2) == "%(num)d hours"
