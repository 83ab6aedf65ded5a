"""The submission: what is refused, what is only told, what becomes the answers."""

from dataclasses import replace

import pytest
from marshmallow import ValidationError

from tapak.sdk.errors import Invalid
from tapak.step_kinds.submit import Submit
from tapak.testing.view import MemoryView
from tapak_tarakan.hosting import HOSTING

FORM = HOSTING.submission
HOSTILE_LABELS = (
    "www\n",
    " antrean",
    "*",
    "antrean.dinas",
    "antr\u0435an",
    "-antrean",
    "antrean-",
    "xn--antrean",
    "a" * 64,
    "",
    "an_trean",
    "12345",
    "www",
    "an\u200btrean",
    "antrean;rm",
)


def test_a_careful_submission_becomes_the_answers(view_at, load, kinds, submission):
    view = view_at("submit")
    result = kinds["submit"].run(view, load(view, {**submission, "responsible_officer_nip": "198501012010011001"}))
    assert result.outcome == "done"
    assert result.subject == "Antrean Daring · antrean.example.test"
    assert result.answers["responsible_officer_nip"] == "19850101 201001 1 001"
    assert result.answers["letter_date"] == "2026-11-19"


@pytest.mark.parametrize("label", HOSTILE_LABELS)
def test_a_bad_name_is_refused_at_its_field(view_at, load, submission, label):
    with pytest.raises(ValidationError) as refused:
        load(view_at("submit"), {**submission, "name_label": label})
    assert set(refused.value.messages) == {"name_label"}


def test_capitals_in_a_name_are_written_small(view_at, load, submission):
    assert load(view_at("submit"), {**submission, "name_label": "Antrean"})["name_label"] == "antrean"


def test_a_taken_name_is_refused_at_its_field(view_at, load, kinds, submission):
    view = view_at("submit", taken=frozenset({"antrean.example.test"}))
    with pytest.raises(Invalid) as refused:
        kinds["submit"].run(view, load(view, submission))
    assert refused.value.fields == {"name_label": ["antrean.example.test sudah dipakai."]}


def test_the_procedure_s_own_rules_are_asked(view_at, load, kinds, submission):
    view = view_at("submit", settings={"name_patterns": ["*-dinkes"]})
    with pytest.raises(Invalid) as refused:
        kinds["submit"].run(view, load(view, submission))
    assert set(refused.value.fields) == {"name_label"}


def test_a_zone_of_somebody_else_is_refused(view_at, load, submission):
    with pytest.raises(ValidationError) as refused:
        load(view_at("submit"), {**submission, "name_zone": "other.test"})
    assert set(refused.value.messages) == {"name_zone"}


def test_a_letter_from_tomorrow_is_refused(view_at, load, kinds, submission):
    view = view_at("submit")
    with pytest.raises(Invalid) as refused:
        kinds["submit"].run(view, load(view, {**submission, "letter_date": "2026-11-21"}))
    assert set(refused.value.fields) == {"letter_date"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("system_name", "x" * 121),
        ("system_name", "   "),
        ("system_name", "dua\nbaris"),
        ("system_name", "nol\x00"),
        ("system_name", "balik\u202e"),
        ("system_name", "\ud800"),
        ("system_name", 7),
        ("system_name", None),
        ("description", "x" * 2001),
        ("description", ["x"]),
        ("kind", "casino"),
        ("kind", ""),
        ("address_kind", {"a": 1}),
        ("letter_date", "31/12/2026"),
        ("letter_date", "0001-01-01"),
        ("letter_date", 20261120),
        ("contact_phone", "telepon"),
        ("contact_phone", "0812\n345678"),
        ("contact_email", "nama@instansi.go.id\nBcc: x@y.zz"),
        ("contact_email", "nama@"),
        ("contact_email", "nama instansi@example.test"),
        ("statement", False),
        ("statement", "mungkin"),
        ("statement", []),
        ("tidak_dikenal", "x"),
    ],
)
def test_bad_input_is_told_at_its_field(view_at, load, submission, field, value):
    with pytest.raises(ValidationError) as refused:
        load(view_at("submit"), {**submission, field: value})
    assert set(refused.value.messages) == {field}


def test_every_empty_field_is_told_in_indonesian(view_at, kinds):
    problems = kinds["submit"].schema(view_at("submit")).validate({})
    wanted = {name for name, field in FORM.schema().fields.items() if field.required}
    assert set(problems) == wanted
    assert {told for name, messages in problems.items() if name != "statement" for told in messages} == {"Wajib diisi."}


@pytest.mark.parametrize("nip", ["", "123", "19851301 201001 1 001", "19850101 201001 3 001", "bukan angka"])
def test_an_odd_nip_is_told_and_not_refused(view_at, load, kinds, submission, nip):
    view = view_at("submit")
    data = load(view, {**submission, "responsible_officer_nip": nip})
    assert "responsible_officer_nip" in kinds["submit"].warnings(view, data)
    assert kinds["submit"].run(view, data).answers["system_name"] == "Antrean Daring"


def test_a_plausible_nip_is_not_remarked_on(view_at, load, kinds, submission):
    view = view_at("submit")
    data = load(view, {**submission, "responsible_officer_nip": "19850101 201001 1 001"})
    assert kinds["submit"].warnings(view, data) == {}


def test_after_a_return_all_stays_but_the_letter_and_the_statement(view_at, kinds, submission):
    view = view_at("submit", answers=submission)
    initial = kinds["submit"].initial(view)
    assert {"letter_number", "letter_date", "statement"}.isdisjoint(initial)
    assert initial["system_name"] == "Antrean Daring"


def test_a_letter_of_the_first_revision_is_no_letter_of_the_second(view_at, kinds):
    required = HOSTING.step("submit").required_inputs[0]
    view = view_at("submit").with_document("request_letter")
    assert kinds["submit"].has(view, required, {})
    assert not kinds["submit"].has(replace(view, request=replace(view.request, revision=2)), required, {})


def test_every_field_and_upload_stands_on_a_page():
    pages = {page.key for page in FORM.pages}
    assert {field.metadata.get("page") for field in FORM.schema().fields.values()} == pages
    assert {upload.page for upload in FORM.uploads} <= pages


def test_choices_of_one_request_do_not_leak_into_another():
    first = Submit().schema(MemoryView.of(HOSTING, zones=("one.test",)))
    second = Submit().schema(MemoryView.of(HOSTING, zones=("two.test",)))
    assert "name_zone" not in first.validate({"name_zone": "one.test"})
    assert "name_zone" in second.validate({"name_zone": "one.test"})
