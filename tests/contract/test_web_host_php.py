"""PHP of sites on Apache and Nginx: brought up again whenever it died, and told where it can't be."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tapak.demo.servers.apache import ApacheServer
from tapak.demo.servers.process import free_port, wait_until
from tapak.demo.servers.web import WebServer
from tapak.sdk.errors import ProviderBroken
from tapak.sdk.provider import Provider
from tapak.sdk.resources import Php
from tapak.testing.site_host import apply, live, new_site, standing
from tapak.testing.web_hosts import SERVERS, WebHost


@pytest.fixture(scope="module", params=sorted(SERVERS))
def server(server_directory: Path, request: pytest.FixtureRequest) -> Iterator[WebServer]:
    server = SERVERS[request.param](server_directory / f"{request.param}-php", free_port())
    server.start()
    yield server
    WebHost(server).let_go()


@pytest.fixture
def host(server: WebServer) -> WebHost:
    return WebHost(server)


@pytest.fixture
def provider(host: WebHost) -> Iterator[Provider]:
    with host.provider() as provider:
        yield provider


def test_php_that_died_is_brought_up_again(host: WebHost, provider: Provider) -> None:
    site = new_site(php=Php())
    apply(provider, site)
    host.put(site.name, "a.php", "<?php echo 'jalan';")
    pid = int((host.server.directory / "agent" / "php" / f"{site.name}.pid").read_text())
    os.killpg(pid, signal.SIGKILL)
    wait_until(lambda: host.fetch(site.name, "/a.php").status >= 500, 5, "the web server to see it")
    command = [sys.executable, "-m", "tapak_webhost.agent", "--config", str(host.server.agent_config), "--ensure"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert json.loads(done.stdout)["result"] == {"failed": {}}
    assert host.fetch(site.name, "/a.php").text == "jalan"
    assert all(check.ok for check in provider.check())
    assert standing(provider, site) == site


def test_php_that_cannot_come_up_again_is_told(host: WebHost, provider: Provider) -> None:
    site = new_site(php=Php())
    apply(provider, site)
    conf = host.server.directory / "agent" / "php" / f"{site.name}.conf"
    good = conf.read_text()
    conf.write_text(good.replace("pm = ondemand", "pm = salah"))
    try:
        (told,) = [check for check in provider.check() if not check.ok]
        assert told.name == "PHP"
        assert site.name in told.message
        other = new_site(php=Php())
        apply(provider, other)
        assert live(provider, other)
    finally:
        conf.write_text(good)
    assert all(check.ok for check in provider.check())
    assert live(provider, site)


def test_php_that_does_not_come_up_is_told_and_the_rest_stays(host: WebHost, provider: Provider) -> None:
    site = new_site()
    apply(provider, site)
    broken = host.agent_config("no-php.toml", php={"program": "/bin/false", "socket_dir": str(host.server.sockets)})
    with host.provider(agent_config=broken) as poor:
        for desired, observed in ((replace(site, php=Php()), site), (new_site(php=Php()), None)):
            with pytest.raises(ProviderBroken, match="php-fpm"):
                apply(poor, desired, observed)
            assert standing(provider, desired) == observed
    assert live(provider, site)
    assert host.leftovers() == []


def test_the_php_of_sites_ends_with_their_server_and_comes_back(server_directory: Path) -> None:
    host = WebHost(ApacheServer(server_directory / "apache-again", free_port()))
    host.server.start()
    site = new_site(php=Php())
    with host.provider() as provider:
        apply(provider, site)
    pid = int((host.server.directory / "agent" / "php" / f"{site.name}.pid").read_text())
    host.server.stop()
    wait_until(
        lambda: not Path(f"/proc/{pid}/cmdline").read_bytes() if Path(f"/proc/{pid}").exists() else True, 5, "it"
    )
    host.server.start()
    with host.provider() as provider:
        assert all(check.ok for check in provider.check())
        assert live(provider, site)
    host.let_go()
