"""What providers of web sites promise of sites that lead elsewhere, and of those that another server answers for.

Part of :class:`~tapak.testing.site_contract.SiteProviderContract`. The host lets servers at 127.0.0.1 answer for sites.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tapak.sdk.certificates import DAY, Https
from tapak.sdk.errors import ProviderError
from tapak.sdk.provider import Provider
from tapak.sdk.resources import Php, Proxy, Redirect, Site
from tapak.testing.certificates import Authority, given
from tapak.testing.site_host import SiteHost, apply, live, new_site, standing
from tapak.testing.upstream import asked, upstream

ELSEWHERE = "https://baru.example.test"
HOSTILE_PROXIES = (
    Proxy("aplikasi.example.test", 8080),
    Proxy("localhost", 8080),
    Proxy("", 8080),
    Proxy("127.0.0.1/x", 8080),
    Proxy("127.0.0.1\n", 8080),
    Proxy("127.0.0.1; } server {", 8080),
    Proxy("2130706433", 8080),
    Proxy("127.1", 8080),
    Proxy("127.0.0.2", 8080),
    Proxy("0.0.0.0", 8080),  # noqa: S104 - it is refused
    Proxy("::1", 8080),
    Proxy("::ffff:127.0.0.1", 8080),
    Proxy("fe80::1%lo", 8080),
    Proxy("fd00:ec2::254", 80),
    Proxy("192.0.2.1", 8080),
    Proxy("127.0.0.1", 0),
    Proxy("127.0.0.1", 65_536),
    Proxy("127.0.0.1", 8080, upload=0),
    Proxy("127.0.0.1", 8080, seconds=-1),
)


class LeadingContract:
    """Needs the fixtures ``host``, ``provider`` and ``secure``."""

    @pytest.fixture
    def application(self) -> Iterator[int]:
        """Another server's port."""
        with upstream() as port:
            yield port

    def test_a_whole_site_leads_elsewhere(self, host: SiteHost, provider: Provider) -> None:
        plain = new_site()
        site = replace(plain, redirects=(Redirect("/", f"{ELSEWHERE}/", 301),))
        apply(provider, plain)
        host.put(site.name, "data.txt", "isi")
        apply(provider, site, plain)
        for path in ("/", "/data.txt", "/a/b?c=d"):
            moved = host.fetch(site.name, path)
            assert (moved.status, moved.headers["location"]) == (301, f"{ELSEWHERE}{path}")
        assert standing(provider, site) == site
        assert live(provider, site)
        assert not live(provider, replace(site, redirects=(Redirect("/", f"{ELSEWHERE}/x", 301),)), timeout=0.05)
        suspended = replace(site, suspended=True)
        apply(provider, suspended, site)
        assert {host.fetch(site.name, path).status for path in ("/", "/data.txt")} == {410}
        assert live(provider, suspended)
        apply(provider, site, suspended)
        assert live(provider, site)
        apply(provider, plain, site)
        assert host.fetch(site.name, "/data.txt").text == "isi"

    @pytest.mark.parametrize("target", ["http://NAME/", "https://NAME", "https://NAME:443/x", "/"])
    def test_a_site_that_would_lead_to_itself_is_refused(self, provider: Provider, target: str) -> None:
        site = new_site()
        looping = replace(site, redirects=(Redirect("/", target.replace("NAME", site.name)),))
        with pytest.raises(ProviderError):
            apply(provider, looping)
        assert standing(provider, site) is None

    def test_another_server_answers_for_a_site(self, host: SiteHost, provider: Provider, application: int) -> None:
        plain = new_site()
        site = replace(plain, proxy=Proxy("127.0.0.1", application))
        apply(provider, plain)
        host.put(site.name, "data.txt", "isi")
        apply(provider, site, plain)
        assert standing(provider, site) == site
        assert live(provider, site)
        assert not live(provider, plain, timeout=0.05)
        claimed = {"X-Forwarded-For": "192.0.2.9", "X-Forwarded-Host": "lain", "X-Real-IP": "192.0.2.9"}
        answer = host.fetch(site.name, "/data.txt/%2F%20..%3B?x=%20y&z", {**claimed, "X-Lain": "a"})
        seen = asked(answer)
        assert seen["path"] == "/data.txt/%2F%20..%3B?x=%20y&z"
        assert seen["headers"]["host"] == site.name
        assert seen["headers"]["x-forwarded-for"] == "127.0.0.1"
        assert seen["headers"]["x-forwarded-proto"] == "http"
        assert seen["headers"]["x-lain"] == "a"
        assert "x-forwarded-host" not in seen["headers"]
        assert "x-real-ip" not in seen["headers"]
        assert answer.headers["x-a"] == "dari aplikasi"
        assert answer.headers["x-tapak-site"] == f"{site.name}; served=vhost"
        assert asked(host.fetch(site.name, "/a.php"))["path"] == "/a.php"
        assert host.fetch(site.name, "/masuk").headers["location"].endswith(f"{site.name}/pintu")
        assert host.fetch(site.name, "/tertutup").status == 401
        apply(provider, plain, site)
        assert host.fetch(site.name, "/data.txt").text == "isi"
        assert standing(provider, plain) == plain
        assert live(provider, plain)

    def test_a_websocket_goes_through(self, host: SiteHost, provider: Provider, application: int) -> None:
        site = new_site(proxy=Proxy("127.0.0.1", application))
        apply(provider, site)
        with host.raw(site.name, "/kanal", {"Upgrade": "websocket", "Connection": "keep-alive, Upgrade"}) as stream:
            assert stream.readline().split()[1] == b"101"
            assert b"upgrade: websocket" in [line.strip().lower() for line in iter(stream.readline, b"\r\n")]
            for said in (b"halo\n", b"lagi\n"):
                stream.write(said)
                stream.flush()
                assert stream.readline() == b"upgrade " + said
        other = {"Upgrade": "h2c", "Connection": "Upgrade, HTTP2-Settings", "HTTP2-Settings": ""}
        assert "upgrade" not in asked(host.fetch(site.name, "/kanal", other))["headers"]

    def test_what_another_server_is_sent_has_a_limit(
        self, host: SiteHost, provider: Provider, application: int
    ) -> None:
        site = new_site(proxy=Proxy("127.0.0.1", application, upload=1))
        apply(provider, site)
        assert asked(host.fetch(site.name, body=b"a" * 1_000_000))["body"] == 1_000_000
        assert host.fetch(site.name, body=b"a" * 1_100_000).status == 413
        assert host.fetch(site.name, headers={"Content-Length": "99999999999"}).status == 413
        assert host.fetch(site.name, body=iter([b"a" * 1_100_000])).status in {411, 413}
        more = replace(site, proxy=Proxy("127.0.0.1", application, upload=2))
        apply(provider, more, site)
        assert asked(host.fetch(site.name, body=b"a" * 1_100_000))["body"] == 1_100_000

    def test_headers_and_redirects_go_before_another_servers(
        self, host: SiteHost, provider: Provider, application: int
    ) -> None:
        redirects = (Redirect("/lama", f"{ELSEWHERE}/x", 301), Redirect("/lama/dalam", "/sini"))
        site = new_site(proxy=Proxy("127.0.0.1", application), headers=(("X-A", "b"),), redirects=redirects)
        apply(provider, site)
        assert live(provider, site)
        assert host.fetch(site.name).headers["x-a"] == "b"
        assert host.fetch(site.name, "/lama/a?b").headers["location"] == f"{ELSEWHERE}/x/a?b"
        assert host.fetch(site.name, "/lama/dalam").headers["location"].endswith("/sini")
        assert asked(host.fetch(site.name, "/lamaran"))["path"] == "/lamaran"

    def test_another_server_isn_t_asked_for_a_suspended_site(
        self, host: SiteHost, provider: Provider, application: int
    ) -> None:
        site = new_site(proxy=Proxy("127.0.0.1", application))
        suspended = replace(site, suspended=True)
        apply(provider, site)
        apply(provider, suspended, site)
        assert {host.fetch(site.name, path).status for path in ("/", "/a/b")} == {410}
        assert live(provider, suspended)
        assert not live(provider, site, timeout=0.05)
        apply(provider, site, suspended)
        assert live(provider, site)

    def test_another_server_that_is_away_is_told_and_comes_back(self, host: SiteHost, provider: Provider) -> None:
        with upstream() as port:
            site = new_site(proxy=Proxy("127.0.0.1", port))
            apply(provider, site)
            assert live(provider, site)
        (seen,) = provider.verify([site], timeout=0.1)
        assert not seen.live
        assert seen.probes[0].answer in {"HTTP 502", "HTTP 503"}
        with upstream(port):
            assert live(provider, site)

    def test_another_server_by_https(
        self, host: SiteHost, secure: Provider, authority: Authority, application: int
    ) -> None:
        site = new_site(https=Https(hsts=DAY), proxy=Proxy("127.0.0.1", application))
        apply(secure, site, certificate=given(authority.issue(site.name)))
        assert live(secure, site)
        assert host.fetch(site.name).status == 308
        assert host.handshake(site.name, authority.root).headers["strict-transport-security"] == "max-age=86400"

    @pytest.mark.parametrize("proxy", HOSTILE_PROXIES)
    def test_no_site_is_a_server_that_nobody_allowed(self, host: SiteHost, provider: Provider, proxy: Proxy) -> None:
        self._not_made(host, provider, new_site(proxy=proxy))

    def test_another_server_and_php_are_not_one_site(
        self, host: SiteHost, provider: Provider, application: int
    ) -> None:
        self._not_made(host, provider, new_site(proxy=Proxy("127.0.0.1", application), php=Php()))

    def _not_made(self, host: SiteHost, provider: Provider, site: Site) -> None:
        before = host.names()
        with pytest.raises(ProviderError) as told:
            apply(provider, site)
        assert told.value.message
        assert host.names() == before
        assert host.fetch(site.name).status == 404
