"""Changes by many agents at once, on real servers: they share reloads, and each is proved or undone by itself."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tapak.demo.servers.process import free_port, wait_until
from tapak.demo.servers.web import WebServer
from tapak.sdk.errors import ProviderBroken, ProviderError, ProviderUnavailable
from tapak.sdk.provider import Change, Provider
from tapak.sdk.resources import Php, Redirect, Site
from tapak.testing.site_host import apply, live, new_site, standing
from tapak.testing.web_hosts import SERVERS, WebHost

Outcome = ProviderError | None
DOOMED = ["env", "TAPAK_CRASHPOINT=vhost.shared", sys.executable, "-m", "tapak_webhost.agent"]


@pytest.fixture(scope="module", params=sorted(SERVERS))
def server(server_directory: Path, request: pytest.FixtureRequest) -> Iterator[WebServer]:
    server = SERVERS[request.param](server_directory / f"{request.param}-gathering", free_port())
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


@pytest.fixture
def counted(host: WebHost) -> tuple[str, Callable[[], int]]:
    """Settings of an agent whose reloads are written down, and how many there were."""
    log = host.server.directory / "reloads"
    log.unlink(missing_ok=True)
    program, conf = host.server.daemon.argv[0], host.server.config
    reload = {"apache": f"{program} -f {conf} -k graceful", "nginx": f"{program} -c {conf} -s reload"}
    command = ["/bin/sh", "-c", f"echo >> {log}; exec {reload[host.server.kind]}"]
    config = host.agent_config("counted.toml", reload_command=command)
    return config, lambda: len(log.read_text()) if log.exists() else 0


@contextmanager
def held(host: WebHost, agents: int) -> Iterator[None]:
    """Hold the host until that many agents wait to place a change."""
    line = host.server.directory / "agent" / "line"

    def waiting() -> int:
        mark = f":{line.stat().st_ino} " if line.exists() else "none"
        return sum(mark in row and " READ " in row for row in Path("/proc/locks").read_text().splitlines())

    web = os.open(host.server.web, os.O_RDONLY)
    try:
        fcntl.flock(web, fcntl.LOCK_EX)
        yield
        wait_until(lambda: waiting() == agents, 20, f"{agents} agents to stand in line")
    finally:
        os.close(web)


def at_once(
    host: WebHost, changes: Sequence[tuple[Site, Site | None]], config: str, *, doomed: int = -1
) -> list[Outcome]:
    """What becomes of ``changes`` (desired, observed), each by an agent of its own; the one at ``doomed`` is killed."""

    def one(at: int) -> Outcome:
        settings: dict[str, object] = {"agent_command": DOOMED} if at == doomed else {}
        with host.provider(agent_config=config, **settings) as provider:
            try:
                apply(provider, *changes[at])
            except ProviderError as error:
                return error
            return None

    with ThreadPoolExecutor(len(changes)) as pool:
        with held(host, len(changes)):
            outcomes = [pool.submit(one, at) for at in range(len(changes))]
        return [outcome.result() for outcome in outcomes]


def test_changes_at_once_share_a_reload(
    host: WebHost, provider: Provider, counted: tuple[str, Callable[[], int]]
) -> None:
    config, reloads = counted
    sites = [new_site(redirects=(Redirect("/", "https://baru.example.test/"),)) for _ in range(3)]
    plain, own = new_site(), new_site(headers=(("X-A", "b"),))
    apply(provider, plain)
    apply(provider, own)
    given = replace(plain, headers=(("X-A", "c"),))
    changes = [*((site, None) for site in sites), (given, plain), (replace(own, headers=()), own)]
    assert at_once(host, changes, config) == [None] * len(changes)
    assert 1 <= reloads() <= 2
    for wanted, _ in changes:
        assert standing(provider, wanted) == wanted
        assert live(provider, wanted)
    assert host.leftovers() == []


def test_one_among_them_that_breaks_the_rest_is_taken_back_alone(
    host: WebHost, provider: Provider, counted: tuple[str, Callable[[], int]]
) -> None:
    config, reloads = counted
    sites = [new_site(headers=(("X-A", "b"),)) for _ in range(4)]
    bad = sites[1]
    host.by_hand(
        {
            "apache": f'<IfFile "{host.server.vhosts / f"site-{bad.name}.conf"}">\nSalahKetik on\n</IfFile>\n',
            "nginx": f"server {{\n listen 127.0.0.1:{host.server.port};\n server_name {bad.name};\n}}\n",
        }[host.server.kind]
    )
    try:
        outcomes = at_once(host, [(site, None) for site in sites], config)
    finally:
        host.mend_configuration()
    refused = {site.name: outcome.log for site, outcome in zip(sites, outcomes, strict=True) if outcome is not None}
    assert list(refused) == [bad.name], refused
    assert isinstance(outcomes[1], ProviderBroken)
    assert reloads() <= 3
    assert standing(provider, bad) is None
    assert all(live(provider, site) for site in sites if site != bad)
    assert host.leftovers() == []


def test_an_agent_killed_while_it_waits_for_others_is_undone(
    host: WebHost, provider: Provider, counted: tuple[str, Callable[[], int]]
) -> None:
    config, _ = counted
    plain = new_site()
    apply(provider, plain)
    sites = [replace(plain, headers=(("X-A", "b"),)), new_site(headers=(("X-A", "b"),)), new_site(php=Php())]
    changes = [(site, plain if site.name == plain.name else None) for site in sites]
    outcomes = at_once(host, changes, config, doomed=0)
    assert outcomes[1:] == [None, None], [outcome and outcome.log for outcome in outcomes]
    found = standing(provider, plain)
    if outcomes[0] is None:
        # It was the last in the line, and had nobody to wait for.
        assert found == sites[0]
    else:
        assert isinstance(outcomes[0], ProviderUnavailable)
        assert found == plain
        assert "x-a" not in host.fetch(plain.name).headers
        apply(provider, sites[0], plain)
    assert all(live(provider, site) for site in sites)
    assert host.leftovers() == []


def test_what_others_are_about_to_change_is_told_as_it_is_served(host: WebHost, provider: Provider) -> None:
    site = new_site(headers=(("X-A", "b"),))
    apply(provider, site)
    file = host.server.vhosts / f"site-{site.name}.conf"
    served = file.read_text()
    journal = host.server.directory / "agent" / "journal" / site.name
    journal.write_text('{"name": "NAME", "change": "x", "vhost": null, "removed": ""}'.replace("NAME", site.name))
    entry = os.open(journal, os.O_RDONLY)
    try:
        fcntl.flock(entry, fcntl.LOCK_EX)
        assert standing(provider, site) == replace(site, headers=())
        with pytest.raises(ProviderUnavailable):
            provider.apply([Change("update", site.name, site, replace(site, headers=()))], fence=1, timeout=1)
        assert file.read_text() == served
    finally:
        os.close(entry)
    # Its agent is gone: what it was at is undone.
    found = standing(provider, site)
    assert found == replace(site, headers=())
    apply(provider, site, found)
    assert live(provider, site)
