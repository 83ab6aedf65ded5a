"""Agents of Apache and Nginx that are killed at any point of a change to a site."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tapak.demo.servers.process import free_port
from tapak.demo.servers.web import WebServer
from tapak.sdk.certificates import Https
from tapak.sdk.errors import ProviderUnavailable
from tapak.sdk.provider import Provider
from tapak.sdk.resources import Php, Redirect, Site
from tapak.testing.certificates import Authority, given
from tapak.testing.site_host import apply, live, new_site, standing
from tapak.testing.web_hosts import SERVERS, WebHost
from tapak_webhost.agent.crash import CRASHPOINTS

PLAIN = Site("", title="Judul Lama", owner="Dinas Contoh")
RENAMED = replace(PLAIN, title="Judul Baru")
OWN = replace(PLAIN, headers=(("X-A", "b"),))
WITH_PHP = replace(PLAIN, php=Php())
LESS_PHP = replace(PLAIN, php=Php(memory=64))
SUSPENDED = replace(WITH_PHP, suspended=True)
OTHER = replace(PLAIN, redirects=(Redirect("/lama", "/baru"),))
CHANGES: dict[str, tuple[Site | None, Site | None]] = {
    "make": (None, PLAIN),
    "rename": (PLAIN, RENAMED),
    "remove": (PLAIN, None),
    "make with directives": (None, OWN),
    "give directives": (PLAIN, OWN),
    "change directives": (OWN, OTHER),
    "take directives": (OWN, PLAIN),
    "remove with directives": (OWN, None),
    "make with php": (None, WITH_PHP),
    "give php": (PLAIN, WITH_PHP),
    "change php": (WITH_PHP, LESS_PHP),
    "take php": (WITH_PHP, PLAIN),
    "remove with php": (WITH_PHP, None),
    "suspend": (WITH_PHP, SUSPENDED),
    "restore": (SUSPENDED, WITH_PHP),
}
# Only where others wait: tests/contract/test_web_host_gathering.py.
SHARED = "vhost.shared"
RELOADING = [point for point in CRASHPOINTS if point.startswith("vhost.") and point != SHARED]
DEATHS = [
    ("make", "create.staged"),
    ("make", "create.placed"),
    ("rename", "update.paged"),
    ("rename", "update.written"),
    ("remove", "delete.moved"),
    *(("change directives", point) for point in (*RELOADING, "update.paged", "update.written")),
    *(("make with directives", point) for point in ("vhost.placed", "create.staged", "create.placed")),
    *(("remove with directives", point) for point in ("vhost.placed", "delete.moved", "vhost.committed")),
    ("give directives", "vhost.reloaded"),
    ("take directives", "vhost.placed"),
    *(
        ("make with php", point)
        for point in ("site.owned", "php.written", "php.started", "create.staged", "create.placed")
    ),
    *(("give php", point) for point in ("site.owned", "php.written", "php.stopped", "php.started", "update.written")),
    *(("change php", point) for point in ("php.written", "php.stopped", "php.started", "update.paged")),
    *(("take php", point) for point in ("update.written", "php.written", "php.stopped")),
    *(("remove with php", point) for point in ("delete.moved", "php.stopped")),
    *(("suspend", point) for point in ("site.suspended", "php.stopped", "update.written")),
    *(("restore", point) for point in ("php.started", "update.written")),
]


@pytest.fixture(scope="module", params=sorted(SERVERS))
def server(server_directory: Path, request: pytest.FixtureRequest) -> Iterator[WebServer]:
    server = SERVERS[request.param](server_directory / f"{request.param}-crashes", free_port(), tls_port=free_port())
    server.start()
    yield server
    WebHost(server).let_go()


@pytest.fixture(scope="module")
def host(server: WebServer) -> WebHost:
    return WebHost(server)


@pytest.fixture(scope="module")
def provider(host: WebHost) -> Iterator[Provider]:
    with host.provider() as provider:
        yield provider


def test_every_crash_point_is_tried() -> None:
    elsewhere = ("release.", "account.", "https.", SHARED)
    ours = {point for point in CRASHPOINTS if not point.startswith(elsewhere)}
    assert {point for _, point in DEATHS} == ours


@pytest.mark.parametrize(("change", "point"), DEATHS)
def test_an_agent_killed_anywhere_is_made_good(host: WebHost, provider: Provider, change: str, point: str) -> None:
    before, after = CHANGES[change]
    name = new_site().name
    old, new = (site and replace(site, name=name) for site in (before, after))
    if old is not None:
        apply(provider, old)
    with host.killed_at(point) as doomed, pytest.raises(ProviderUnavailable) as told:
        apply(doomed, new, old)
    assert "ended" in told.value.log
    spec = new or old
    assert spec is not None
    assert standing(provider, spec) in {old, new}
    apply(provider, new, old)
    assert standing(provider, spec) == new
    assert live(provider, new) if new else host.fetch(name).status == 404
    assert host.leftovers() == []
    assert host.server.running()


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("point", [point for point in CRASHPOINTS if point.startswith("https.")])
def test_an_agent_killed_while_it_gives_https_is_made_good(
    host: WebHost, provider: Provider, authority: Authority, point: str, own: bool
) -> None:
    plain = new_site(headers=(("X-A", "b"),) if own else ())
    pair = authority.issue(plain.name)
    secure = replace(plain, https=Https())
    apply(provider, plain)
    with host.killed_at(point) as doomed, pytest.raises(ProviderUnavailable):
        apply(doomed, secure, plain, certificate=given(pair))
    found = standing(provider, plain)
    apply(provider, secure, found, certificate=given(pair))
    assert standing(provider, plain) == secure
    assert host.handshake(plain.name, authority.root).text == pair.facts.fingerprint
    assert host.fetch(plain.name).status == 308
    with host.killed_at("https.switched") as doomed, pytest.raises(ProviderUnavailable):
        apply(doomed, None, secure)
    apply(provider, None, standing(provider, plain) or secure)
    assert host.leftovers() == []
    assert not any(plain.name in kept for kept in host.kept_keys())


@pytest.mark.parametrize("point", ["vhost.placed", "vhost.marked"])
def test_an_agent_killed_while_it_undoes_is_made_good(host: WebHost, provider: Provider, point: str) -> None:
    site = new_site()
    own = replace(site, headers=(("X-A", "b"),))
    apply(provider, site)
    with host.killed_at("vhost.reloaded") as doomed, pytest.raises(ProviderUnavailable):
        apply(doomed, own, site)
    with host.killed_at(point) as doomed, pytest.raises(ProviderUnavailable):
        standing(doomed, site)
    assert standing(provider, site) == site
    assert live(provider, site)
    assert "x-a" not in host.fetch(site.name).headers
    assert host.leftovers() == []
