"""What came with a zone is watched like what Tapak made, whether or not it has a unit, at servers of either kind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from tapak.inventory.models import HeldName
from tapak.monitoring.drift import Rows, look
from tapak.provisioning.models import Connection, Resource, ZoneState
from tapak.sdk.provider import ZoneReader
from tapak_bind.provider import BindProvider

from .conftest import Town, connection_settings, sweep


@pytest.fixture
def changed(town: Town) -> Town:
    """Taken in, looked at, and then changed by hand."""
    town.put(town.record("ppdb", "A", "192.0.2.10"), town.record("antrean", "A", "192.0.2.11"))
    town.told("import", town.zone)
    sweep(town)
    town.put(town.record("ppdb", "A", "198.51.100.66"), town.record("slot", "A", "198.51.100.7"))
    return town


def test_a_change_by_hand_is_noted_at_a_name_of_nobody(changed: Town) -> None:
    town = changed
    sweep(town)
    with town.database.begin(town.tenant.id) as session:
        drifted = session.scalars(select(Resource).where(Resource.drift.is_not(None))).all()
        assert [row.identity for row in drifted] == [f"ppdb.{town.zone}/A"]
        assert "198.51.100.66" in drifted[0].reason
        held = session.scalars(select(HeldName).where(HeldName.name == f"slot.{town.zone}")).one()
        assert held.state == "foreign"


def test_a_zone_is_read_whole_once_a_day(changed: Town) -> None:
    town = changed
    with town.database.begin(town.tenant.id) as session:
        session.execute(update(ZoneState).values(whole_at=func.now() - timedelta(days=2)))
    sweep(town)
    with town.database.begin(town.tenant.id) as session:
        assert session.scalar(select(ZoneState.whole_at > func.now() - timedelta(hours=1)))


class Lister(BindProvider):
    """BIND as a server that tells no serials."""

    serial = None  # type: ignore[assignment]
    zone_changes = None  # type: ignore[assignment]


@pytest.fixture
def lister(town: Town) -> Iterator[Lister]:
    with Lister(Lister.settings_schema().load(connection_settings(town.bind, [town.zone]))) as provider:
        assert not isinstance(provider, ZoneReader)
        yield provider


def test_a_server_that_only_lists_is_looked_at_too(changed: Town, lister: Lister) -> None:
    town = changed
    with town.database.begin(town.tenant.id) as session:
        connection = session.scalars(select(Connection)).one()
        seen = look(lister, [town.zone], Rows(session, connection), {town.zone: 1})
    assert [each.ours.spec.identity for each in seen.different] == [f"ppdb.{town.zone}/A"]
    assert f"slot.{town.zone}/A" in {each.identity for each in seen.foreign}
    assert seen.whole == {town.zone}
