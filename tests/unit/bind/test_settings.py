"""The settings of the BIND provider: strict, labelled, and normalised."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

import pytest
from marshmallow import ValidationError

from tapak.sdk.settings import secret_fields
from tapak_bind.provider import BindProvider
from tapak_bind.settings import BindSettings

GOOD: dict[str, Any] = {
    "address": "192.0.2.53",
    "zones": ["Kota.Example.", "lain.example"],
    "key_name": "tapak",
    "key_secret": "cmFoYXNpYQ==",
}


def test_what_is_left_out_has_a_usual_value() -> None:
    loaded = BindSettings().load(GOOD)
    assert loaded["zones"] == ["kota.example", "lain.example"]
    assert (loaded["port"], loaded["algorithm"], loaded["transport"]) == (53, "hmac-sha256", "udp")
    assert loaded["secondaries"] == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("address", "ns1.example.test"),
        ("address", ""),
        ("address", "192.0.2.1\n"),
        ("port", 0),
        ("port", 65536),
        ("port", "53"),
        ("zones", []),
        ("zones", ["kota.example\n"]),
        ("zones", ["a..b"]),
        ("zones", "kota.example"),
        ("key_name", ""),
        ("key_name", "a b"),
        ("key_name", 'a"; };'),
        ("key_secret", ""),
        ("key_secret", "bukan base64!"),
        ("algorithm", "hmac-md5"),
        ("transport", "http"),
        ("timeout", 0),
        ("timeout", 61),
        ("secondaries", [{"address": "ns2"}]),
        ("secondaries", [{"address": "192.0.2.54", "pass": "x"}]),
        ("tidak_dikenal", 1),
    ],
)
def test_bad_settings_are_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        BindSettings().load({**GOOD, field: value})
    assert list(refused.value.messages) == [field]


def test_every_field_has_a_label_and_the_secret_is_marked() -> None:
    assert secret_fields(BindSettings) == {"key_secret"}
    assert all(field.metadata.get("label") for field in BindSettings().fields.values())


def test_the_provider_is_found_by_its_entry_point() -> None:
    (entry,) = entry_points(group="tapak", name="bind")
    assert list(entry.load().providers()) == [BindProvider]
