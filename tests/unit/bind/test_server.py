"""The private named: found, restarted and stopped by whoever knows its directory."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from tapak.demo.servers.bind import BindSecondary, BindServer
from tapak.demo.servers.process import ServerProblem, free_port
from tapak.sdk.resources import RecordSet
from tapak.testing.dns_server import DnsOperator
from tapak_bind.provider import BindProvider


@pytest.fixture
def directory(server_directory: Path, request: pytest.FixtureRequest) -> Path:
    return server_directory / request.node.name


def connected(server: BindServer, *followers: BindServer) -> BindProvider:
    given = {
        "address": server.address,
        "port": server.port,
        "zones": list(server.zones),
        "key_name": server.key_name,
        "key_secret": server.key_secret,
        "secondaries": [{"address": each.address, "port": each.port} for each in followers],
    }
    return BindProvider(BindProvider.settings_schema().load(given))


def test_another_process_finds_and_stops_it(directory: Path) -> None:
    first = BindServer(directory, ["satu.test"])
    with first:
        pid = first.daemon.pid()
        second = BindServer(directory)
        assert (second.port, second.key_secret, second.zones) == (first.port, first.key_secret, first.zones)
        second.start()
        assert second.daemon.pid() == pid
        second.stop()
        assert not first.running()
        assert not first.answers()


def test_zones_and_records_outlive_a_restart(directory: Path) -> None:
    record = RecordSet("satu.test", "www.satu.test", "A", ("192.0.2.1",))
    with BindServer(directory, ["satu.test"]) as server:
        DnsOperator(server).put(record)
    with BindServer(directory) as server, connected(server) as provider:
        assert provider.read([record]) == {record.identity: record}


def test_a_zone_is_added_while_it_runs(directory: Path) -> None:
    with BindServer(directory, ["satu.test"]) as server:
        pid = server.daemon.pid()
        wider = BindServer(directory, ["satu.test", "dua.test"]).start()
        assert wider.daemon.pid() == pid
        with connected(wider) as provider:
            assert provider.serial("dua.test") == 1


def test_a_secondary_follows_at_once(directory: Path) -> None:
    port = free_port()
    record = RecordSet("satu.test", "www.satu.test", "A", ("192.0.2.1",))
    with (
        BindServer(directory / "primary", ["satu.test"], notify=[port]) as primary,
        BindSecondary(directory / "secondary", primary, port=port) as secondary,
        connected(primary, secondary) as provider,
    ):
        DnsOperator(primary).put(record)
        began = time.monotonic()
        assert provider.verify([record], timeout=10)[0].live
        assert time.monotonic() - began < 5


def test_what_does_not_start_tells_why(directory: Path) -> None:
    with BindServer(directory / "a", ["satu.test"]) as first:
        second = BindServer(directory / "b", ['bukan"zona'], port=first.port)
        with pytest.raises(ServerProblem, match=r"(?s)ended at once.*loading configuration"):
            second.start()
        assert not second.running()


def test_secrets_are_for_its_own_account_only(directory: Path) -> None:
    with BindServer(directory, ["satu.test"]) as server:
        holding = [path for path in directory.iterdir() if server.key_secret in read(path)]
        assert {path.name for path in holding} == {"named.conf", "state.json"}
        assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in holding)
        assert (directory / "data").stat().st_mode & 0o077 == 0
        owner = Path(f"/proc/{server.daemon.pid()}").stat().st_uid
        assert owner != 0 or os.geteuid() != 0


def read(path: Path) -> str:
    return path.read_text(errors="replace") if path.is_file() else ""
