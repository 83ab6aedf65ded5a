"""What is changed by hand at the real servers is found and shown, and undone only when an officer wants it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dns.query
import dns.tsigkeyring
import dns.update
import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from tapak.config import Config
from tapak.db.wake import Wake, wake
from tapak.demo.servers.bind import BindServer
from tapak.demo.servers.process import free_port
from tapak.inventory.models import HeldName
from tapak.jobs.run import equip, run
from tapak.jobs.tools import Tools
from tapak.provisioning import service as acts
from tapak.provisioning.connections import DRIFT
from tapak.provisioning.models import Connection, JournalEntry, Resource, ZoneState

from .conftest import ADDRESS, ZONE, Asked, Stack, connect_dns


@dataclass
class Officer:
    account_id: int | None = None
    name: str = "Petugas"


@pytest.fixture
def stack(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """The stack with this process as its worker."""
    for name, value in stack.env.items():
        if name.startswith("TAPAK_"):
            monkeypatch.setenv(name, value)
    tools = Tools.from_config(Config.from_environment())
    equip(tools)
    yield stack
    tools.close()


def live(stack: Stack) -> Asked:
    asked = stack.new_service().declare()
    run(stack.tenant.id, acts.WAKE, asked.service_id)
    assert asked.state == "live"
    return asked


def look(stack: Stack, key: str = "dns") -> None:
    with stack.database.begin(stack.tenant.id) as session:
        connection_id = session.scalars(select(Connection.id).where(Connection.key == key)).one()
        wake(session, DRIFT, connection_id)
    run(stack.tenant.id, DRIFT, connection_id)


def by_hand(stack: Stack, name: str, *values: str) -> None:
    """Replace the A RRset of ``name`` past Tapak; without values remove it."""
    keyring = dns.tsigkeyring.from_text({stack.bind.key_name: stack.bind.key_secret})
    update = dns.update.UpdateMessage(
        ZONE, keyring=keyring, keyname=stack.bind.key_name, keyalgorithm=stack.bind.algorithm
    )
    update.delete(f"{name}.", "A")
    for value in values:
        update.add(f"{name}.", 300, "A", value)
    answer = dns.query.tcp(update, stack.bind.address, port=stack.bind.port, timeout=5)
    assert answer.rcode() == 0


def resource(stack: Stack, asked: Asked, key: str = "name") -> Resource:
    query = select(Resource).where(Resource.service_id == asked.service_id, Resource.key == key)
    with stack.database.begin(stack.tenant.id) as session:
        return session.scalars(query).one()


def held(stack: Stack, name: str) -> str | None:
    with stack.database.begin(stack.tenant.id) as session:
        return session.scalar(select(HeldName.state).where(HeldName.name == name))


@pytest.mark.parametrize(("values", "told"), [(("198.51.100.7",), "198.51.100.7"), ((), "dihapus")])
def test_a_record_changed_or_removed_by_hand_is_found_and_left(
    stack: Stack, values: tuple[str, ...], told: str
) -> None:
    asked = live(stack)
    look(stack)
    by_hand(stack, asked.name, *values)
    look(stack)
    found = resource(stack, asked)
    assert found.drift is not None
    assert (found.state, found.reason_code) == ("live", "drifted")
    assert told in found.reason
    assert asked.answers() == list(values)
    assert asked.journal()["name"] == ["intent", "applied", "verified", "drift"]
    assert asked.events() == ["service.live", "resource.drifted"]


def test_a_change_is_told_once_and_forgotten_when_it_is_undone_by_hand(stack: Stack) -> None:
    asked = live(stack)
    by_hand(stack, asked.name, "198.51.100.7")
    look(stack)
    look(stack)
    assert asked.journal()["name"].count("drift") == 1
    by_hand(stack, asked.name, ADDRESS)
    look(stack)
    assert resource(stack, asked).drift is None
    assert resource(stack, asked).reason == ""


def test_an_officer_has_a_change_by_hand_undone(stack: Stack) -> None:
    asked = live(stack)
    by_hand(stack, asked.name, "198.51.100.7")
    look(stack)
    with stack.database.begin(stack.tenant.id) as session:
        acts.repair(session, resource(stack, asked).id, Officer())
    run(stack.tenant.id, acts.WAKE, asked.service_id)
    assert asked.answers() == [ADDRESS]
    assert resource(stack, asked).drift is None
    assert asked.state == "live"


def test_foreign_names_are_noted_and_forgotten(stack: Stack) -> None:
    look(stack)
    name = f"lama{stack.new_service().service_id}.{ZONE}"
    by_hand(stack, name, "198.51.100.8")
    look(stack)
    assert held(stack, name) == "foreign"
    by_hand(stack, name)
    look(stack)
    assert held(stack, name) is None


def test_our_own_changes_are_no_drift(stack: Stack) -> None:
    look(stack)
    asked = live(stack)
    look(stack)
    assert resource(stack, asked).drift is None
    assert held(stack, asked.name) == "live"
    with stack.database.begin(stack.tenant.id) as session:
        assert session.scalars(select(JournalEntry).where(JournalEntry.phase == "drift")).all() == []


def test_a_site_removed_by_hand_is_found(stack: Stack) -> None:
    asked = live(stack)
    (stack.apache.sites / asked.name).rename(stack.apache.web / f"dibuang-{asked.name}")
    look(stack, "web")
    assert "dihapus" in resource(stack, asked, "site").reason


def test_a_server_that_is_down_is_told_in_one_line_and_asked_again(stack: Stack, server_directory: Path) -> None:
    def pending() -> tuple[int, str]:
        with stack.database.begin(stack.tenant.id) as session:
            query = select(Wake).join(Connection, Connection.id == Wake.row_id)
            row = session.scalars(query.where(Wake.kind == DRIFT, Connection.key == "dns")).one()
            return row.attempts, row.problem

    with BindServer(server_directory / f"bind-{free_port()}", [ZONE]) as own:
        connect_dns(stack.database, stack.tenant, own)
    with capture_logs() as logs:
        look(stack)
    (line,) = logs
    assert (line["event"], line["log_level"], line["kind"]) == ("job put off", "warning", DRIFT)
    assert line["code"] == "provider_unavailable"
    assert line["problem"]
    assert "exc_info" not in line
    attempts, problem = pending()
    assert attempts == 1
    assert problem.startswith("provider_unavailable: ")
    connect_dns(stack.database, stack.tenant, stack.bind)
    with capture_logs() as logs:
        look(stack)
    assert logs == []
    assert pending()[1] == ""


def test_a_look_is_asked_for_again_and_starts_from_its_serial(stack: Stack) -> None:
    look(stack)
    with stack.database.begin(stack.tenant.id) as session:
        pending = session.scalars(select(Wake).where(Wake.kind == DRIFT).order_by(Wake.row_id)).first()
        assert pending is not None and pending.lease_until is None
        before = session.scalars(select(ZoneState)).one().serial
    live(stack)
    look(stack)
    with stack.database.begin(stack.tenant.id) as session:
        assert session.scalars(select(ZoneState)).one().serial == before + 1
