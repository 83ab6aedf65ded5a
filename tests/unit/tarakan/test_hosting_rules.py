"""Tarakan's own rules: names, settings and what a request ends in."""

import pytest
from marshmallow import ValidationError

from tapak.sdk.resources import RecordSet, Site
from tapak.testing.view import MemoryView
from tapak_tarakan.hosting import HOSTING
from tapak_tarakan.plugin import procedures, settings_schema
from tapak_tarakan.settings import TarakanSettings

ANSWERS = {"name_label": "antrean", "name_zone": "example.test", "system_name": "Antrean Daring"}


def view_with(address: str, **settings: object) -> MemoryView:
    results = {"review": {"address": address}}
    return MemoryView.of(HOSTING, "provision", answers=ANSWERS, results=results, settings=settings)


def test_the_site_comes_before_its_name():
    site, name = HOSTING.desired_resources(view_with("192.0.2.20", ttl=600))
    assert site.spec == Site("antrean.example.test", title="Antrean Daring", owner="Dinas Contoh")
    assert name.spec == RecordSet("example.test", "antrean.example.test", "A", ("192.0.2.20",), 600)
    assert name.needs == ("site",)


def test_an_ipv6_address_gets_an_aaaa_record():
    _, name = HOSTING.desired_resources(view_with("2001:db8::20"))
    assert (name.spec.type, name.spec.values, name.spec.ttl) == ("AAAA", ("2001:db8::20",), 300)


def test_nothing_is_wanted_before_the_review_chose_an_address():
    assert HOSTING.desired_resources(MemoryView.of(HOSTING, answers=ANSWERS)) == ()
    assert HOSTING.desired_resources(view_with("")) == ()


@pytest.mark.parametrize(
    ("settings", "refused"),
    [
        ({}, False),
        ({"name_patterns": ["*-dinkes"]}, True),
        ({"name_patterns": ["*-dinkes", "antr*"]}, False),
    ],
)
def test_name_patterns_are_the_tenant_s(settings, refused):
    problems = HOSTING.validate(MemoryView.of(HOSTING, settings=settings), ANSWERS)
    assert set(problems) == ({"name_label"} if refused else set())


def test_a_tenant_that_set_nothing_runs_on_defaults():
    settings = TarakanSettings().load({})
    assert settings["ttl"] == 300
    assert settings["name_patterns"] == ["*"]
    assert "Proses lebih lanjut" in settings["disposition_instructions"]
    assert "IP publik tidak tersedia" in settings["return_reasons"]


def test_defaults_of_one_tenant_are_not_another_s():
    TarakanSettings().load({})["reserved_names"].append("mine")
    assert "mine" not in TarakanSettings().load({})["reserved_names"]


@pytest.mark.parametrize(
    "given",
    [
        {"ttl": 59},
        {"ttl": 86_401},
        {"ttl": "cepat"},
        {"reserved_names": ["x" * 64]},
        {"reserved_names": "www"},
        {"return_reasons": [""]},
        {"disposition_instructions": []},
        {"return_reasons": []},
        {"unknown": 1},
    ],
)
def test_settings_that_cannot_hold_are_refused(given):
    with pytest.raises(ValidationError) as refused:
        TarakanSettings().load(given)
    assert set(refused.value.messages) == set(given)


def test_every_setting_says_what_it_is():
    assert all(field.metadata.get("label") for field in TarakanSettings().fields.values())


def test_the_plugin_hands_over_its_procedure_and_settings():
    assert [procedure.code for procedure in procedures()] == [
        "tarakan.hosting/1",
        "tarakan.colocation/1",
        "tarakan.website/1",
        "tarakan.hosting_change/1",
        "tarakan.website_change/1",
        "tarakan.colocation_change/1",
    ]
    assert (settings_schema().plugin, settings_schema().schema) == ("tarakan", TarakanSettings)
