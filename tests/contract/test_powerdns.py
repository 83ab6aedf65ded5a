"""PowerDNS over its HTTP API, on a real server, looked at through its name server: the contracts of DNS providers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from tapak.demo.servers.pdns import PdnsServer
from tapak.demo.servers.process import free_port
from tapak.testing.dns_contract import DnsProviderContract
from tapak.testing.dns_faults import DnsFaultsContract
from tapak.testing.dns_server import PdnsOperator, black_hole
from tapak.testing.http_path import HttpPath
from tapak.testing.zone_contract import ZoneListerContract, ZoneReaderContract
from tapak_powerdns.provider import PowerdnsProvider

ZONE = "example.test"


@pytest.fixture(scope="module")
def pdns(server_directory: Path) -> Iterator[PdnsServer]:
    with PdnsServer(server_directory / "contract-pdns", [ZONE]) as server:
        yield server


class TestPowerdns(ZoneReaderContract, ZoneListerContract, DnsFaultsContract, DnsProviderContract):
    @pytest.fixture
    def make_provider(self, pdns: PdnsServer) -> Iterator[Callable[..., PowerdnsProvider]]:
        made: list[PowerdnsProvider] = []

        def make(**settings: Any) -> PowerdnsProvider:
            given = {
                "url": pdns.url,
                "api_key": pdns.key,
                "zones": [ZONE],
                "address": pdns.address,
                "port": pdns.port,
                **settings,
            }
            made.append(PowerdnsProvider(PowerdnsProvider.settings_schema().load(given)))
            return made[-1]

        yield make
        for provider in made:
            provider.close()

    @pytest.fixture
    def zone(self) -> str:
        return ZONE

    @pytest.fixture
    def by_hand(self, pdns: PdnsServer) -> PdnsOperator:
        return PdnsOperator(pdns)

    @pytest.fixture
    def calls(self) -> Sequence[tuple[type, str]]:
        return [(httpx.Client, "request")]

    @pytest.fixture
    def path(self, pdns: PdnsServer) -> Iterator[HttpPath]:
        with HttpPath(pdns.address, pdns.api_port, {"timeout": 0.3}) as path:
            yield path

    @pytest.fixture
    def down(self) -> Mapping[str, Any]:
        return {"url": f"http://127.0.0.1:{free_port()}", "port": free_port()}

    @pytest.fixture
    def silent(self) -> Iterator[Mapping[str, Any]]:
        with black_hole() as port:
            yield {"url": f"http://127.0.0.1:{port}", "port": port, "timeout": 0.3}

    @pytest.fixture
    def denied(self) -> Sequence[Mapping[str, Any]]:
        return [{"api_key": "bukan-kunci-yang-benar"}]
