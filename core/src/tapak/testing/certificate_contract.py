"""What every provider of certificates promises, as a base class for a provider's tests.

A provider subclasses :class:`CertificateProviderContract` and overrides the fixture ``host``, and where it reaches a
server ``down`` and ``silent``::

    class TestAcme(CertificateProviderContract):
        @pytest.fixture
        def host(self, pebble): ...
"""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from marshmallow import ValidationError

from tapak.sdk.certificates import Certificate
from tapak.sdk.errors import ChangedMeanwhile, Invalid, TapakError
from tapak.sdk.provider import Action, Applied, Change, Provider
from tapak.sdk.resources import Site, Spec
from tapak.sdk.x509 import Pair, problems

TIMEOUT = 15.0
NUMBERS = count(1)
SERVED = {"chain", "names", "issuer", "fingerprint", "not_before", "not_after", "renewal"}
HOSTILE_NAMES = (
    "",
    "satu",
    "a..example.test",
    "a.example.test\n",
    "*.*.example.test",
    "a*.example.test",
    "-a.example.test",
    "a_b.example.test",
    "../a.example.test",
    "a.example.test/../b",
    f"{'a' * 64}.example.test",
    "bücher.example.test",
    "192.0.2.1",
)


class CertificateHost(ABC):
    """A source of certificates under test; it keeps what was given, as core does, and gives providers that ask it."""

    zone = "example.test"

    def __init__(self) -> None:
        self.store: dict[str, dict[str, Any]] = {}

    @abstractmethod
    def connect(self, **settings: object) -> Provider:
        """A new connection with some ``settings`` of its own."""

    @contextmanager
    def provider(self, **settings: object) -> Iterator[Provider]:
        """:meth:`connect`, with what core sets."""
        with self.connect(**settings) as provider:
            provider.kept = lambda spec: self.store.get(spec.identity, {})
            yield provider

    def new(self) -> Certificate:
        """A certificate that no other test asks for."""
        return Certificate(f"situs{next(NUMBERS)}.{self.zone}")

    def keep(self, applied: Applied) -> None:
        """What core does with outputs."""
        self.store[applied.identity] = {**applied.outputs, **applied.secrets}

    def leftovers(self) -> Sequence[str]:
        """What an act must not leave anywhere else (records of challenges)."""
        return ()


def apply(provider: Provider, desired: Certificate | None, observed: Spec | None = None) -> Applied:
    """One change from ``observed`` to ``desired``; nothing is kept of what it gives."""
    spec = desired or observed
    assert spec is not None
    action: Action = "delete" if not desired else "update" if observed else "create"
    (applied,) = provider.apply([Change(action, spec.identity, desired, observed)], fence=1, timeout=TIMEOUT)
    return applied


class CertificateProviderContract:
    """Override ``host``, and ``down`` and ``silent`` where there is a server."""

    @pytest.fixture
    def host(self) -> CertificateHost:
        raise NotImplementedError("override the fixture 'host'")

    @pytest.fixture
    def down(self) -> Mapping[str, Any] | None:
        """Settings of a server that isn't there; None: it has none."""
        return None

    @pytest.fixture
    def silent(self) -> Mapping[str, Any] | None:
        """Settings of a server that never answers; None: it has none."""
        return None

    @pytest.fixture
    def provider(self, host: CertificateHost) -> Iterator[Provider]:
        with host.provider() as provider:
            yield provider

    def test_a_certificate_is_given_for_exactly_what_was_asked(self, host: CertificateHost, provider: Provider) -> None:
        wanted = host.new()
        assert provider.read([wanted]) == {wanted.identity: None}
        (before,) = provider.verify([wanted], timeout=0.1)
        assert not before.live
        applied = apply(provider, wanted)
        assert set(applied.outputs) == SERVED
        assert set(applied.secrets) == {"key"}
        pair = Pair(applied.outputs["chain"], applied.secrets["key"])
        assert problems(pair, wanted.names, datetime.now(UTC), roots=None) == []
        host.keep(applied)
        assert provider.read([wanted]) == {wanted.identity: wanted}
        (seen,) = provider.verify([wanted], timeout=TIMEOUT)
        assert seen.live
        assert host.leftovers() == ()

    def test_doing_it_again_changes_nothing(self, host: CertificateHost, provider: Provider) -> None:
        wanted = host.new()
        host.keep(first := apply(provider, wanted))
        for observed in (None, wanted):
            assert apply(provider, wanted, observed) == first
            assert apply(provider, wanted, observed).secrets == first.secrets

    def test_a_renewal_is_another_round_and_the_old_one_stays_until_then(
        self, host: CertificateHost, provider: Provider
    ) -> None:
        wanted = host.new()
        host.keep(first := apply(provider, wanted))
        newer = replace(wanted, renewal=2)
        assert provider.read([newer]) == {wanted.identity: wanted}
        second = apply(provider, newer, wanted)
        assert second.outputs["renewal"] == 2
        assert self.renewed(first, second)
        assert provider.read([newer]) == {wanted.identity: wanted}
        host.keep(second)
        assert provider.read([newer]) == {wanted.identity: newer}

    def renewed(self, first: Applied, second: Applied) -> bool:
        """Whether the second is as new as this provider can make it."""
        return first.outputs["fingerprint"] != second.outputs["fingerprint"] and first.secrets != second.secrets

    def test_outputs_that_were_lost_are_made_again(self, host: CertificateHost, provider: Provider) -> None:
        wanted = host.new()
        apply(provider, wanted)
        host.keep(apply(provider, wanted))
        (seen,) = provider.verify([wanted], timeout=TIMEOUT)
        assert seen.live

    def test_what_is_kept_and_is_not_good_is_told_and_replaced(self, host: CertificateHost, provider: Provider) -> None:
        wanted, other = host.new(), host.new()
        host.keep(apply(provider, wanted))
        host.keep(apply(provider, other))
        mixed = {**host.store[wanted.identity], "key": host.store[other.identity]["key"]}
        foreign = {**host.store[other.identity], "names": ["lain.example.org"]}
        for bad in (mixed, foreign):
            host.store[wanted.identity] = bad
            (seen,) = provider.verify([wanted], timeout=0.1)
            if seen.live:
                continue  # one certificate for all names: nothing of it is another's
            host.keep(apply(provider, wanted, provider.read([wanted])[wanted.identity]))
            (seen,) = provider.verify([wanted], timeout=0.1)
            assert seen.live

    def test_what_was_not_observed_is_not_changed(self, host: CertificateHost, provider: Provider) -> None:
        wanted = host.new()
        host.keep(apply(provider, wanted))
        with pytest.raises(ChangedMeanwhile):
            apply(provider, replace(wanted, renewal=5), replace(wanted, renewal=4))

    def test_removal_needs_nothing_and_may_be_repeated(self, host: CertificateHost, provider: Provider) -> None:
        wanted = host.new()
        host.keep(apply(provider, wanted))
        for _ in range(2):
            assert apply(provider, None, wanted).outputs == {}
        (gone,) = provider.verify_gone([wanted], timeout=1)
        assert gone.live

    @pytest.mark.parametrize("name", HOSTILE_NAMES)
    def test_a_hostile_name_is_refused_by_every_act(self, host: CertificateHost, provider: Provider, name: str) -> None:
        for spec in (Certificate(name), replace(host.new(), others=(name,)), Site(f"a.{host.zone}")):
            for act in (
                lambda spec=spec: provider.read([spec]),
                lambda spec=spec: provider.verify([spec], timeout=0.1),
                lambda spec=spec: provider.apply(
                    [Change("create", spec.identity, spec, None)], fence=1, timeout=TIMEOUT
                ),
            ):
                with pytest.raises(Invalid):
                    act()

    def test_no_secret_is_in_any_log_message_or_word(
        self, host: CertificateHost, provider: Provider, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        wanted = host.new()
        applied = apply(provider, wanted)
        host.keep(applied)
        (seen,) = provider.verify([wanted], timeout=TIMEOUT)
        secrets = [applied.secrets["key"].splitlines()[1]]
        schema = type(provider).settings_schema().fields
        secrets += [str(provider.settings[name]) for name, each in schema.items() if each.metadata.get("secret")]
        told = f"{applied!r} {seen!r} {provider.check()!r} {caplog.text}"
        assert not [each for each in secrets if each in told]

    def test_a_good_connection_passes_its_check(self, provider: Provider) -> None:
        assert [line for line in provider.check() if not line.ok] == []

    def test_settings_are_strict_and_explained(self, provider: Provider) -> None:
        with pytest.raises(ValidationError):
            type(provider).settings_schema().load({**provider.settings, "tidak_dikenal": 1})
        fields = type(provider).settings_schema().fields.values()
        assert all(field.metadata.get("label") and field.metadata.get("help") for field in fields)

    def test_a_server_that_is_away_is_told_in_time(
        self, host: CertificateHost, down: Mapping[str, Any] | None, silent: Mapping[str, Any] | None
    ) -> None:
        for settings in (down, silent):
            if settings is None:
                continue
            begun = time.monotonic()
            with host.provider(**settings) as provider:
                with pytest.raises(TapakError) as told:
                    apply(provider, host.new())
                assert getattr(told.value, "retryable", False)
                assert [line for line in provider.check() if not line.ok]
            assert time.monotonic() - begun < TIMEOUT
        assert host.leftovers() == ()
