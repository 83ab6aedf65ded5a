"""Providers of octoDNS behind our contract: its own for BIND and PowerDNS, on the real servers."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from octodns_bind import BindProvider

from tapak.demo.servers.bind import BindServer
from tapak.demo.servers.pdns import PdnsServer
from tapak.demo.servers.process import free_port
from tapak.sdk.errors import ChangedMeanwhile, Invalid, ProviderBroken, ProviderDenied
from tapak.sdk.provider import Change
from tapak.sdk.resources import RecordSet
from tapak.testing.dns_cases import ADDRESS, ROUND_TRIPS, TIMEOUT, create, standing, verified
from tapak.testing.dns_contract import DnsProviderContract
from tapak.testing.dns_faults import DnsFaultsContract
from tapak.testing.dns_server import DnsOperator, PdnsOperator, black_hole
from tapak.testing.http_path import HttpPath
from tapak.testing.zone_contract import ZoneListerContract
from tapak_octodns.provider import OctodnsProvider

# octoDNS 1.22 tells of what its own providers for BIND and PowerDNS still use.
pytestmark = pytest.mark.filterwarnings("ignore:.*is DEPRECATED:DeprecationWarning")

ZONE, OTHER = "example.test", "example.org"
WRONG_SECRET = base64.b64encode(b"bukan kunci yang benar").decode()
ESCAPED = [(kind, values) for kind, values in ROUND_TRIPS if kind == "TXT" and any("\\" in each for each in values)]
NOT_ASCII = [(kind, values) for kind, values in ROUND_TRIPS if not all(each.isascii() for each in values)]
LONG = [(kind, values) for kind, values in ROUND_TRIPS if kind == "TLSA"]


class OneType(BindProvider):
    """A provider of octoDNS that knows addresses only."""

    SUPPORTS = {"A"}


@pytest.fixture(scope="module")
def bind(server_directory: Path) -> Iterator[BindServer]:
    with BindServer(server_directory / "contract-octodns-bind", [ZONE, OTHER], grants={"asing": ""}) as server:
        yield server


@pytest.fixture(scope="module")
def pdns(server_directory: Path) -> Iterator[PdnsServer]:
    with PdnsServer(server_directory / "contract-octodns-pdns", [ZONE]) as server:
        yield server


def opened(made: list[OctodnsProvider], wrapped: str, secret: str, given: Mapping[str, Any]) -> OctodnsProvider:
    """A provider whose settings are ``given``: those of ours by their names, all others as octoDNS's parameters."""
    ours = {name: given[name] for name in ("zones", "name_servers", "provider") if name in given}
    rest = {name: value for name, value in given.items() if name not in ours}
    settings = {
        "provider": wrapped,
        "zones": [ZONE],
        "timeout": min(1.0, rest.get("timeout", 1.0)),
        **ours,
        "secrets": yaml.safe_dump({secret: rest.pop(secret)}),
        "parameters": yaml.safe_dump(rest),
    }
    made.append(OctodnsProvider(OctodnsProvider.settings_schema().load(settings)))
    return made[-1]


@pytest.fixture
def over_bind(bind: BindServer) -> Iterator[Callable[..., OctodnsProvider]]:
    made: list[OctodnsProvider] = []

    def make(**changed: Any) -> OctodnsProvider:
        given = {
            "host": bind.address,
            "port": bind.port,
            "key_name": bind.key_name,
            "key_secret": bind.key_secret,
            "key_algorithm": bind.algorithm,
            "name_servers": [{"address": bind.address, "port": changed.get("port", bind.port)}],
            **changed,
        }
        return opened(made, "octodns_bind.BindProvider", "key_secret", given)

    yield make
    for provider in made:
        provider.close()


@pytest.fixture
def over_pdns(pdns: PdnsServer) -> Iterator[Callable[..., OctodnsProvider]]:
    made: list[OctodnsProvider] = []

    def make(**changed: Any) -> OctodnsProvider:
        changed.pop("url", None)
        given = {
            "host": pdns.address,
            "port": pdns.api_port,
            "api_key": pdns.key,
            "name_servers": [{"address": pdns.address, "port": pdns.port}],
            **changed,
        }
        return opened(made, "octodns_powerdns.PowerDnsProvider", "api_key", given)

    yield make
    for provider in made:
        provider.close()


class OverOctodns(ZoneListerContract, DnsProviderContract):
    inexact = (*ESCAPED, *NOT_ASCII, *LONG)

    @pytest.fixture
    def zone(self) -> str:
        return ZONE


class TestOctodnsBind(OverOctodns):
    @pytest.fixture
    def make_provider(self, over_bind: Callable[..., OctodnsProvider]) -> Callable[..., OctodnsProvider]:
        return over_bind

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

    @pytest.fixture
    def denied(self, bind: BindServer) -> Sequence[Mapping[str, Any]]:
        return [
            {"key_secret": WRONG_SECRET},
            {"key_name": "tidak-dikenal"},
            {"key_algorithm": "hmac-sha512"},
            {"key_name": "asing", "key_secret": bind.secret("asing")},
        ]


class TestOctodnsPowerdns(DnsFaultsContract, OverOctodns):
    @pytest.fixture
    def make_provider(self, over_pdns: Callable[..., OctodnsProvider]) -> Callable[..., OctodnsProvider]:
        return over_pdns

    @pytest.fixture
    def by_hand(self, pdns: PdnsServer) -> PdnsOperator:
        return PdnsOperator(pdns)

    @pytest.fixture
    def calls(self) -> Sequence[tuple[type, str]]:
        return [(requests.Session, "request")]

    @pytest.fixture
    def path(self, pdns: PdnsServer) -> Iterator[HttpPath]:
        with HttpPath(pdns.address, pdns.api_port) as path:
            path.settings = {"host": "127.0.0.1", "port": path.port, "timeout": 0.3}
            yield path

    @pytest.fixture
    def down(self) -> Mapping[str, Any]:
        port = free_port()
        return {"port": port, "name_servers": [{"address": "127.0.0.1", "port": port}]}

    @pytest.fixture
    def silent(self) -> Iterator[Mapping[str, Any]]:
        with black_hole() as port:
            yield {"port": port, "timeout": 0.3, "name_servers": [{"address": "127.0.0.1", "port": port}]}

    @pytest.fixture
    def denied(self) -> Sequence[Mapping[str, Any]]:
        return [{"api_key": "bukan-kunci-yang-benar"}]


class TestLimits:
    """What octoDNS or the wrapped provider sets."""

    @pytest.fixture
    def record(self, request: pytest.FixtureRequest) -> RecordSet:
        return RecordSet(ZONE, f"{request.node.name.replace('_', '-')[:60]}.{ZONE}", "A", (ADDRESS,))

    def test_without_name_servers_octodns_reads_what_stands(
        self, over_bind: Callable[..., OctodnsProvider], record: RecordSet
    ) -> None:
        provider = over_bind(name_servers=[])
        assert not verified(provider, record, timeout=0.1).live
        create(provider, record)
        seen = verified(provider, record)
        assert (seen.live, seen.probes[0].server) == (True, "octodns_bind.BindProvider")
        assert not provider.verify_gone([record], timeout=0.1)[0].live

    def test_types_that_the_wrapped_provider_lacks_are_not_taken(
        self, over_bind: Callable[..., OctodnsProvider], record: RecordSet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("octodns_bind.OneType", OneType, raising=False)
        provider, text = over_bind(provider="octodns_bind.OneType"), replace(record, type="TXT", values=('"x"',))
        assert OctodnsProvider.takes(provider.settings, record)
        assert not OctodnsProvider.takes(provider.settings, text)
        with pytest.raises(Invalid):
            create(provider, text)
        create(provider, record)
        assert standing(provider, record) == record

    @pytest.mark.parametrize("path", ["octodns_tiada.Provider", "octodns_bind.Tiada", "subprocess.Popen", "yaml.load"])
    def test_only_an_installed_provider_is_run(self, over_bind: Callable[..., OctodnsProvider], path: str) -> None:
        provider = over_bind(provider=path)
        (line, *_) = provider.check()
        assert (line.ok, path in line.message) == (False, True)
        with pytest.raises(ProviderBroken):
            provider.read([RecordSet(ZONE, f"a.{ZONE}", "A", (ADDRESS,))])

    def test_a_provider_that_writes_files_is_refused(
        self, over_bind: Callable[..., OctodnsProvider], record: RecordSet, tmp_path: Path
    ) -> None:
        (tmp_path / f"{ZONE}.").write_text(f"$ORIGIN {ZONE}.\n")
        made = OctodnsProvider(
            OctodnsProvider.settings_schema().load(
                {"provider": "octodns_bind.ZoneFileProvider", "zones": [ZONE], "parameters": f"directory: {tmp_path}"}
            )
        )
        with pytest.raises(ProviderDenied):
            create(made, record)
        assert (tmp_path / f"{ZONE}.").read_text() == f"$ORIGIN {ZONE}.\n"

    @pytest.mark.parametrize("text", ["host: [", "- a", "host", "1: 2", "a b: c"])
    def test_parameters_are_names_with_values(self, text: str) -> None:
        given = {"provider": "octodns_bind.BindProvider", "zones": [ZONE], "parameters": text, "secrets": text}
        assert set(OctodnsProvider.settings_schema().validate(given)) == {"parameters", "secrets"}

    def test_unknown_parameters_are_told(self, over_bind: Callable[..., OctodnsProvider]) -> None:
        (line, *_) = over_bind(tiada=1).check()
        assert (line.ok, "Parameter" in line.message) == (False, True)

    def test_nothing_is_written_anywhere_where_one_zone_differs(
        self, over_bind: Callable[..., OctodnsProvider], record: RecordSet, bind: BindServer
    ) -> None:
        provider = over_bind(zones=[ZONE, OTHER])
        other = RecordSet(OTHER, f"a.{OTHER}", "A", (ADDRESS,))
        DnsOperator(bind).put(replace(other, values=("192.0.2.99",)))
        with pytest.raises(ChangedMeanwhile):
            create(provider, record, other)
        assert standing(provider, record) is None

    def test_the_first_zone_is_undone_where_the_second_is_refused(
        self, over_bind: Callable[..., OctodnsProvider], record: RecordSet
    ) -> None:
        provider = over_bind(zones=[ZONE, OTHER])
        text = RecordSet(OTHER, f"b.{OTHER}", "TXT", ('"kata \\"dalam\\" kutip"',))
        changes = [Change("create", text.identity, text, None), Change("create", record.identity, record, None)]
        with pytest.raises(Invalid):
            provider.apply(list(reversed(changes)), fence=1, timeout=TIMEOUT)
        assert standing(provider, record) is None
