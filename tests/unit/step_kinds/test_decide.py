"""The decision: what an approval reserves and what a return must say."""

from dataclasses import replace

import pytest
from marshmallow import ValidationError

from tapak.sdk.errors import Invalid
from tapak.sdk.procedure import END, Outcome
from tapak.sdk.step_kinds import Reservation

RETURN = {
    "outcome": "return",
    "reasons": ["IP publik tidak tersedia"],
    "explanation": "Gunakan server web bersama.",
    "fields_concerned": ["address_kind", "request_letter"],
}


def test_an_approval_reserves_the_name_and_leaves_the_shared_address(view_at, load, kinds):
    view = view_at("decide")
    result = kinds["decide"].run(view, load(view, {"outcome": "approve"}))
    assert result.outcome == "approve"
    assert result.reservations == (Reservation("name", "antrean.example.test"),)


def test_an_approval_reserves_an_address_of_its_own(view_at, load, kinds):
    view = view_at("decide")
    view = replace(view, results={**view.results, "review": {**view.results["review"], "address": "192.0.2.21"}})
    result = kinds["decide"].run(view, load(view, {"outcome": "approve"}))
    assert Reservation("address", "192.0.2.21") in result.reservations
    assert result.letters[0].context["address_kind"] == "IP publik sendiri"


def test_the_notice_of_an_approval_is_numbered_and_gives_no_reasons(view_at, load, kinds):
    view = view_at("decide")
    letter = kinds["decide"].run(view, load(view, {"outcome": "approve", "reasons": RETURN["reasons"]})).letters[0]
    assert (letter.kind, letter.series, letter.for_applicant) == ("notice_letter", "outgoing", True)
    assert (letter.context["decision"], letter.context["reasons"], letter.context["fields"]) == ("approve", [], [])
    assert letter.context["applicant_letter"]["date"] == "19 November 2026"


def test_the_notice_names_the_letter_as_the_agenda_has_it(view_at, load, kinds):
    view = view_at("decide")
    view = replace(view, answers={**view.answers, "letter_number": "4001", "letter_subject": "Hal lain"})
    told = kinds["decide"].run(view, load(view, RETURN)).letters[0].context["applicant_letter"]
    assert (told["number"], told["subject"]) == ("400/12/CONTOH/2026", "Permohonan hosting")


def test_a_return_tells_reasons_and_fields_and_reserves_nothing(view_at, load, kinds):
    view = view_at("decide")
    result = kinds["decide"].run(view, load(view, RETURN))
    assert (result.outcome, result.reservations) == ("return", ())
    context = result.letters[0].context
    assert context["fields"] == ["Alamat server", "Surat permohonan (PDF)"]
    assert context["reasons"] == ["IP publik tidak tersedia"]
    assert context["address"] == ""


@pytest.mark.parametrize("left_out", ["reasons", "explanation", "fields_concerned"])
def test_a_return_needs_reasons_text_and_fields(view_at, load, kinds, left_out):
    view = view_at("decide")
    empty = "" if left_out == "explanation" else []
    with pytest.raises(Invalid) as refused:
        kinds["decide"].run(view, load(view, {**RETURN, left_out: empty}))
    assert set(refused.value.fields) == {left_out}


def test_without_an_address_nothing_can_be_approved(view_at, load, kinds):
    view = view_at("decide")
    view = replace(view, results={**view.results, "review": {**view.results["review"], "address": ""}})
    with pytest.raises(Invalid) as refused:
        kinds["decide"].run(view, load(view, {"outcome": "approve"}))
    assert set(refused.value.fields) == {"outcome"}


@pytest.mark.parametrize("outcome", ["refuse", "", None, "END", ["approve"]])
def test_only_outcomes_of_the_step_can_be_chosen(view_at, load, outcome):
    with pytest.raises(ValidationError) as refused:
        load(view_at("decide"), {"outcome": outcome})
    assert set(refused.value.messages) == {"outcome"}


def test_a_refusal_where_the_step_has_one_needs_no_fields(view_at, load, kinds):
    view = view_at("decide")
    refusal = Outcome("refuse", "Ditolak", to=END, refuses=True, outside_sop=True)
    view = replace(view, step=replace(view.step, outcomes=(*view.step.outcomes, refusal)))
    data = load(view, {**RETURN, "outcome": "refuse", "fields_concerned": []})
    result = kinds["decide"].run(view, data)
    assert (result.outcome, result.letters[0].context["decision"]) == ("refuse", "refuse")


def test_the_form_starts_from_the_review(view_at, kinds):
    view = view_at("decide")
    assert kinds["decide"].initial(view)["outcome"] == "approve"
    speaks_against = {**view.results["review"], "recommendation": "return", "findings": "Tidak ada IP."}
    initial = kinds["decide"].initial(replace(view, results={**view.results, "review": speaks_against}))
    assert (initial["outcome"], initial["explanation"]) == ("return", "Tidak ada IP.")


def test_the_tenant_s_own_reasons_are_offered(view_at, load):
    view = view_at("decide", settings={"return_reasons": ["Belum lengkap"]})
    assert load(view, {**RETURN, "reasons": ["Belum lengkap"]})["reasons"] == ["Belum lengkap"]
    with pytest.raises(ValidationError):
        load(view, RETURN)


def test_nobody_decides_on_an_own_request(kinds):
    assert [name for name, kind in kinds.items() if kind.decides] == ["decide"]
