"""From the servers to the end: provision, hand_over, report and close."""

from dataclasses import replace

import pytest
from marshmallow import ValidationError

from tapak.sdk.errors import Invalid, MissingInput
from tapak.sdk.step_kinds import run_step
from tapak.sdk.view import ResourceState
from tapak_tarakan.hosting import HOSTING


@pytest.fixture
def live(view_at):
    def at(step):
        view = view_at(step)
        return view.with_live(HOSTING.desired_resources(view))

    return at


def test_beginning_provision_declares_what_the_procedure_wants(view_at, kinds):
    view = view_at("provision")
    assert list(kinds["provision"].start(view).resources) == list(HOSTING.desired_resources(view))
    assert kinds["provision"].provisions


def test_provision_ends_when_all_is_live_and_writes_the_records(live, load, kinds):
    view = live("provision")
    result = run_step(kinds["provision"], view, load(view, {}))
    rows = {record.register: record.data for record in result.records}
    assert rows["tapak.names"]["address"] == "192.0.2.20"
    assert {"label": "Server", "value": "Server web bersama"} in rows["tarakan.hosting_configuration"]["configuration"]
    assert result.resources == ()


@pytest.mark.parametrize("state", ["planned", "applying", "verifying", "failed", "removing", "gone"])
def test_provision_cannot_end_before_all_is_live(live, load, kinds, state):
    view = live("provision")
    waiting = ResourceState("name", "record_set", "antrean.example.test/A", state, "Server DNS menolak.")
    view = replace(view, resources=(view.resources[0], waiting))
    with pytest.raises(MissingInput) as refused:
        kinds["provision"].run(view, load(view, {}))
    assert set(refused.value.fields) == {"Rekaman DNS antrean.example.test (A)"}
    assert "Server DNS menolak." in refused.value.message


def test_provision_cannot_end_before_it_began(view_at, load, kinds):
    view = view_at("provision")
    with pytest.raises(MissingInput):
        kinds["provision"].run(view, load(view, {}))


def test_what_is_to_be_made_stands_beside_the_form(view_at, kinds):
    view = view_at("provision", settings={"document_root": "sites/{name}/public", "ttl": 600})
    assert kinds["provision"].shown(view) == [
        ("Nama", "antrean.example.test"),
        ("Situs", "antrean.example.test"),
        ("Rekaman DNS", "antrean.example.test A 192.0.2.20"),
        ("TTL", "600 detik"),
        ("Server", "Server web bersama"),
        ("Document root", "sites/antrean.example.test/public"),
    ]


def test_the_unit_gets_configuration_and_usage(live, load, kinds):
    view = live("hand_over")
    result = run_step(kinds["hand_over"], view, load(view, {"manual_facts": {"bandwidth": "3"}}))
    letter = result.letters[0]
    assert (letter.kind, letter.for_applicant) == ("service_data", True)
    assert letter.context["url"] == "http://antrean.example.test/"
    assert {line["value"] for line in letter.context["resources"]} == {"aktif"}
    assert [figure["value"] for figure in letter.context["figures"]] == ["120", "3"]
    assert [figure["value"] for figure in result.records[0].data["figures"]] == ["120 GB", "3 Mbit/s"]


def test_usage_figures_of_no_source_are_refused(live, load, kinds):
    view = live("hand_over")
    with pytest.raises(Invalid) as refused:
        kinds["hand_over"].run(view, load(view, {"manual_facts": {"stray": "3"}}))
    assert set(refused.value.fields) == {"manual_facts"}


def test_a_usage_report_needs_every_figure(live, kinds):
    required = HOSTING.step("hand_over").required_inputs[0]
    view = live("hand_over")
    assert not kinds["hand_over"].has(view, required, {"manual_facts": {}})
    assert kinds["hand_over"].has(view, required, {"manual_facts": {"bandwidth": "3"}})


def test_the_report_goes_to_the_actor_that_the_step_names(live, load, kinds):
    view = live("report")
    result = kinds["report"].run(view, load(view, {}))
    letter = result.letters[0]
    assert (letter.kind, letter.to, letter.for_applicant) == ("implementation_report", "kadis", False)
    assert letter.context["to_title"] == "Kadis"
    assert "antrean.example.test (A)" in letter.context["summary"]
    assert [figure["value"] for figure in letter.context["figures"]] == ["120", "12"]


def test_a_report_without_words_is_refused(live, load):
    with pytest.raises(ValidationError) as refused:
        load(live("report"), {"summary": " \n "})
    assert set(refused.value.messages) == {"summary"}


@pytest.mark.parametrize(("given", "kept"), [("", None), (None, None), (4, 4), ("3", 3)])
def test_satisfaction_is_optional(live, load, kinds, given, kept):
    view = live("close")
    data = load(view, {"confirm": True, "satisfaction": given})
    assert data["satisfaction"] == kept
    assert kinds["close"].run(view, data).outcome == "done"


@pytest.mark.parametrize("filled", [{"confirm": False}, {}, {"confirm": True, "satisfaction": 5}])
def test_closing_needs_the_confirmation_and_a_grade_that_exists(live, load, filled):
    with pytest.raises(ValidationError):
        load(live("close"), filled)
