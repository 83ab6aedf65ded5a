"""What every provider of web sites promises of HTTPS, on a real server: real handshakes that check the name.

Part of :class:`~tapak.testing.site_contract.SiteProviderContract`; the fixture ``authority`` issues certificates.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from tapak.sdk.certificates import DAY, YEAR, Https
from tapak.sdk.errors import ProviderError
from tapak.sdk.provider import Provider
from tapak.sdk.resources import Redirect
from tapak.sdk.x509 import Pair
from tapak.testing.certificates import Authority, given
from tapak.testing.site_host import SiteHost, apply, live, new_site, standing

WILDCARD = "*.example.test"


class HttpsContract:
    """Tests that need ``host``."""

    @pytest.fixture
    def secure(self, host: SiteHost, authority: Authority) -> Iterator[Provider]:
        """A provider that trusts the test's authority."""
        with host.provider(authorities=authority.root) as provider:
            yield provider

    def test_a_site_answers_https_with_the_certificate_that_it_needs(
        self, host: SiteHost, secure: Provider, authority: Authority
    ) -> None:
        pair = authority.issue(WILDCARD)
        for _ in range(2):
            site = new_site(https=Https(redirect=False))
            apply(secure, site, certificate=given(pair))
            seen = host.handshake(site.name, authority.root)
            assert (seen.status, seen.text) == (200, pair.facts.fingerprint)
            assert host.fetch(site.name).status == 200
            assert "strict-transport-security" not in seen.headers
            assert standing(secure, site) == site
            assert live(secure, site)
            with pytest.raises(ssl.SSLError):
                host.handshake("lain.example.org", authority.root)

    @pytest.mark.parametrize("own", [False, True])
    def test_http_leads_there_and_browsers_are_told_to_stay_as_it_is_wanted(
        self, host: SiteHost, secure: Provider, authority: Authority, own: bool
    ) -> None:
        pair = authority.issue(WILDCARD)
        site = new_site(https=Https(hsts=YEAR), headers=(("X-A", "b"),) if own else ())
        apply(secure, site, certificate=given(pair))
        plain = host.fetch(site.name, "/a%20b?c=d")
        assert plain.status == 308
        assert plain.headers["location"] == f"https://{site.name}:{host.secure_address[1]}/a%20b?c=d"
        told = host.handshake(site.name, authority.root).headers
        assert told["strict-transport-security"] == "max-age=31536000"
        assert told.get("x-a") == ("b" if own else None)
        assert live(secure, site)
        less = replace(site, https=Https(redirect=False, hsts=DAY))
        apply(secure, less, site, certificate=given(pair))
        assert host.fetch(site.name).status == 200
        assert "strict-transport-security" not in host.fetch(site.name).headers
        assert host.handshake(site.name, authority.root).headers["strict-transport-security"] == "max-age=86400"
        assert live(secure, less)
        assert not live(secure, site, timeout=0.05)
        none = replace(site, https=None)
        apply(secure, none, less)
        assert live(secure, none)
        assert not any(site.name in kept for kept in host.kept_keys())

    @pytest.mark.parametrize("own", [False, True])
    def test_a_newer_certificate_is_shown_at_once(
        self, host: SiteHost, secure: Provider, authority: Authority, own: bool
    ) -> None:
        redirects = (Redirect("/lama", "/baru"),) if own else ()
        sites = [new_site(https=Https(), redirects=redirects) for _ in range(2)]
        for renewal in (1, 2):
            pair = authority.issue(WILDCARD)
            for site in sites:
                first = apply(secure, site, site if renewal > 1 else None, certificate=given(pair, renewal))
                assert host.handshake(site.name, authority.root).text == pair.facts.fingerprint
                assert apply(secure, site, site, certificate=given(pair, renewal)) == first
            assert all(live(secure, site) for site in sites)

    def test_a_certificate_of_its_own_goes_before_the_shared_one(
        self, host: SiteHost, secure: Provider, authority: Authority
    ) -> None:
        shared, site = authority.issue(WILDCARD), new_site(https=Https())
        own = authority.issue(site.name)
        for pair in (shared, own):
            other = new_site(https=Https())
            apply(secure, other, certificate=given(shared))
            apply(secure, site, None if pair is shared else site, certificate=given(pair))
            assert host.handshake(site.name, authority.root).text == pair.facts.fingerprint
            assert host.handshake(other.name, authority.root).text == shared.facts.fingerprint
            assert live(secure, site)

    def test_what_is_no_pair_is_refused_and_what_was_shown_stays(
        self, host: SiteHost, secure: Provider, authority: Authority
    ) -> None:
        pair, other, site = authority.issue(WILDCARD), authority.issue(WILDCARD), new_site(https=Https())
        apply(secure, site, certificate=given(pair))
        wrong = (
            Pair(other.chain, pair.key),
            Pair("bukan sertifikat", pair.key),
            Pair(pair.chain + "}\n; server {", pair.key),
        )
        for bad in wrong:
            told = {**given(pair), "chain": bad.chain, "key": bad.key}
            with pytest.raises(ProviderError) as refused:
                apply(secure, site, site, certificate=told)
            assert "PRIVATE" not in f"{refused.value.message} {refused.value.log}"
        with pytest.raises(ProviderError):
            apply(secure, new_site(https=Https()))
        assert host.handshake(site.name, authority.root).text == pair.facts.fingerprint
        assert live(secure, site)

    def test_a_switch_that_was_taken_away_by_hand_is_seen_and_mended(
        self, host: SiteHost, secure: Provider, authority: Authority
    ) -> None:
        pair, site = authority.issue(WILDCARD), new_site(https=Https())
        apply(secure, site, certificate=given(pair))
        host.unswitch(site.name)
        found = standing(secure, site)
        assert found == replace(site, https=Https(redirect=False))
        assert not live(secure, site, timeout=0.05)
        apply(secure, site, found, certificate=given(pair))
        assert live(secure, site)

    def test_a_certificate_that_nobody_trusts_is_told(self, host: SiteHost, authority: Authority) -> None:
        site = new_site(https=Https())
        with host.provider() as provider:
            apply(provider, site, certificate=given(authority.issue(WILDCARD)))
            (seen,) = provider.verify([site], timeout=0.05)
        assert not seen.live
        assert any("tidak dapat dipercaya" in probe.answer for probe in seen.probes)

    def test_keys_go_with_their_site(self, host: SiteHost, secure: Provider, authority: Authority) -> None:
        site, before = new_site(https=Https()), host.kept_keys()
        apply(secure, site, certificate=given(authority.issue(site.name)))
        assert len(host.kept_keys()) > len(before)
        apply(secure, None, site)
        assert host.kept_keys() == before
        with suppress(OSError):
            assert host.handshake(site.name, authority.root).status == 404

    def test_a_suspended_site_is_gone_by_https_too(
        self, host: SiteHost, secure: Provider, authority: Authority
    ) -> None:
        site, pair = new_site(https=Https()), authority.issue(WILDCARD)
        apply(secure, site, certificate=given(pair))
        closed = replace(site, suspended=True)
        apply(secure, closed, site, certificate=given(pair))
        assert host.handshake(site.name, authority.root).status == 410
        assert live(secure, closed)
