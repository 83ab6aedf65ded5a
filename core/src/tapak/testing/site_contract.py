"""What every provider of web sites promises, as a base class for a provider's tests, on a real server.

A provider subclasses :class:`SiteProviderContract` and overrides the fixture ``host``::

    class TestApache(SiteProviderContract):
        @pytest.fixture
        def host(self, apache): ...
"""

from __future__ import annotations

import http.client
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import count

import pytest
from marshmallow import ValidationError

from tapak.sdk.errors import ChangedMeanwhile, ForeignResource, ProviderBroken, ProviderError, StaleFence
from tapak.sdk.provider import Applied, Change, Provider
from tapak.sdk.resources import Php, Redirect, Site, Spec
from tapak.testing.hostile_sites import HOSTILE_HEADERS, HOSTILE_NAMES, HOSTILE_REDIRECTS, UNPRINTABLE

TIMEOUT = 20.0

_NUMBERS = count(1)


@dataclass(frozen=True)
class Answer:
    """What the server says for one address; header names are in lower case."""

    status: int
    headers: dict[str, str]
    text: str


class SiteHost(ABC):
    """A running web server that a test may look at from the outside and touch by hand."""

    address: tuple[str, int]

    @abstractmethod
    def provider(self) -> Provider:
        """A new connection to it; the test closes it."""

    @abstractmethod
    def plant(self, name: str) -> None:
        """Put somebody else's site there, by hand."""

    @abstractmethod
    def planted(self, name: str) -> bool:
        """Whether what :meth:`plant` made stands untouched."""

    @abstractmethod
    def put(self, name: str, file: str, content: str) -> None:
        """Put an owner's file into a site's document root."""

    @abstractmethod
    def names(self) -> Sequence[str]:
        """What there is where sites are kept, half-made things included."""

    @abstractmethod
    def break_configuration(self) -> str:
        """Put a mistake into the server's configuration by hand; gives the name of the file."""

    @abstractmethod
    def mend_configuration(self) -> None:
        """Take the mistake away."""

    def fetch(self, name: str, path: str = "/") -> Answer:
        """GET ``path`` of ``name``, on a new connection."""
        with closing(http.client.HTTPConnection(*self.address, timeout=5)) as connection:
            connection.request("GET", path, headers={"Host": name})
            response = connection.getresponse()
            headers = {key.lower(): value for key, value in response.getheaders()}
            return Answer(response.status, headers, response.read().decode())


def new_site(**fields: object) -> Site:
    """A site that no other test knows."""
    return replace(Site(f"situs{next(_NUMBERS)}.example.test", title="Antrean Daring", owner="Dinas Contoh"), **fields)  # type: ignore[arg-type]


def apply(provider: Provider, desired: Spec | None, observed: Spec | None = None, *, fence: int = 1) -> Applied:
    """One change from ``observed`` to ``desired``."""
    spec = desired or observed
    assert spec is not None
    change = Change("delete" if not desired else "update" if observed else "create", spec.identity, desired, observed)
    (applied,) = provider.apply([change], fence=fence, timeout=TIMEOUT)
    assert applied.identity == spec.identity
    return applied


def standing(provider: Provider, site: Spec) -> Spec | None:
    """What the provider reads in its place."""
    return provider.read([site])[site.identity]


def live(provider: Provider, site: Spec, timeout: float = 5.0) -> bool:
    """Whether the provider sees it as it is to be."""
    (seen,) = provider.verify([site], timeout=timeout)
    return seen.live


class SiteProviderContract:
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

    @pytest.mark.parametrize("headers", [(), (("X-A", "b"),)])
    def test_a_suspended_site_is_gone_at_once_and_back_in_one_act(
        self, host: SiteHost, provider: Provider, headers: tuple[tuple[str, str], ...]
    ) -> None:
        site = new_site(headers=headers)
        suspended = replace(site, suspended=True)
        apply(provider, site)
        host.put(site.name, "data.txt", "isi")
        apply(provider, suspended, site)
        assert {host.fetch(site.name, path).status for path in ("/", "/data.txt", "/tidak-ada")} == {410}
        assert "isi" not in host.fetch(site.name, "/data.txt").text
        assert standing(provider, site) == suspended
        assert live(provider, suspended)
        assert not live(provider, site, timeout=0.05)
        apply(provider, site, suspended)
        assert host.fetch(site.name, "/data.txt").text == "isi"
        assert live(provider, site)
        assert not live(provider, suspended, timeout=0.05)

    @pytest.mark.parametrize("headers", [(), (("X-A", "b"),)])
    def test_php_is_run(self, host: SiteHost, provider: Provider, headers: tuple[tuple[str, str], ...]) -> None:
        plain = new_site(headers=headers)
        site = replace(plain, php=Php(memory=64, upload=3, seconds=7))
        apply(provider, site)
        assert standing(provider, site) == site
        assert live(provider, site)
        host.put(
            site.name,
            "limits.php",
            "<?php foreach (['memory_limit', 'upload_max_filesize'] as $k) echo ini_get($k), ' ';",
        )
        assert host.fetch(site.name, "/limits.php").text == "64M 3M "
        host.put(site.name, "index.php", "<?php echo 'dari ', strtoupper('php');")
        assert host.fetch(site.name).text == "dari PHP"
        assert host.fetch(site.name, "/tidak-ada.php").status == 404
        more = replace(site, php=Php(memory=96, upload=3, seconds=7))
        apply(provider, more, site)
        assert host.fetch(site.name, "/limits.php").text == "96M 3M "
        assert standing(provider, site) == more

    def test_php_keeps_to_its_site(self, host: SiteHost, provider: Provider) -> None:
        site, other = new_site(php=Php()), new_site(php=Php())
        apply(provider, site)
        apply(provider, other)
        host.put(other.name, "rahasia.php", "<?php echo 'lain';")
        code = """<?php
            session_start(); $_SESSION['a'] = 1; session_write_close();
            $kept = tempnam(sys_get_temp_dir(), 'x'); file_put_contents($kept, 'y');
            $there = dirname(__DIR__, 2) . '/NAME/public/rahasia.php';
            foreach ([$there, '/etc/passwd', '/proc/self/environ'] as $path)
                echo @file_get_contents($path) === false ? 'no ' : 'YES ';
            echo file_get_contents($kept), ' ', function_exists('exec') ? 'exec' : 'safe';"""
        host.put(site.name, "coba.php", code.replace("NAME", other.name))
        assert host.fetch(site.name, "/coba.php").text == "no no no y safe"
        assert host.fetch(other.name, "/rahasia.php").text == "lain"

    @pytest.mark.parametrize("headers", [(), (("X-A", "b"),)])
    @pytest.mark.parametrize("file", ["a.php", "a.PHP", "a.phtml", "a.php5", ".well-known/a.php"])
    def test_the_source_of_php_is_never_shown(
        self, host: SiteHost, provider: Provider, headers: tuple[tuple[str, str], ...], file: str
    ) -> None:
        plain, runs = new_site(headers=headers), new_site(headers=headers, php=Php())
        for site in (plain, runs):
            apply(provider, site)
            host.put(site.name, file, "<?php echo 'ra', 'hasia'; // sandi")
            assert "sandi" not in host.fetch(site.name, f"/{file}").text
        assert host.fetch(plain.name, f"/{file}").status >= 400

    def test_php_is_taken_away_and_given_again(self, host: SiteHost, provider: Provider) -> None:
        site = new_site(php=Php())
        plain = replace(site, php=None)
        apply(provider, site)
        host.put(site.name, "a.php", "<?php echo 'ra', 'hasia'; // sandi")
        apply(provider, plain, site)
        assert standing(provider, site) == plain
        assert live(provider, plain)
        assert not live(provider, site, timeout=0.05)
        assert "sandi" not in host.fetch(site.name, "/a.php").text
        apply(provider, site, plain)
        assert host.fetch(site.name, "/a.php").text == "rahasia"

    def test_a_suspended_site_runs_no_php(self, host: SiteHost, provider: Provider) -> None:
        site = new_site(php=Php())
        suspended = replace(site, suspended=True)
        apply(provider, site)
        host.put(site.name, "a.php", "<?php echo 'jalan';")
        apply(provider, suspended, site)
        assert host.fetch(site.name, "/a.php").status == 410
        assert standing(provider, site) == suspended
        assert live(provider, suspended)
        apply(provider, site, suspended)
        assert host.fetch(site.name, "/a.php").text == "jalan"

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
