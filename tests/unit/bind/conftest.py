"""A named with two zones and a key for a part of one, and providers that are connected to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tapak.demo.servers.bind import BindServer
from tapak.sdk.resources import RecordSet
from tapak.testing.dns_cases import ADDRESS
from tapak.testing.dns_server import DnsOperator, DnsPath
from tapak_bind.provider import BindProvider

ZONE, OTHER_ZONE = "example.test", "lain.test"

_NUMBERS = count(1)


@pytest.fixture(scope="package")
def bind(server_directory: Path) -> Iterator[BindServer]:
    grants = {"terbatas": f"subdomain app.{ZONE}. A TXT"}
    with BindServer(server_directory / "unit-bind", [ZONE, OTHER_ZONE], grants=grants) as server:
        yield server


@pytest.fixture
def make_provider(bind: BindServer) -> Iterator[Callable[..., BindProvider]]:
    made: list[BindProvider] = []

    def make(**settings: Any) -> BindProvider:
        given = {
            "address": bind.address,
            "port": bind.port,
            "zones": [ZONE, OTHER_ZONE],
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


@pytest.fixture
def provider(make_provider: Callable[..., BindProvider]) -> BindProvider:
    return make_provider()


@pytest.fixture
def operator(bind: BindServer) -> DnsOperator:
    return DnsOperator(bind)


@pytest.fixture
def record() -> RecordSet:
    return RecordSet(ZONE, f"b{next(_NUMBERS)}.{ZONE}", "A", (ADDRESS,))


@pytest.fixture
def lossy(bind: BindServer) -> Iterator[DnsPath]:
    path = DnsPath(bind)
    yield path
    path.close()
