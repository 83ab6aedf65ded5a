"""The review: figures, the choice of address, and a recommendation that its checks bear out."""

import pytest
from marshmallow import ValidationError

from tapak.sdk.errors import Invalid
from tapak_tarakan.hosting import HOSTING

FACTS_REQUIRED = HOSTING.step("review").required_inputs[1]
GOOD = {
    "server_ok": True,
    "bandwidth_ok": True,
    "name_ok": True,
    "findings": "Cukup.",
    "recommendation": "approve",
    "manual_facts": {"bandwidth": "12"},
}


def test_the_report_holds_figures_with_their_sources(view_at, load, kinds):
    view = view_at("review")
    result = kinds["review"].run(view, load(view, {**GOOD, "participants": "JFT satu\n\n JFT dua "}))
    context = result.letters[0].context
    assert [(figure["value"], figure["source"]) for figure in context["figures"]] == [
        ("120", "agen di server"),
        ("12", "diisi manual"),
    ]
    assert context["participants"] == ["JFT satu", "JFT dua"]
    assert (context["recommended"], context["address"]) == (True, "192.0.2.20")


def test_a_figure_that_nobody_knows_keeps_the_step_open(view_at, kinds):
    view, has = view_at("review"), kinds["review"].has
    assert not has(view, FACTS_REQUIRED, {"manual_facts": {}})
    assert not has(view, FACTS_REQUIRED, {"manual_facts": {"bandwidth": ""}})
    assert has(view, FACTS_REQUIRED, {"manual_facts": {"bandwidth": "12"}})
    assert not has(view_at("review", facts=()), FACTS_REQUIRED, {"manual_facts": {}})


def test_the_address_starts_with_what_was_asked_for(view_at, kinds, submission):
    assert kinds["review"].initial(view_at("review"))["address"] == "192.0.2.20"
    dedicated = view_at("review", answers={**submission, "address_kind": "dedicated"})
    assert kinds["review"].initial(dedicated)["address"] == "192.0.2.21"


def test_only_shared_and_free_addresses_can_be_chosen(view_at, load):
    for address in ("192.0.2.20", "192.0.2.22", ""):
        assert load(view_at("review"), {**GOOD, "address": address})["address"] == address
    with pytest.raises(ValidationError) as refused:
        load(view_at("review"), {**GOOD, "address": "192.0.2.99"})
    assert set(refused.value.messages) == {"address"}


@pytest.mark.parametrize(
    ("filled", "field"),
    [
        ({"server_ok": False}, "server_ok"),
        ({"name_ok": False}, "name_ok"),
        ({"address": ""}, "address"),
        ({"manual_facts": {"bandwidth": "12", "stray": "1"}}, "manual_facts"),
    ],
)
def test_a_recommendation_that_its_checks_do_not_bear_out_is_refused(view_at, load, kinds, filled, field):
    view = view_at("review")
    with pytest.raises(Invalid) as refused:
        kinds["review"].run(view, load(view, {**GOOD, **filled}))
    assert set(refused.value.fields) == {field}


def test_a_return_can_be_recommended_without_an_address(view_at, load, kinds):
    view = view_at("review", free=(), shared="")
    data = load(view, {"findings": "Tidak ada IP publik.", "recommendation": "return"})
    assert kinds["review"].run(view, data).letters[0].context["recommended"] is False


@pytest.mark.parametrize("figures", [{"bandwidth": 5}, {"bandwidth": "x" * 201}, ["bandwidth"], "12", {"": "1"}])
def test_bad_figures_are_refused(view_at, load, figures):
    with pytest.raises(ValidationError) as refused:
        load(view_at("review"), {**GOOD, "manual_facts": figures})
    assert set(refused.value.messages) == {"manual_facts"}
