"""ACME against Pebble, with challenges on BIND: the contract of certificate providers, and what may go wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import dns.message
import dns.query
import dns.rdatatype
import pytest
import requests

from tapak.demo.servers.bind import BindServer
from tapak.demo.servers.pebble import REFUSED, PebbleServer
from tapak.demo.servers.process import free_port
from tapak.plugins import registry
from tapak.sdk.certificates import Certificate
from tapak.sdk.errors import ProviderDenied, ProviderUnavailable
from tapak.sdk.provider import Change, Provider
from tapak.sdk.resources import RecordSet
from tapak.sdk.x509 import Pair, problems
from tapak.testing.certificate_contract import TIMEOUT, CertificateHost, CertificateProviderContract, apply
from tapak.testing.dns_server import black_hole

SECRET = "rahasia akun untuk uji, cukup panjang untuk skema"


class Killed(BaseException):
    """The worker died."""


class AcmeHost(CertificateHost):
    """Pebble, and the provider of BIND where challenges are put."""

    def __init__(self, pebble: PebbleServer, bind: BindServer) -> None:
        super().__init__()
        self.pebble = pebble
        self.bind = bind
        self.challenged: set[str] = set()
        self.publish = True

    def connect(self, **settings: object) -> Provider:
        kind = registry().providers["acme"]
        given = {
            "directory": self.pebble.url,
            "account_secret": SECRET,
            "terms_agreed": True,
            "authorities": self.pebble.authorities,
            **settings,
        }
        made = kind(kind.settings_schema().load(given))
        made.published = self.published
        return made

    @contextmanager
    def published(self, records: Sequence[RecordSet], timeout: float) -> Iterator[None]:
        """What core does, through the same provider's acts, without a journal."""
        kind = registry().providers["bind"]
        given = {
            "address": self.bind.address,
            "port": self.bind.port,
            "zones": [self.zone],
            "key_name": self.bind.key_name,
            "key_secret": self.bind.key_secret,
            "algorithm": self.bind.algorithm,
        }
        wanted = [replace(each, zone=self.zone) for each in records]
        self.challenged |= {each.name for each in wanted}
        with kind(kind.settings_schema().load(given)) as dns_provider:
            try:
                for each in wanted if self.publish else ():
                    change = Change("create", each.identity, each, None)
                    dns_provider.apply([change], fence=1, timeout=timeout)
                    (seen,) = dns_provider.verify([each], timeout=timeout)
                    assert seen.live
                yield
            finally:
                for each in wanted if self.publish else ():
                    dns_provider.apply([Change("delete", each.identity, None, each)], fence=1, timeout=timeout)

    def leftovers(self) -> Sequence[str]:
        return tuple(name for name in sorted(self.challenged) if self._stands(name))

    def _stands(self, name: str) -> bool:
        query = dns.message.make_query(name, "TXT")
        answer = dns.query.udp(query, self.bind.address, port=self.bind.port, timeout=5)
        return any(rrset.rdtype == dns.rdatatype.TXT for rrset in answer.answer)

    @contextmanager
    def dying(self, number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """The process ends after so many requests to the authority."""
        original, sent = requests.Session.request, 0

        def request(session: requests.Session, *args: Any, **kwargs: Any) -> requests.Response:
            nonlocal sent
            if sent == number:
                raise Killed
            sent += 1
            return original(session, *args, **kwargs)

        with monkeypatch.context() as patch:
            patch.setattr(requests.Session, "request", request)
            yield


class TestAcme(CertificateProviderContract):
    @pytest.fixture
    def host(self, pebble_server: PebbleServer, bind_server: BindServer) -> AcmeHost:
        return AcmeHost(pebble_server, bind_server)

    @pytest.fixture
    def down(self) -> Mapping[str, Any]:
        return {"directory": f"https://127.0.0.1:{free_port()}/dir"}

    @pytest.fixture
    def silent(self) -> Iterator[Mapping[str, Any]]:
        with black_hole() as port:
            yield {"directory": f"https://127.0.0.1:{port}/dir", "timeout": 0.3}

    def test_it_is_issued_by_the_authority_for_several_names(self, host: AcmeHost, provider: Provider) -> None:
        name = host.new().name
        wanted = Certificate(name, (f"*.{name}", f"www.{name}"))
        applied = apply(provider, wanted)
        pair = Pair(applied.outputs["chain"], applied.secrets["key"])
        assert problems(pair, wanted.names, pair.facts.not_before, host.pebble.root) == []

    def test_it_may_be_killed_after_any_request(self, host: AcmeHost, monkeypatch: pytest.MonkeyPatch) -> None:
        for number in range(0, 40, 3):
            wanted = host.new()
            with host.provider() as doomed, host.dying(number, monkeypatch), suppress(Killed):
                apply(doomed, wanted)
                break
            with host.provider() as provider:
                host.keep(apply(provider, wanted))
                (seen,) = provider.verify([wanted], timeout=1)
                assert seen.live, number
        assert 6 <= number < 39
        assert host.leftovers() == ()

    def test_an_authority_that_sees_no_record_is_told_in_its_words(self, host: AcmeHost) -> None:
        host.publish = False
        with host.provider() as provider, pytest.raises(ProviderDenied) as told:
            apply(provider, host.new())
        assert "unauthorized" in told.value.message or "dns" in told.value.message

    def test_a_name_that_the_authority_refuses_is_told(self, provider: Provider) -> None:
        with pytest.raises(ProviderDenied) as told:
            apply(provider, Certificate(f"a.{REFUSED}"))
        assert "menolak" in told.value.message

    def test_an_address_that_is_no_directory_is_told(self, host: AcmeHost) -> None:
        with host.provider(directory=f"{host.pebble.url}-lain") as provider:
            assert [line.message for line in provider.check() if not line.ok]

    def test_an_authority_that_nobody_trusts_is_told(self, host: AcmeHost) -> None:
        with host.provider(authorities="") as provider, pytest.raises(ProviderUnavailable):
            apply(provider, host.new())

    def test_an_act_ends_at_its_deadline(self, host: AcmeHost, provider: Provider) -> None:
        wanted, begun = host.new(), time.monotonic()
        with suppress(ProviderUnavailable):
            provider.apply([Change("create", wanted.identity, wanted, None)], fence=1, timeout=0.02)
        assert time.monotonic() - begun < TIMEOUT / 3
        assert host.leftovers() == ()
