"""Every word of Tarakan's forms and registers has its English, in core's catalogue or the plugin's own."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import tapak_tarakan
from tapak import web
from tapak.requests.forms import FormField, describe
from tapak.sdk.forms import Form
from tapak_tarakan.colocation import COLOCATION
from tapak_tarakan.hosting import HOSTING
from tapak_tarakan.registers import REGISTERS
from tapak_tarakan.website import WEBSITE


def words_of(fields: tuple[FormField, ...]) -> set[str]:
    choices = {label for field in fields for value, label in field.choices if value not in ("", label)}
    told = {text for field in fields for text in (field.label, field.help)} - {""}
    return told | choices | {word for field in fields for word in words_of(field.columns)}


def form_words(form: Form) -> set[str]:
    pages = {page.title for page in form.pages}
    uploads = {text for upload in form.uploads for text in (upload.label, upload.help) if text}
    return words_of(describe(form.schema())) | pages | uploads


@pytest.fixture(scope="module")
def english() -> set[str]:
    found = set()
    for package in (web, tapak_tarakan):
        file = Path(package.__file__).parent / "translations" / "en" / "LC_MESSAGES" / "messages.po"
        with file.open() as opened:
            found |= {message.id for message in read_po(opened) if message.string}
    return found


@pytest.mark.parametrize("procedure", [HOSTING, COLOCATION, WEBSITE], ids=lambda procedure: procedure.key)
def test_forms(procedure, english) -> None:
    assert {word for form in procedure.forms.values() for word in form_words(form)} - english == set()


@pytest.mark.parametrize("register", REGISTERS, ids=lambda register: register.key)
def test_registers(register, english) -> None:
    assert ({register.title} | words_of(describe(register.schema()))) - english == set()
