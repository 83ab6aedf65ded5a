"""A certificate by DNS-01 through the provider, challenge on BIND, beside the bare exchange with the same Pebble."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.update
import josepy
import pytest
from acme import challenges, messages
from acme.client import ClientNetwork, ClientV2
from acme.crypto_util import make_csr
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tapak.demo.servers.bind import BindServer
from tapak.demo.servers.pebble import PebbleServer
from tapak.sdk.certificates import Certificate
from tapak.sdk.provider import Change
from tapak.sdk.resources import RecordSet
from tapak_acme.provider import AcmeProvider
from tapak_bind.provider import BindProvider

ZONE = "example.test"
SECRET = "rahasia akun untuk uji, cukup panjang untuk skema"
AT_MOST, WARM, TURNS = 2, 2, 20
PAUSE, PATIENCE = 0.01, 20
PEM = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()


class BareExchange:
    """One signed-in account of the acme library: order, record, answer, finalization, each asked for every 10 ms."""

    def __init__(self, pebble: PebbleServer, bind: BindServer, authorities: str) -> None:
        self._bind = bind
        self._key = josepy.JWKEC(key=ec.generate_private_key(ec.SECP256R1()))
        net = ClientNetwork(self._key, alg=josepy.ES256, verify_ssl=authorities)
        self._client = ClientV2(ClientV2.get_directory(pebble.url, net), net)
        self._client.new_account(messages.NewRegistration.from_data(terms_of_service_agreed=True))

    def run(self, name: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1()).private_bytes(*PEM)
        order = self._client.new_order(make_csr(key, [name]))
        (authorization,) = order.authorizations
        (body,) = [each for each in authorization.body.challenges if isinstance(each.chall, challenges.DNS01)]
        record = f"_acme-challenge.{name}."
        self._update(record, body.validation(self._key))
        self._client.answer_challenge(body, body.response(self._key))
        self._until(lambda: self._client.poll(authorization)[0].body.status == messages.STATUS_VALID)
        self._client.begin_finalization(order)
        self._until(lambda: self._order(order.uri).status == messages.STATUS_VALID)
        assert "BEGIN CERTIFICATE" in self._read(self._order(order.uri).certificate).text
        self._update(record, None)

    def _order(self, uri: str) -> messages.Order:
        return messages.Order.from_json(self._read(uri).json())

    def _read(self, uri: str) -> Any:
        return self._client.net.post(uri, None, new_nonce_url=self._client.directory["newNonce"])

    def _until(self, done: Any) -> None:
        deadline = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < deadline
            time.sleep(PAUSE)

    def _update(self, name: str, value: str | None) -> None:
        bind = self._bind
        keyring = dns.tsigkeyring.from_text({bind.key_name: bind.key_secret})
        message = dns.update.UpdateMessage(ZONE, keyring=keyring, keyname=bind.key_name, keyalgorithm=bind.algorithm)
        if value is None:
            message.delete(name, "TXT")
        else:
            message.add(name, 60, "TXT", f'"{value}"')
        assert dns.query.udp(message, bind.address, port=bind.port, timeout=5).rcode() == dns.rcode.NOERROR


@pytest.fixture
def provider(bind_server: BindServer, pebble_server: PebbleServer) -> Iterator[AcmeProvider]:
    """The provider with its challenges published as core does, without the journal's rows."""
    given = {"address": bind_server.address, "port": bind_server.port, "zones": [ZONE]}
    given |= {"key_name": bind_server.key_name, "key_secret": bind_server.key_secret}
    acme = {"directory": pebble_server.url, "account_secret": SECRET, "terms_agreed": True}
    acme |= {"authorities": pebble_server.authorities}
    with (
        BindProvider(BindProvider.settings_schema().load({**given, "algorithm": bind_server.algorithm})) as names,
        AcmeProvider(AcmeProvider.settings_schema().load(acme)) as provider,
    ):

        @contextmanager
        def published(records: Sequence[RecordSet], timeout: float) -> Iterator[None]:
            wanted = [replace(each, zone=ZONE) for each in records]
            names.apply([Change("create", each.identity, each, None) for each in wanted], fence=1, timeout=timeout)
            assert all(seen.live for seen in names.verify(wanted, timeout=timeout))
            yield
            names.apply([Change("delete", each.identity, None, each) for each in wanted], fence=1, timeout=timeout)

        provider.published = published
        yield provider


def test_a_certificate(
    provider: AcmeProvider, bind_server: BindServer, pebble_server: PebbleServer, tmp_path: Any, measured: Any
) -> None:
    authorities = tmp_path / "authorities.pem"
    authorities.write_text(pebble_server.authorities)
    bare = BareExchange(pebble_server, bind_server, str(authorities))
    ours, theirs = [], []
    for number in range(WARM + TURNS):
        wanted = Certificate(f"tapak-{number}.{ZONE}")
        began = time.perf_counter()
        (done,) = provider.apply([Change("create", wanted.identity, wanted, None)], fence=1, timeout=PATIENCE)
        between = time.perf_counter()
        assert done.secrets["key"]
        bare.run(f"polos-{number}.{ZONE}")
        if number >= WARM:
            ours.append((between - began) * 1000)
            theirs.append((time.perf_counter() - between) * 1000)
    assert measured("a certificate by DNS-01", ours, theirs, "ms").tell(f"at most {AT_MOST}") <= AT_MOST
