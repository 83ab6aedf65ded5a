"""Cloudflare through its SDK, on a fake that is checked against the SDK's own types: the contracts of DNS providers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from cloudflare_server import BASE, READER, CloudflareServer, served

from tapak.demo.servers.process import free_port
from tapak.sdk.errors import ChangedMeanwhile, Invalid, ProviderUnavailable
from tapak.sdk.provider import Change
from tapak.sdk.resources import RecordSet
from tapak.testing.dns_cases import OTHER_ADDRESS, TIMEOUT, create, delete, standing, update, verified
from tapak.testing.dns_contract import DnsProviderContract
from tapak.testing.dns_faults import DnsFaultsContract
from tapak.testing.dns_server import black_hole
from tapak.testing.http_path import HttpPath
from tapak.testing.zone_contract import ZoneListerContract
from tapak_cloudflare.client import CloudflareClient
from tapak_cloudflare.provider import BATCH, CloudflareProvider

ZONE = "example.test"
TOKEN = "token-uji-yang-panjangnya-cukup-1234567890"
WRONG = "token-salah-yang-panjangnya-cukup-123456789"


@pytest.fixture(scope="module")
def account() -> Iterator[CloudflareServer]:
    with served([ZONE]) as server:
        yield server


@pytest.fixture
def make_provider(account: CloudflareServer) -> Iterator[Callable[..., CloudflareProvider]]:
    made: list[CloudflareProvider] = []

    def make(**settings: Any) -> CloudflareProvider:
        given = {
            "token": TOKEN,
            "zones": [ZONE],
            "api_url": account.url,
            "name_servers": [{"address": "127.0.0.1", "port": account.dns_port}],
            **settings,
        }
        made.append(CloudflareProvider(CloudflareProvider.settings_schema().load(given)))
        return made[-1]

    yield make
    for provider in made:
        provider.close()


@pytest.fixture
def unreached() -> list[dict[str, Any]]:
    """A name server that doesn't answer."""
    return [{"address": "127.0.0.1", "port": free_port()}]


class TestCloudflare(ZoneListerContract, DnsFaultsContract, DnsProviderContract):
    @pytest.fixture
    def make_provider(self, make_provider: Callable[..., CloudflareProvider]) -> Callable[..., CloudflareProvider]:
        return make_provider

    @pytest.fixture
    def zone(self) -> str:
        return ZONE

    @pytest.fixture
    def by_hand(self, account: CloudflareServer) -> CloudflareServer:
        return account

    @pytest.fixture
    def down(self, unreached: list[dict[str, Any]]) -> Mapping[str, Any]:
        return {"api_url": f"http://127.0.0.1:{free_port()}{BASE}", "name_servers": unreached}

    @pytest.fixture
    def silent(self, unreached: list[dict[str, Any]]) -> Iterator[Mapping[str, Any]]:
        with black_hole() as port:
            yield {"api_url": f"http://127.0.0.1:{port}{BASE}", "name_servers": unreached, "timeout": 0.3}

    @pytest.fixture
    def denied(self) -> Sequence[Mapping[str, Any]]:
        return [{"token": WRONG}, {"token": READER}]

    @pytest.fixture
    def calls(self) -> Sequence[tuple[type, str]]:
        return [(CloudflareClient, "send")]

    @pytest.fixture
    def path(self, account: CloudflareServer) -> Iterator[HttpPath]:
        with HttpPath("127.0.0.1", account.port, {"timeout": 0.3}) as path:
            path.settings["api_url"] = path.settings.pop("url") + BASE
            yield path


@pytest.fixture
def record(request: pytest.FixtureRequest) -> RecordSet:
    return RecordSet(ZONE, f"{request.node.name.replace('_', '-')[:60].strip('-')}.{ZONE}", "A", ("192.0.2.10",))


def test_a_record_names_the_request_that_led_to_it(
    make_provider: Callable[..., CloudflareProvider], account: CloudflareServer, record: RecordSet
) -> None:
    change = Change("create", record.identity, record, None, note="Permohonan 001/HOST/2026")
    make_provider().apply([change], fence=1, timeout=TIMEOUT)
    assert [each["comment"] for each in account.of(record)] == ["Permohonan 001/HOST/2026"]


def test_only_what_differs_is_written(
    make_provider: Callable[..., CloudflareProvider], account: CloudflareServer, record: RecordSet
) -> None:
    provider = make_provider()
    create(provider, record)
    kept = account.of(record)[0]["id"]
    newer = replace(record, values=(*record.values, OTHER_ADDRESS))
    update(provider, record, newer)
    assert kept in [each["id"] for each in account.of(record)]
    update(provider, newer, replace(newer, ttl=600))
    assert (kept in [each["id"] for each in account.of(record)], account.of(record)[0]["ttl"]) == (True, 600)


def test_already_exists_is_believed_only_after_comparing(
    make_provider: Callable[..., CloudflareProvider], account: CloudflareServer, record: RecordSet
) -> None:
    """Somebody makes the same, or another one, between what was read and what is written."""
    provider = make_provider()
    try:
        account.before_batch = lambda: account.put(record)
        create(provider, record)
        assert standing(provider, record) == record
        other = replace(record, name=f"lain.{record.name}", type="CNAME", values=("a.example.net.",))
        account.before_batch = lambda: account.put(replace(other, type="A", values=(OTHER_ADDRESS,)))
        with pytest.raises(ChangedMeanwhile):
            create(provider, other)
    finally:
        account.before_batch = lambda: None


def test_a_limit_is_waited_for_as_long_as_cloudflare_says(
    make_provider: Callable[..., CloudflareProvider], account: CloudflareServer, record: RecordSet
) -> None:
    provider = make_provider()
    account.limits = [1]
    began = time.monotonic()
    create(provider, record)
    assert time.monotonic() - began >= 1
    account.limits = [300]
    began = time.monotonic()
    with pytest.raises(ProviderUnavailable) as limited:
        provider.apply([Change("delete", record.identity, None, record)], fence=1, timeout=2)
    assert time.monotonic() - began < 2
    assert "membatasi" in limited.value.message
    account.limits = []
    delete(provider, record)


def test_what_has_many_pages_is_read_whole(
    make_provider: Callable[..., CloudflareProvider], account: CloudflareServer, record: RecordSet
) -> None:
    provider = make_provider()
    many = [replace(record, name=f"n{number}.{record.name}") for number in range(25)]
    create(provider, *many)
    account.page_limit = 10
    try:
        assert provider.read(many) == {each.identity: each for each in many}
        assert {each.identity for each in many} <= {each.identity for each in provider.zone_records(ZONE)}
    finally:
        account.page_limit = 5_000_000


def test_a_proxied_name_is_verified_by_the_api(
    make_provider: Callable[..., CloudflareProvider], account: CloudflareServer, record: RecordSet
) -> None:
    provider = make_provider(proxied=True)
    create(provider, record)
    assert [(each["proxied"], each["ttl"]) for each in account.of(record)] == [(True, 1)]
    assert standing(provider, record) == record
    seen = verified(provider, record)
    assert (seen.live, seen.probes[0].server) == (True, account.url)
    account.put(record)
    assert standing(provider, record) != record
    assert not verified(provider, record, timeout=0.1).live
    text = replace(record, type="TXT", values=('"a"',))
    create(provider, text)
    assert verified(provider, text).probes[0].server == f"127.0.0.1:{account.dns_port}"
    delete(provider, text)


def test_where_no_name_server_answers_the_api_tells(
    make_provider: Callable[..., CloudflareProvider],
    account: CloudflareServer,
    record: RecordSet,
    unreached: list[dict[str, Any]],
) -> None:
    provider = make_provider(name_servers=unreached)
    create(provider, record)
    seen = verified(provider, record)
    assert (seen.live, seen.probes[0].server) == (True, account.url)
    account.put(replace(record, values=(OTHER_ADDRESS,)))
    seen = verified(provider, record, timeout=0.2)
    assert (seen.live, seen.probes[0].expected, seen.probes[0].answer) == (False, "192.0.2.10", OTHER_ADDRESS)
    assert not provider.verify_gone([record], timeout=0.1)[0].live
    account.remove(record)
    assert provider.verify_gone([record], timeout=TIMEOUT)[0].live
    told = [line.message for line in provider.check()]
    assert any("lewat API" in line for line in told)


def test_a_ttl_that_cloudflare_does_not_have_is_refused(
    make_provider: Callable[..., CloudflareProvider], record: RecordSet
) -> None:
    with pytest.raises(Invalid, match="TTL"):
        create(make_provider(), replace(record, ttl=5))


def test_a_batch_is_one_request(
    make_provider: Callable[..., CloudflareProvider], account: CloudflareServer, record: RecordSet
) -> None:
    provider = make_provider()
    many = [replace(record, name=f"b{number}.{record.name}") for number in range(BATCH)]
    account.requests.clear()
    create(provider, *many)
    assert [each for each in account.requests if each.startswith("POST")].__len__() == 1
    assert len(account.requests) < 5
