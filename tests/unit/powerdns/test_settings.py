"""The settings of the PowerDNS provider: strict, labelled, and normalised."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

import pytest
from marshmallow import ValidationError

from tapak.sdk.settings import secret_fields
from tapak_powerdns.provider import PowerdnsProvider
from tapak_powerdns.settings import PowerdnsSettings

GOOD: dict[str, Any] = {
    "url": "http://192.0.2.53:8081",
    "api_key": "rahasia",
    "zones": ["Kota.Example."],
    "address": "192.0.2.53",
}


def test_what_is_left_out_has_a_usual_value() -> None:
    loaded = PowerdnsSettings().load(GOOD)
    assert loaded["zones"] == ["kota.example"]
    assert (loaded["port"], loaded["server"], loaded["transport"]) == (53, "localhost", "udp")
    assert (loaded["name_servers"], loaded["secondaries"], loaded["comments"]) == ([], [], True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "192.0.2.53:8081"),
        ("url", "ftp://192.0.2.53"),
        ("url", "http://192.0.2.53/api/v1"),
        ("url", "http://a:b@192.0.2.53"),
        ("url", "http://192.0.2.53\n"),
        ("api_key", ""),
        ("api_key", "dua kata"),
        ("api_key", "kunci\n"),
        ("server", "../lain"),
        ("address", "ns1.example.test"),
        ("zones", []),
        ("name_servers", ["a..b"]),
        ("comments", "ya"),
        ("tidak_dikenal", 1),
    ],
)
def test_bad_settings_are_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        PowerdnsSettings().load({**GOOD, field: value})
    assert list(refused.value.messages) == [field]


def test_every_field_has_a_label_and_the_secret_is_marked() -> None:
    assert secret_fields(PowerdnsSettings) == {"api_key"}
    assert all(field.metadata.get("label") for field in PowerdnsSettings().fields.values())


def test_the_provider_is_found_by_its_entry_point() -> None:
    (entry,) = entry_points(group="tapak", name="powerdns")
    assert list(entry.load().providers()) == [PowerdnsProvider]
