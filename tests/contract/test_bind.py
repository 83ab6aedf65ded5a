"""BIND over RFC 2136, on a real named, by UDP and by TCP: the contracts of DNS providers."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tapak.demo.servers.bind import BindSecondary, BindServer
from tapak.demo.servers.process import free_port
from tapak.sdk.dns.channels import TcpChannel, UdpChannel
from tapak.testing.dns_contract import DnsProviderContract
from tapak.testing.dns_faults import DnsFaultsContract
from tapak.testing.dns_server import DnsOperator, DnsPath, black_hole
from tapak.testing.zone_contract import SecondaryContract, ZoneListerContract, ZoneReaderContract
from tapak_bind.provider import BindProvider

ZONE = "example.test"
WRONG_SECRET = base64.b64encode(b"bukan kunci yang benar").decode()


@pytest.fixture(scope="module")
def secondary_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def bind(server_directory: Path, secondary_port: int) -> Iterator[BindServer]:
    directory = server_directory / "contract-bind"
    with BindServer(directory, [ZONE], grants={"asing": ""}, notify=[secondary_port]) as server:
        yield server


@pytest.fixture(scope="module")
def secondary(server_directory: Path, bind: BindServer, secondary_port: int) -> Iterator[BindSecondary]:
    """A secondary that the primary notifies."""
    with BindSecondary(server_directory / "contract-bind-2", bind, port=secondary_port) as server:
        yield server


@pytest.fixture(scope="module")
def straggler(server_directory: Path, bind: BindServer) -> Iterator[BindSecondary]:
    """A secondary that nobody notifies."""
    with BindSecondary(server_directory / "contract-bind-3", bind) as server:
        yield server


@pytest.fixture
def make_provider(bind: BindServer) -> Iterator[Callable[..., BindProvider]]:
    made: list[BindProvider] = []

    def make(**settings: Any) -> BindProvider:
        given = {
            "address": bind.address,
            "port": bind.port,
            "zones": [ZONE],
            "key_name": bind.key_name,
            "key_secret": bind.key_secret,
            "algorithm": bind.algorithm,
            **settings,
        }
        made.append(BindProvider(BindProvider.settings_schema().load(given)))
        return made[-1]

    yield make
    for provider in made:
        provider.close()


class OnBind(DnsProviderContract):
    @pytest.fixture
    def zone(self) -> str:
        return ZONE

    @pytest.fixture
    def by_hand(self, bind: BindServer) -> DnsOperator:
        return DnsOperator(bind)

    @pytest.fixture
    def down(self) -> Mapping[str, Any]:
        return {"port": free_port()}

    @pytest.fixture
    def silent(self) -> Iterator[Mapping[str, Any]]:
        with black_hole() as port:
            yield {"port": port, "timeout": 0.3}


class TestBind(ZoneReaderContract, ZoneListerContract, SecondaryContract, DnsFaultsContract, OnBind):
    @pytest.fixture
    def make_provider(self, make_provider: Callable[..., BindProvider]) -> Callable[..., BindProvider]:
        return make_provider

    @pytest.fixture
    def calls(self) -> Sequence[tuple[type, str]]:
        return [(UdpChannel, "send"), (TcpChannel, "send")]

    @pytest.fixture
    def path(self, bind: BindServer) -> Iterator[DnsPath]:
        path = DnsPath(bind, {"timeout": 0.3})
        yield path
        path.close()

    @pytest.fixture
    def denied(self, bind: BindServer) -> Sequence[Mapping[str, Any]]:
        return [
            {"key_secret": WRONG_SECRET},
            {"key_name": "tidak-dikenal"},
            {"algorithm": "hmac-sha512"},
            {"key_name": "asing", "key_secret": bind.secret("asing")},
        ]

    @pytest.fixture
    def lagging(self, secondary: BindSecondary, straggler: BindSecondary) -> Mapping[str, Any]:
        return {"secondaries": [{"address": server.address, "port": server.port} for server in (secondary, straggler)]}

    @pytest.fixture
    def catch_up(self, straggler: BindSecondary) -> Callable[[], None]:
        return straggler.refresh


class TestBindOverTcp(OnBind):
    """The same where a firewall closes UDP."""

    @pytest.fixture
    def make_provider(self, make_provider: Callable[..., BindProvider]) -> Callable[..., BindProvider]:
        return lambda **settings: make_provider(**{"transport": "tcp", **settings})

    @pytest.fixture
    def denied(self) -> Sequence[Mapping[str, Any]]:
        return [{"key_secret": WRONG_SECRET}]
