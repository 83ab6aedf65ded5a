"""What every provider of web sites promises, as a base class for a provider's tests, on a real server.

A provider subclasses :class:`SiteProviderContract` and overrides the fixture ``host``::

    class TestApache(SiteProviderContract):
        @pytest.fixture
        def host(self, apache): ...
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from marshmallow import ValidationError

from tapak.sdk.errors import ChangedMeanwhile, ForeignResource, ProviderBroken, ProviderError, StaleFence
from tapak.sdk.provider import Provider
from tapak.sdk.resources import Php, Redirect, Site
from tapak.testing.hostile_sites import HOSTILE_HEADERS, HOSTILE_NAMES, HOSTILE_REDIRECTS, UNPRINTABLE
from tapak.testing.https_contract import HttpsContract
from tapak.testing.leading_contract import LeadingContract
from tapak.testing.runtime_contract import RuntimeContract
from tapak.testing.site_host import SiteHost, apply, live, new_site, standing


class SiteProviderContract(RuntimeContract, HttpsContract, LeadingContract):
    """Override ``host``."""

    @pytest.fixture
    def host(self) -> SiteHost:
        raise NotImplementedError("override the fixture 'host'")

    @pytest.fixture
    def provider(self, host: SiteHost) -> Iterator[Provider]:
        with host.provider() as provider:
            yield provider

    def test_the_connection_test_passes_and_leaves_nothing(self, host: SiteHost, provider: Provider) -> None:
        before = host.names()
        assert [check for check in provider.check() if not check.ok] == []
        assert host.names() == before

    def test_a_site_is_made_shown_and_verified(self, host: SiteHost, provider: Provider) -> None:
        site = new_site()
        assert standing(provider, site) is None
        assert host.fetch(site.name).status == 404
        apply(provider, site)
        page = host.fetch(site.name)
        assert page.status == 200
        assert site.title in page.text
        assert site.owner in page.text
        assert "sedang disiapkan" in page.text
        assert standing(provider, site) == site
        assert live(provider, site)

    def test_a_name_that_nobody_has_is_not_found(self, host: SiteHost, provider: Provider) -> None:
        apply(provider, new_site())
        assert host.fetch("tidak-ada.example.test").status == 404

    def test_doing_it_again_changes_nothing(self, provider: Provider) -> None:
        site = new_site()
        assert apply(provider, site) == apply(provider, site)

    def test_an_update_shows_and_the_owners_files_stay(self, host: SiteHost, provider: Provider) -> None:
        site = new_site()
        apply(provider, site)
        renamed = replace(site, title="Antrean Baru")
        apply(provider, renamed, site)
        assert "Antrean Baru" in host.fetch(site.name).text
        host.put(site.name, "index.html", "milik pemilik")
        host.put(site.name, "data.txt", "isi")
        again = replace(site, title="Antrean Ketiga")
        apply(provider, again, renamed)
        assert standing(provider, site) == again
        assert host.fetch(site.name).text == "milik pemilik"
        assert host.fetch(site.name, "/data.txt").text == "isi"

    def test_a_site_is_taken_away_and_may_come_again(self, host: SiteHost, provider: Provider) -> None:
        site = new_site()
        apply(provider, site)
        (there,) = provider.verify_gone([site], timeout=0.05)
        assert not there.live
        apply(provider, None, site)
        apply(provider, None, site)
        assert host.fetch(site.name).status == 404
        assert standing(provider, site) is None
        (gone,) = provider.verify_gone([site], timeout=5)
        assert gone.live
        apply(provider, site)
        assert live(provider, site)

    def test_what_was_not_observed_is_not_changed(self, host: SiteHost, provider: Provider) -> None:
        site, other = new_site(), new_site()
        apply(provider, site)
        for desired, observed in (
            (replace(site, title="Lain"), None),
            (replace(site, title="Lain"), replace(site, title="Bukan ini")),
            (None, replace(site, title="Bukan ini")),
            (replace(other, title="Lain"), other),
        ):
            with pytest.raises(ChangedMeanwhile):
                apply(provider, desired, observed)
        assert site.title in host.fetch(site.name).text
        assert standing(provider, site) == site
        assert standing(provider, other) is None

    def test_somebody_elses_site_is_seen_and_left_alone(self, host: SiteHost, provider: Provider) -> None:
        site = new_site()
        host.plant(site.name)
        found = standing(provider, site)
        assert found is not None
        assert found != site
        for desired, observed in ((site, None), (site, found), (None, found)):
            with pytest.raises(ForeignResource):
                apply(provider, desired, observed)
        assert host.planted(site.name)
        assert not live(provider, replace(site, headers=(("X-A", "b"),)), timeout=0.05)

    @pytest.mark.parametrize("name", HOSTILE_NAMES)
    def test_a_hostile_name_reaches_no_disk(self, host: SiteHost, provider: Provider, name: str) -> None:
        before = host.names()
        for headers in ((), (("X-A", "b"),)):
            with pytest.raises(ProviderError):
                apply(provider, Site(name, title="Judul", headers=headers))
        with pytest.raises(ProviderError):
            apply(provider, None, Site(name, title="Judul"))
        assert host.names() == before

    def test_words_stay_words(self, host: SiteHost, provider: Provider) -> None:
        site = new_site(title="<script>alert(1)</script>", owner='"><img src=x> & {owner} %s')
        apply(provider, site)
        page = host.fetch(site.name).text
        assert "<script" not in page
        assert "<img" not in page
        assert "&lt;script&gt;" in page
        assert "{owner} %s" in page
        assert standing(provider, site) == site

    @pytest.mark.parametrize("title", UNPRINTABLE)
    def test_words_that_cannot_be_shown_are_refused(self, provider: Provider, title: str) -> None:
        site = new_site(title=title)
        with pytest.raises(ProviderError):
            apply(provider, site)
        assert standing(provider, site) is None

    def test_directives_of_its_own_and_back(self, host: SiteHost, provider: Provider) -> None:
        plain = new_site()
        site = replace(
            plain,
            headers=(("X-Frame-Options", "DENY"), ("Content-Security-Policy", "default-src 'self'; x 100%")),
            redirects=(
                Redirect("/lama", "https://baru.example.test/x", 301),
                Redirect("/lama/dalam", "/di-sini"),
            ),
        )
        apply(provider, site)
        page = host.fetch(site.name)
        assert page.status == 200
        assert page.headers["x-frame-options"] == "DENY"
        assert page.headers["content-security-policy"] == "default-src 'self'; x 100%"
        moved = host.fetch(site.name, "/lama/a")
        assert (moved.status, moved.headers["location"]) == (301, "https://baru.example.test/x/a")
        assert host.fetch(site.name, "/lama/dalam").headers["location"].endswith(f"{site.name}/di-sini")
        assert host.fetch(site.name, "/lamaran").status == 404
        assert standing(provider, site) == site
        assert live(provider, site)
        assert not live(provider, plain, timeout=0.05)
        apply(provider, plain, site)
        assert "x-frame-options" not in host.fetch(site.name).headers
        assert host.fetch(site.name, "/lama").status == 404
        assert standing(provider, plain) == plain
        assert live(provider, plain)
        assert not live(provider, site, timeout=0.05)

    def test_a_site_with_directives_is_taken_away(self, host: SiteHost, provider: Provider) -> None:
        site = new_site(headers=(("X-A", "b"),))
        apply(provider, site)
        apply(provider, None, site)
        assert host.fetch(site.name).status == 404
        assert "x-a" not in host.fetch(site.name).headers
        assert standing(provider, site) is None

    @pytest.mark.parametrize("header", HOSTILE_HEADERS)
    def test_a_hostile_header_becomes_no_directive(
        self, host: SiteHost, provider: Provider, header: tuple[str, str]
    ) -> None:
        self._refused(host, provider, new_site(headers=(header,)))

    @pytest.mark.parametrize("redirect", HOSTILE_REDIRECTS)
    def test_a_hostile_redirect_becomes_no_directive(
        self, host: SiteHost, provider: Provider, redirect: Redirect
    ) -> None:
        self._refused(host, provider, new_site(redirects=(redirect,)))

    def test_a_broken_configuration_is_told_and_not_made_worse(self, host: SiteHost, provider: Provider) -> None:
        plain, own = new_site(), new_site(headers=(("X-A", "b"),))
        apply(provider, plain)
        apply(provider, own)
        broken = host.break_configuration()
        try:
            wanted = replace(own, headers=(("X-A", "c"),))
            for desired, observed in ((wanted, own), (None, own), (new_site(headers=(("X-A", "b"),)), None)):
                with pytest.raises(ProviderBroken) as told:
                    apply(provider, desired, observed)
                assert broken in told.value.message
            assert not all(check.ok for check in provider.check())
            mass = new_site()
            apply(provider, mass)
            assert live(provider, mass)
            assert live(provider, plain)
            assert live(provider, own)
            assert standing(provider, own) == own
        finally:
            host.mend_configuration()
        apply(provider, wanted, own)
        assert live(provider, wanted)

    def test_a_worker_that_woke_late_is_turned_away(self, host: SiteHost, provider: Provider) -> None:
        site = new_site()
        apply(provider, site, fence=5)
        apply(provider, site, fence=5)
        renamed = replace(site, title="Lain")
        for desired, observed in ((renamed, site), (site, None), (None, site)):
            with pytest.raises(StaleFence):
                apply(provider, desired, observed, fence=4)
        apply(provider, None, site, fence=6)
        with pytest.raises(StaleFence):
            apply(provider, site, fence=5)
        assert host.fetch(site.name).status == 404
        apply(provider, site, fence=6)
        assert live(provider, site)

    def test_a_refused_change_still_raises_the_fence(self, provider: Provider) -> None:
        site = new_site()
        apply(provider, site, fence=1)
        with pytest.raises(ChangedMeanwhile):
            apply(provider, replace(site, title="Lain"), None, fence=9)
        with pytest.raises(StaleFence):
            apply(provider, replace(site, title="Lain"), site, fence=8)

    def test_verifying_ends_at_the_deadline_and_tells_what_was_seen(self, provider: Provider) -> None:
        site = new_site()
        begun = time.monotonic()
        (seen,) = provider.verify([site], timeout=0.3)
        assert 0.3 <= time.monotonic() - begun < 3
        assert not seen.live
        assert site.name in seen.probes[0].server
        assert "404" in seen.probes[0].answer

    @pytest.mark.parametrize("php", [None, Php()])
    def test_figures_are_given_with_their_source(self, host: SiteHost, provider: Provider, php: Php | None) -> None:
        site = new_site(php=php)
        apply(provider, site)
        host.fetch(site.name)
        facts = {fact.key: fact for fact in provider.facts([site.name, "tidak-ada.example.test"])}
        assert {fact.source for fact in facts.values()} <= {"agent", "logs"}
        assert all(fact.value and not fact.problem for fact in facts.values())
        assert facts["server_capacity"].details["disk_free"] > 0
        assert facts["server_capacity"].details["sites"] >= 1
        usage = facts[f"site_usage:{site.name}"].details
        assert usage["disk"] > 0
        assert usage["requests"] == 1
        assert usage["bytes"] > 0
        assert facts["site_usage:tidak-ada.example.test"].details["disk"] is None

    def test_settings_are_strict(self, provider: Provider) -> None:
        with pytest.raises(ValidationError):
            type(provider).settings_schema().load({**provider.settings, "tidak_dikenal": 1})
        fields = type(provider).settings_schema().fields.values()
        assert all(field.metadata.get("label") and field.metadata.get("help") for field in fields)

    def _refused(self, host: SiteHost, provider: Provider, site: Site) -> None:
        before = host.names()
        with pytest.raises(ProviderError):
            apply(provider, site)
        assert host.names() == before
        assert host.fetch(site.name).status == 404
