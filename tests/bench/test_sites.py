"""One more site beside 1,000: timed inside the agent, beside the bare acts at the same server, turn by turn."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tapak.demo.servers.process import binary, free_port
from tapak.demo.servers.web import WebServer
from tapak.sdk.resources import Site, spec_to_json
from tapak.testing.web_hosts import SERVERS, WebHost
from tapak_webhost.agent.config import load
from tapak_webhost.agent.main import SERVERS as AGENTS
from tapak_webhost.agent.verbs import Verbs

STANDING, WARM, TURNS, RELOADS = 1000, 5, 60, 10
MASS, OWN = 2, 1.5
HEADERS = (("X-Bangku", "b"),)
PAUSE, PATIENCE = 0.002, 30
BARE = {
    "apache": """\
<VirtualHost *:{port}>
  ServerName {name}
  DocumentRoot "{root}"
  Header always set X-Bangku b
</VirtualHost>
""",
    "nginx": """\
server {{
  listen 127.0.0.1:{port};
  server_name {name};
  root {root};
  add_header X-Bangku b always;
}}
""",
}
TEST = {"apache": ("-f", "-t"), "nginx": ("-c", "-t")}
RELOAD = {"apache": signal.SIGUSR1, "nginx": signal.SIGHUP}


@pytest.fixture(scope="module", params=sorted(SERVERS))
def host(server_directory: Path, request: pytest.FixtureRequest) -> Iterator[WebHost]:
    server: WebServer = SERVERS[request.param](server_directory / f"bench-{request.param}", free_port())
    server.start()
    yield WebHost(server)
    server.stop()


@pytest.fixture(scope="module")
def agent(host: WebHost) -> Iterator[Verbs]:
    """The agent in this process, beside 1,000 sites."""
    settings = load(host.server.agent_config)
    agent = Verbs(settings, AGENTS[settings.server](settings))
    for number in range(STANDING):
        make(agent, Site(f"berdiri-{number}.example.test", "Layanan", "RSUD"))
    yield agent


def make(agent: Verbs, site: Site) -> None:
    """What a request to the agent does."""
    change = {"fence": 1, "timeout": 60, "desired": spec_to_json(site), "observed": None}
    agent.answer({"verb": "apply", "id": 1, "name": site.name, **change})


def bare_directory(host: WebHost, name: str) -> Path:
    root = host.server.sites / name / "public"
    root.mkdir(parents=True)
    (root / "index.html").write_text("polos")
    return root


def test_a_mass_served_site(host: WebHost, agent: Verbs, measured: Any) -> None:
    ours, theirs = [], []
    for number in range(WARM + TURNS):
        name, other = f"massal-{number}.example.test", f"polos-{number}.example.test"
        began = time.perf_counter()
        make(agent, Site(name, "Layanan", "RSUD"))
        assert host.fetch(name).status == 200
        between = time.perf_counter()
        bare_directory(host, other)
        assert host.fetch(other).status == 200
        if number >= WARM:
            ours.append((between - began) * 1000)
            theirs.append((time.perf_counter() - between) * 1000)
    assert measured(f"a mass-served site on {host.server.kind}", ours, theirs, "ms").tell(f"at most {MASS}") <= MASS


def test_a_site_with_a_file_of_its_own(host: WebHost, agent: Verbs, measured: Any) -> None:
    """The measure: the server's own test of its configuration, a reload, and asking until the site is served."""
    server = host.server
    how, test = TEST[server.kind]
    for number in range(STANDING):
        name = f"berkas-berdiri-{number}.example.test"
        text = BARE[server.kind].format(name=name, port=server.port, root=server.sites)
        (server.vhosts / f"{name}.conf").write_text(text)
    ours, theirs = [], []
    for number in range(1 + RELOADS):
        name, other = f"berkas-{number}.example.test", f"polos-berkas-{number}.example.test"
        began = time.perf_counter()
        make(agent, Site(name, "Layanan", "RSUD", headers=HEADERS))
        assert host.fetch(name).headers["x-bangku"] == "b"
        between = time.perf_counter()
        text = BARE[server.kind].format(name=other, port=server.port, root=bare_directory(host, other))
        (server.vhosts / f"{other}.conf").write_text(text)
        subprocess.run([binary(server.program), how, str(server.config), test], check=True, capture_output=True)
        os.kill(int(server.pid_file.read_text()), RELOAD[server.kind])
        deadline = time.monotonic() + PATIENCE
        while host.fetch(other).headers.get("x-bangku") != "b":
            assert time.monotonic() < deadline
            time.sleep(PAUSE)
        if number:
            ours.append((between - began) * 1000)
            theirs.append((time.perf_counter() - between) * 1000)
    assert measured(f"a site with its own file on {server.kind}", ours, theirs, "ms").tell(f"at most {OWN}") <= OWN
