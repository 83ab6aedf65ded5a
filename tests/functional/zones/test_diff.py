"""A zone is compared with what is known of it: missing, changed, foreign; nothing is noted or changed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from tapak.audit.models import AuditEvent
from tapak.provisioning.models import Resource

from .conftest import Town, sweep


def diff(town: Town) -> tuple[int, dict[str, Any]]:
    done = town.call("diff", town.zone)
    return done.exit_code, {row["identity"]: row for row in json.loads(done.stdout)}


@pytest.fixture
def taken_in(town: Town) -> Town:
    town.put(town.record("ppdb", "A", "192.0.2.10"), town.record("antrean", "A", "192.0.2.11"))
    town.put(town.record("kata", "TXT", '"satu" "dua"'))
    town.told("import", town.zone)
    return town


@pytest.fixture
def looked_at(taken_in: Town) -> Town:
    sweep(taken_in)
    return taken_in


def test_a_zone_as_it_is_known(taken_in: Town) -> None:
    assert diff(taken_in) == (0, {})


def test_what_is_missing_changed_and_foreign_is_told_and_left(taken_in: Town) -> None:
    town = taken_in
    town.operator.remove(town.record("antrean", "A"))
    town.put(town.record("ppdb", "A", "198.51.100.66"), town.record("slot", "A", "198.51.100.7"))
    town.put(town.record("kata", "TXT", '"satu" "dua"', ttl=60))
    before = town.standing()
    code, told = diff(town)
    assert code == 1
    assert {at: row["kind"] for at, row in told.items()} == {
        f"antrean.{town.zone}/A": "missing",
        f"ppdb.{town.zone}/A": "changed",
        f"kata.{town.zone}/TXT": "changed",
        f"slot.{town.zone}/A": "foreign",
    }
    assert told[f"ppdb.{town.zone}/A"]["found"] == {"ttl": 300, "values": ["198.51.100.66"]}
    assert town.standing() == before
    with town.database.begin(town.tenant.id) as session:
        assert session.scalars(select(Resource).where(Resource.drift.is_not(None))).all() == []
        assert "resource.drifted" not in session.scalars(select(AuditEvent.kind)).all()


def test_only_foreign_records_are_no_failure(taken_in: Town) -> None:
    taken_in.put(taken_in.record("slot", "A", "198.51.100.7"))
    code, told = diff(taken_in)
    assert code == 0
    assert [row["kind"] for row in told.values()] == ["foreign"]


def recent(town: Town) -> tuple[int, dict[str, str]]:
    done = town.call("diff", town.zone, "--recent")
    return done.exit_code, {row["identity"]: row["kind"] for row in json.loads(done.stdout)}


def test_what_changed_since_the_last_look_is_told(looked_at: Town) -> None:
    town = looked_at
    assert recent(town) == (0, {})
    town.operator.remove(town.record("antrean", "A"))
    town.put(town.record("ppdb", "A", "198.51.100.66"), town.record("slot", "A", "198.51.100.7"))
    told = {
        f"antrean.{town.zone}/A": "missing",
        f"ppdb.{town.zone}/A": "changed",
        f"slot.{town.zone}/A": "foreign",
    }
    assert recent(town) == (1, told)


def test_what_a_look_has_noted_is_told_until_it_is_put_back(looked_at: Town) -> None:
    town = looked_at
    town.put(town.record("ppdb", "A", "198.51.100.66"))
    sweep(town)
    assert recent(town) == (1, {f"ppdb.{town.zone}/A": "changed"})
    town.put(town.record("ppdb", "A", "192.0.2.10"))
    assert recent(town) == (0, {})


def test_a_zone_that_nobody_looked_at_is_read_whole(taken_in: Town) -> None:
    taken_in.put(taken_in.record("ppdb", "A", "198.51.100.66"))
    assert recent(taken_in) == (1, {f"ppdb.{taken_in.zone}/A": "changed"})


def test_nothing_is_transferred_where_nothing_changed(looked_at: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("tapak_bind.listing.ZoneListing.read")
    monkeypatch.delattr("tapak_bind.listing.ZoneListing.changes_since")
    assert recent(looked_at) == (0, {})
