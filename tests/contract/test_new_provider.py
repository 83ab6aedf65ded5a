"""The package that ``tapak provider new`` writes, filled in for BIND, holds the contract: nothing else is missing."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import dns.exception
import dns.name
import dns.query
import dns.rcode
import dns.rdataset
import dns.rdatatype
import dns.tsig
import dns.update
import dns.xfr
import dns.zone
import pytest

from tapak.cli.packages import write_package
from tapak.demo.servers.bind import BindServer
from tapak.demo.servers.process import free_port
from tapak.sdk.dns.records import TYPES
from tapak.sdk.errors import ProviderDenied, ProviderUnavailable
from tapak.sdk.provider import Provider
from tapak.testing.dns_contract import DnsProviderContract
from tapak.testing.dns_server import DnsOperator, black_hole

ZONE = "example.test"


def asked(client: Any, server: BindServer, make: Callable[[dns.tsig.Key, str, int], Any]) -> None:
    """Ask the server by ``make``, and tell what goes wrong in the words of the sdk."""
    place, name = urlsplit(client._url), dns.name.from_text(server.key_name)
    try:
        make(dns.tsig.Key(name, client._token, server.algorithm), str(place.hostname), place.port or 0)
    except (dns.tsig.PeerError, dns.tsig.BadSignature, dns.xfr.TransferError) as problem:
        raise ProviderDenied("Kunci ditolak.", log=type(problem).__name__) from None
    except (dns.exception.DNSException, OSError, EOFError) as problem:
        raise ProviderUnavailable("Server tidak menjawab.", log=type(problem).__name__) from None


def fill_in(client: type[Any], server: BindServer) -> None:
    """What an author writes into the generated client: here the API is BIND's own, the token the key's secret."""
    name = dns.name.from_text(server.key_name)

    def standing(self: Any, zone: str, node: str) -> Mapping[str, dns.rdataset.Rdataset]:
        whole = dns.zone.Zone(zone, relativize=False)

        def transfer(key: dns.tsig.Key, host: str, port: int) -> None:
            query, _ = dns.xfr.make_query(whole, keyring={name: key}, keyname=name, keyalgorithm=key.algorithm)
            dns.query.inbound_xfr(host, whole, query, port, timeout=self._timeout, lifetime=self._timeout)

        asked(self, server, transfer)
        found = {dns.rdatatype.to_text(each.rdtype): each for each in whole.get_node(f"{node}.") or ()}
        return {kind: rdataset for kind, rdataset in found.items() if kind in TYPES}

    def write(self: Any, zone: str, wanted: Sequence[Any], timeout: float) -> None:
        def update(key: dns.tsig.Key, host: str, port: int) -> None:
            message = dns.update.UpdateMessage(zone, keyring={name: key}, keyname=name, keyalgorithm=key.algorithm)
            for node, kind, rdataset in wanted:
                message.delete(f"{node}.", kind)
                if rdataset is not None:
                    message.add(f"{node}.", rdataset)
            answer = dns.query.tcp(message, host, port=port, timeout=min(timeout, self._timeout))
            if answer.rcode() != dns.rcode.NOERROR:
                raise dns.tsig.PeerError

        asked(self, server, update)

    client.standing, client.write = standing, write


@pytest.fixture(scope="module")
def knot(tmp_path_factory: pytest.TempPathFactory, bind_server: BindServer) -> Iterator[ModuleType]:
    """The generated provider's module."""
    folder: Path = tmp_path_factory.mktemp("new") / "knot"
    write_package("provider", "knot", "Knot DNS", folder)
    sys.path.insert(0, str(folder / "src"))
    fill_in(importlib.import_module("tapak_knot.client").Client, bind_server)
    yield importlib.import_module("tapak_knot.provider")
    sys.path.remove(str(folder / "src"))
    for name in [name for name in sys.modules if name.startswith("tapak_knot")]:
        del sys.modules[name]


class TestNewProvider(DnsProviderContract):
    @pytest.fixture
    def make_provider(self, knot: ModuleType, bind_server: BindServer) -> Iterator[Callable[..., Provider]]:
        made: list[Provider] = []

        def make(**settings: Any) -> Provider:
            given = {
                "url": f"http://{bind_server.address}:{bind_server.port}",
                "token": bind_server.key_secret,
                "zones": [ZONE],
                "address": bind_server.address,
                "port": bind_server.port,
                **settings,
            }
            made.append(knot.KnotProvider(knot.KnotProvider.settings_schema().load(given)))
            return made[-1]

        yield make
        for provider in made:
            provider.close()

    @pytest.fixture
    def zone(self) -> str:
        return ZONE

    @pytest.fixture
    def by_hand(self, bind_server: BindServer) -> DnsOperator:
        return DnsOperator(bind_server)

    @pytest.fixture
    def down(self) -> Mapping[str, Any]:
        port = free_port()
        return {"url": f"http://127.0.0.1:{port}", "port": port}

    @pytest.fixture
    def silent(self) -> Iterator[Mapping[str, Any]]:
        with black_hole() as port:
            yield {"url": f"http://127.0.0.1:{port}", "port": port, "timeout": 0.3}

    @pytest.fixture
    def denied(self) -> Sequence[Mapping[str, Any]]:
        return [{"token": "YnVrYW4ga3VuY2kgeWFuZyBiZW5hcg=="}]
