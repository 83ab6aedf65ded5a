"""A PowerDNS with two zones, and providers that are connected to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tapak.demo.servers.pdns import PdnsServer
from tapak.sdk.resources import RecordSet
from tapak.testing.dns_cases import ADDRESS
from tapak.testing.dns_server import PdnsOperator
from tapak_powerdns.provider import PowerdnsProvider

ZONE, OTHER_ZONE = "example.test", "lain.test"

_NUMBERS = count(1)


@pytest.fixture(scope="package")
def pdns(server_directory: Path) -> Iterator[PdnsServer]:
    with PdnsServer(server_directory / "unit-pdns", [ZONE, OTHER_ZONE]) as server:
        yield server


@pytest.fixture
def make_provider(pdns: PdnsServer) -> Iterator[Callable[..., PowerdnsProvider]]:
    made: list[PowerdnsProvider] = []

    def make(**settings: Any) -> PowerdnsProvider:
        given = {
            "url": pdns.url,
            "api_key": pdns.key,
            "zones": [ZONE, OTHER_ZONE],
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
def provider(make_provider: Callable[..., PowerdnsProvider]) -> PowerdnsProvider:
    return make_provider()


@pytest.fixture
def operator(pdns: PdnsServer) -> PdnsOperator:
    return PdnsOperator(pdns)


@pytest.fixture
def record() -> RecordSet:
    return RecordSet(ZONE, f"p{next(_NUMBERS)}.{ZONE}", "A", (ADDRESS,))
