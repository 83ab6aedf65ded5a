"""A zone is brought to what is known of it by a plan that was confirmed, within limits, by reconciliation."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from tapak.cli.main import tapak
from tapak.provisioning.models import JournalEntry, Resource

from .conftest import Town, sweep

NO_WAIT = ("--wait", "0")


@pytest.fixture
def drifted(town: Town) -> Town:
    """Taken in; then one is changed, one removed, and one is somebody else's."""
    records = [town.record(label, "A", f"192.0.2.{number}") for number, label in enumerate(("satu", "dua", "tiga"), 10)]
    town.put(*records)
    town.told("import", town.zone)
    town.put(town.record("satu", "A", "198.51.100.66"), town.record("slot", "A", "198.51.100.7"))
    town.operator.remove(town.record("dua", "A"))
    return town


def planned(town: Town, *options: str) -> Any:
    done = town.call("sync", town.zone, *options)
    assert done.exit_code == 1, done.output
    (told,) = json.loads(done.stdout)
    assert told["done"] is False
    return told


def confirm(town: Town, plan: Any, *options: str) -> None:
    town.call("sync", town.zone, *options, "--confirm", plan["checksum"], *NO_WAIT)
    town.work()


def test_the_plan_is_shown_and_nothing_happens(drifted: Town) -> None:
    before = drifted.standing()
    plan = planned(drifted)
    actions = {each["identity"]: each["action"] for each in plan["plan"]}
    assert actions == {f"satu.{drifted.zone}/A": "update", f"dua.{drifted.zone}/A": "create"}
    table = CliRunner().invoke(tapak, ["zone", "sync", drifted.zone, "--tenant", drifted.tenant.slug]).stdout
    (line,) = [line for line in table.splitlines() if line.startswith("update")]
    assert line.count(f"satu.{drifted.zone}") == 1
    assert drifted.standing() == before


def test_what_is_ours_is_put_back_with_journal(drifted: Town) -> None:
    town = drifted
    confirm(town, planned(town))
    standing = town.standing()
    assert standing[f"satu.{town.zone}/A"].values == ("192.0.2.10",)
    assert standing[f"dua.{town.zone}/A"].values == ("192.0.2.11",)
    assert standing[f"slot.{town.zone}/A"].values == ("198.51.100.7",)
    with town.database.begin(town.tenant.id) as session:
        row = session.scalars(select(Resource).where(Resource.identity == f"satu.{town.zone}/A")).one()
        lines = session.scalars(select(JournalEntry).where(JournalEntry.resource_id == row.id).order_by("id"))
        assert [line.phase for line in lines] == ["adopted", "drift", "repair", "intent", "applied", "verified"]
        assert row.drift is None
    (told,) = town.told("sync", town.zone)
    assert told["plan"] == []


@pytest.mark.parametrize("looks", [1, 2])
def test_what_changed_since_the_last_look_is_put_back(town: Town, looks: int) -> None:
    """Whether the look was before the change, or has noted it."""
    town.put(town.record("satu", "A", "192.0.2.10"), town.record("dua", "A", "192.0.2.11"))
    town.told("import", town.zone)
    sweep(town)
    town.put(town.record("satu", "A", "198.51.100.66"))
    for _ in range(looks - 1):
        sweep(town)
    plan = planned(town, "--recent")
    assert [each["identity"] for each in plan["plan"]] == [f"satu.{town.zone}/A"]
    confirm(town, plan, "--recent")
    assert town.standing()[f"satu.{town.zone}/A"].values == ("192.0.2.10",)
    assert town.told("sync", town.zone, "--recent")[0]["plan"] == []


def test_what_is_foreign_goes_only_where_that_was_asked_for(drifted: Town) -> None:
    town = drifted
    plan = planned(town, "--delete-foreign")
    assert [each["action"] for each in plan["plan"] if each["identity"] == f"slot.{town.zone}/A"] == ["delete"]
    confirm(town, plan, "--delete-foreign")
    assert f"slot.{town.zone}/A" not in town.standing()
    assert town.services()[f"slot.{town.zone}"].state == "ended"


def test_a_zone_that_moved_on_needs_a_new_confirmation(drifted: Town) -> None:
    town = drifted
    plan = planned(town)
    town.put(town.record("satu", "A", "198.51.100.99"))
    done = town.call("sync", town.zone, "--confirm", plan["checksum"], *NO_WAIT)
    assert done.exit_code == 1
    assert "berubah" in done.output
    assert town.standing()[f"satu.{town.zone}/A"].values == ("198.51.100.99",)


def test_a_plan_above_its_limits_is_refused(town: Town) -> None:
    names = [town.record(f"n{number}", "A", "192.0.2.1") for number in range(12)]
    town.put(*names)
    plan = planned(town, "--delete-foreign", "--max-removals", "100")
    done = town.call("sync", town.zone, "--delete-foreign", "--confirm", plan["checksum"], *NO_WAIT)
    assert done.exit_code == 1
    assert "--max-removals" in done.output
    assert len(town.standing()) == 12
    confirm(town, plan, "--delete-foreign", "--max-removals", "100")
    assert town.standing() == {}
