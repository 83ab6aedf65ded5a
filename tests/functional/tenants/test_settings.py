"""Settings: strict when they are stored, resolved with defaults, secrets write-only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from marshmallow import fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from tapak.sdk.errors import Invalid
from tapak.sdk.settings import SettingsSchema
from tapak.tenants.models import PluginSetting, Tenant
from tapak.tenants.secrets import Unreadable, append_identity, new_identity, read_identities
from tapak.tenants.settings import check_tenant_settings, resolve, save, secrets_of


class Trial(SettingsSchema):
    ttl = fields.Integer(load_default=300, strict=True, validate=validate.Range(60, 86400))
    reserved_names = fields.List(fields.String(), load_default=lambda: ["walikota"])
    api_key = fields.String(required=True, metadata={"secret": True})
    other_key = fields.String(metadata={"secret": True})


@pytest.fixture
def identities(tenant: Tenant, tmp_path: Path) -> Any:
    pair = new_identity()
    tenant.recipient = pair.recipient
    append_identity(tmp_path / "keys", pair, "contoh")
    return read_identities(tmp_path / "keys")


def stored(session: Session) -> dict[str, Any]:
    return session.scalars(select(PluginSetting.content)).one()


def test_what_is_not_set_has_its_default(session: Session, tenant: Tenant) -> None:
    tenant.settings = {"numbers": {"agenda": "{seq}"}, "reserved_names": ["kota"]}
    assert resolve(session, tenant, "trial", Trial) == {
        "numbers": {"agenda": "{seq}"},
        "ttl": 300,
        "reserved_names": ["kota", "walikota"],
    }
    assert resolve(session, tenant, "none", None) == tenant.settings


def test_saves_changes_and_says_so(session: Session, tenant: Tenant, identities: Any) -> None:
    assert save(session, tenant, "trial", Trial, {"ttl": 600, "api_key": "rahasia satu"})
    assert resolve(session, tenant, "trial", Trial) == {"ttl": 600, "reserved_names": ["walikota"]}
    assert not save(session, tenant, "trial", Trial, {"ttl": 600, "api_key": ""})
    assert save(session, tenant, "trial", Trial, {"api_key": ""})
    assert resolve(session, tenant, "trial", Trial)["ttl"] == 300


def test_a_blank_secret_keeps_the_old_one(session: Session, tenant: Tenant, identities: Any) -> None:
    save(session, tenant, "trial", Trial, {"api_key": "rahasia satu", "other_key": "rahasia dua"})
    assert "rahasia" not in str(stored(session))
    save(session, tenant, "trial", Trial, {"api_key": "", "other_key": "rahasia tiga", "ttl": 900})
    assert secrets_of(session, tenant, "trial", Trial, identities) == {
        "api_key": "rahasia satu",
        "other_key": "rahasia tiga",
    }
    assert "api_key" not in resolve(session, tenant, "trial", Trial)


def test_a_secret_does_not_open_in_another_plugins_row(session: Session, tenant: Tenant, identities: Any) -> None:
    save(session, tenant, "trial", Trial, {"api_key": "rahasia satu"})
    session.add(PluginSetting(plugin="thief", content=stored(session)))
    session.flush()
    with pytest.raises(Unreadable):
        secrets_of(session, tenant, "thief", Trial, identities)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"api_key": "x", "unknown": 1}, "unknown"),
        ({"api_key": "x", "ttl": 59}, "ttl"),
        ({"api_key": "x", "ttl": "600"}, "ttl"),
        ({"api_key": "x", "reserved_names": "kota"}, "reserved_names"),
        ({"api_key": "x", "reserved_names": [1]}, "reserved_names"),
        ({}, "api_key"),
        ({"api_key": ""}, "api_key"),
        ({"api_key": None}, "api_key"),
        ({"api_key": ["x"]}, "api_key"),
    ],
)
def test_refuses_and_stores_nothing(
    session: Session, tenant: Tenant, identities: Any, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        save(session, tenant, "trial", Trial, values)
    assert list(refused.value.fields) == [field]
    assert session.scalars(select(PluginSetting)).all() == []


@pytest.mark.parametrize(
    "values",
    [
        {"colour": "red"},
        {"numbers": {"agenda": "{year}"}},
        {"numbers": {"agenda": "{seq}/{unit}"}},
        {"numbers": {"agenda": 5}},
        {"number_values": {"Unit": "X"}},
        {"procedures": "tarakan.hosting"},
        {"actors": {"x": "y"}},
        {"waiting_limit_minutes": 0},
        {"document_quota": -1},
        {"reserved_names": [""]},
    ],
)
def test_the_tenants_own_settings_are_strict_too(values: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        check_tenant_settings(values)
    assert list(refused.value.fields) == list(values)
