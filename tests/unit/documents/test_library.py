"""Letters as folders: core's own, a plugin's, and what a template may not do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tapak.documents.library import CORE_LETTERS, BadLetter, LetterLibrary
from tapak.sdk.errors import NotFound

LETTERS = (
    "tapak/disposition_sheet",
    "tapak/implementation_report",
    "tapak/notice",
    "tapak/review_report",
    "tapak/service_data",
)
TEMPLATES = tuple(sorted([*LETTERS, "tapak/printed_tables"]))
ADDED = {
    "title",
    "letterhead",
    "number",
    "date",
    "date_iso",
    "place",
    "signer",
    "register_number",
    "carbon_copies",
}


def documented_keys(project_root: Path, letter: str) -> set[str]:
    text = (project_root / "docs" / "procedures.md").read_text()
    common, *sections = re.split(r"\n(?=`tapak/)", text[text.index("## Letters and their contexts") :])
    section = next(section for section in sections if section.startswith(f"`{letter}`"))
    cells = [row.split("|")[1] for row in (common + section).splitlines() if row.startswith("| `")]
    return {key for cell in cells for key in re.findall(r"`([a-z_]+)`", cell)}


def library_of(folder: Path, html: str) -> LetterLibrary:
    letter = folder / "letters" / "permit"
    letter.mkdir(parents=True)
    (letter / "letter.toml").write_text('title = "Izin"\n')
    (letter / "letter.html").write_text(html)
    (letter / "letter.css").write_text("p { color: navy }")
    return LetterLibrary({"example": folder / "letters"})


def test_core_brings_five_letters_and_what_tables_are_printed_with() -> None:
    assert CORE_LETTERS.names() == TEMPLATES


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_needs_no_more_than_is_documented(project_root: Path, name: str) -> None:
    assert set(CORE_LETTERS.letter(name).sample) - ADDED == documented_keys(project_root, name) - ADDED


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_is_written_from_its_sample(name: str) -> None:
    sample = CORE_LETTERS.letter(name).sample
    html = CORE_LETTERS.html(name, sample)
    assert html.count("<title>") == 1
    assert sample["letterhead"]["lines"][0] in html


@pytest.mark.parametrize(
    "name", ["tapak/none", "tapak/base", "other/notice", "tapak/../notice", "notice", "tapak/notice\n"]
)
def test_a_letter_that_nobody_brings(name: str) -> None:
    with pytest.raises(NotFound):
        CORE_LETTERS.html(name, {})


def test_a_plugins_letter_builds_on_cores(tmp_path: Path) -> None:
    library = library_of(
        tmp_path,
        '{% extends "tapak/base/letter.html" %}{% from "tapak/base/parts.html" import box %}'
        "{% block content %}<p>{{ box(agency, true) }}</p>{% endblock %}",
    )
    assert library.names() == ("example/permit", *TEMPLATES)
    letter = library.letter("example/permit")
    assert letter.title == "Izin"
    assert letter.styles[1] == "p { color: navy }"
    html = library.html("example/permit", letter.sample)
    assert "Dinas Kesehatan" in html
    assert "Pemerintah Kota Contoh" in html


def test_a_plugin_cannot_take_the_place_of_cores_letters(tmp_path: Path) -> None:
    assert LetterLibrary({"tapak": tmp_path}).names() == TEMPLATES


@pytest.mark.parametrize(
    "template",
    [
        "{{ missing }}",
        "{{ signer.missing.more }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ carbon_copies.append(1) }}",
        "{{ letterhead.update({'paper': 'A4'}) }}",
        "{% for n in range(10000000) %}{% endfor %}",
        "{{ 1 // 0 }}",
        "{{ 'a' + 1 }}",
        "{% include 'tapak/../../library.py' %}",
        "{% include '/etc/passwd' %}",
        "{% broken %}",
    ],
)
def test_a_template_that_reaches_too_far_is_a_bad_letter(tmp_path: Path, template: str) -> None:
    library = library_of(tmp_path, template)
    with pytest.raises(BadLetter) as raised:
        library.html("example/permit", library.letter("example/permit").sample)
    assert "example/permit" in raised.value.log
    assert "templat" in raised.value.message
