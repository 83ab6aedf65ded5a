"""Apache and Nginx through their agent, on real servers: the contract of site providers, and what may go wrong."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tapak.demo.servers.apache import ApacheServer
from tapak.demo.servers.process import free_port, wait_until
from tapak.demo.servers.web import WebServer
from tapak.sdk.errors import ChangedMeanwhile, ProviderBroken, ProviderError, ProviderUnavailable
from tapak.sdk.observing import SiteObserver
from tapak.sdk.provider import Change, Provider
from tapak.sdk.resources import Php, Proxy, Site
from tapak.testing.site_contract import SiteProviderContract
from tapak.testing.site_host import apply, live, new_site, standing
from tapak.testing.web_hosts import BROKEN, SERVERS, WebHost
from tapak_webhost.agent.users import name_of

LOOPBACK = ("127.0.0.1/32",)


def agent_of(host: WebHost) -> int:
    """The process id of the one agent that this process runs for ``host``."""
    ours = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    wanted = str(host.server.agent_config).encode()
    (pid,) = (int(pid) for pid in ours if wanted in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"))
    return pid


@pytest.fixture(scope="module", params=sorted(SERVERS))
def server(server_directory: Path, request: pytest.FixtureRequest) -> Iterator[WebServer]:
    server = SERVERS[request.param](
        server_directory / request.param, free_port(), tls_port=free_port(), proxied=LOOPBACK
    )
    server.start()
    yield server
    WebHost(server).let_go()


@pytest.fixture(scope="module")
def worker(server: WebServer) -> Iterator[Provider]:
    """One provider with one agent for all tests, as a worker has."""
    with WebHost(server).provider() as provider:
        yield provider


class TestWebHost(SiteProviderContract):
    @pytest.fixture
    def host(self, server: WebServer) -> WebHost:
        return WebHost(server)

    @pytest.fixture
    def provider(self, worker: Provider) -> Provider:
        return worker

    def test_a_site_that_breaks_the_rest_is_taken_back(self, host: WebHost, provider: Provider) -> None:
        site = new_site()
        own = replace(site, headers=(("X-A", "b"),))
        apply(provider, site)
        own_file = host.server.vhosts / f"site-{site.name}.conf"
        host.by_hand(
            {
                "apache": f'<IfFile "{own_file}">\nSalahKetik on\n</IfFile>\n',
                "nginx": f"server {{\n listen 127.0.0.1:{host.server.port};\n server_name {site.name};\n}}\n",
            }[host.server.kind]
        )
        try:
            with pytest.raises(ProviderBroken) as told:
                apply(provider, own, site)
        finally:
            host.mend_configuration()
        assert BROKEN in told.value.message
        assert "dikembalikan" in told.value.message
        assert standing(provider, site) == site
        assert live(provider, site)
        assert host.leftovers() == []
        apply(provider, own, site)
        assert live(provider, own)

    @pytest.mark.parametrize("command", [["/bin/true"], ["/bin/tidak-ada"]])
    def test_a_reload_that_is_not_proved_is_taken_back(
        self, host: WebHost, provider: Provider, command: list[str]
    ) -> None:
        site = new_site(headers=(("X-A", "b"),))
        wanted = replace(site, headers=(("X-A", "c"),))
        apply(provider, site)
        config = host.agent_config("unproved.toml", reload_command=command)
        with host.provider(agent_config=config) as careless:
            with pytest.raises(ProviderBroken):
                careless.apply([Change("update", site.name, wanted, site)], fence=1, timeout=2)
            mass = new_site()
            apply(careless, mass)
            assert live(careless, mass)
            assert "Pembatalan" in {check.name for check in careless.check() if not check.ok}
        assert standing(provider, site) == site
        assert live(provider, site)
        assert host.leftovers() == []

    def test_a_listener_that_a_reload_could_not_open_is_told(self, host: WebHost, provider: Provider) -> None:
        site = new_site(headers=(("X-A", "b"),))
        with closing(socket.create_server(("127.0.0.1", 0))) as taken:
            port = taken.getsockname()[1]
            listen = {"apache": f"Listen 127.0.0.1:{port}\n", "nginx": f"server {{ listen 127.0.0.1:{port}; }}\n"}
            host.by_hand(listen[host.server.kind])
            try:
                with pytest.raises(ProviderBroken, match=r"[Ll]isten") as told:
                    apply(provider, site)
            finally:
                host.mend_configuration()
        assert BROKEN in told.value.message
        assert host.server.running()
        assert standing(provider, site) is None
        apply(provider, site)
        assert live(provider, site)

    def test_a_file_changed_by_hand_is_seen_and_can_be_put_right(self, host: WebHost, provider: Provider) -> None:
        site = new_site(headers=(("X-A", "b"),))
        apply(provider, site)
        own = host.server.vhosts / f"site-{site.name}.conf"
        own.write_text(own.read_text().replace('"b"', '"c"'))
        found = standing(provider, site)
        assert found not in {None, site}
        apply(provider, site, found)
        assert standing(provider, site) == site
        assert live(provider, site)
        own.unlink()
        found = standing(provider, site)
        assert found == replace(site, headers=())
        apply(provider, site, found)
        assert live(provider, site)

    def test_a_document_root_that_is_gone_is_seen_and_made_again(self, host: WebHost, provider: Provider) -> None:
        site = new_site()
        apply(provider, site)
        (host.server.sites / site.name / "public").rename(host.server.directory / f"gone-{site.name}")
        assert not live(provider, site, timeout=0.05)
        found = standing(provider, site)
        assert found != site
        apply(provider, site, found)
        assert live(provider, site)

    @pytest.mark.parametrize("kind", ["site", "public", "page", "vhost"])
    def test_a_link_leads_no_write_astray(self, host: WebHost, provider: Provider, kind: str) -> None:
        site = new_site()
        own = replace(site, title="Lain", headers=(("X-A", "b"),))
        apply(provider, site)
        target = host.server.directory / f"target-{site.name}"
        target.mkdir()
        (target / "index.html").write_text("jangan disentuh")
        place = {
            "site": host.server.sites / site.name,
            "public": host.server.sites / site.name / "public",
            "page": host.server.sites / site.name / "public" / "index.html",
            "vhost": host.server.vhosts / f"site-{site.name}.conf",
        }[kind]
        if place.exists():
            place.rename(host.server.directory / f"moved-{site.name}")
        place.symlink_to(target if kind in {"site", "public"} else target / "index.html")
        try:
            found = standing(provider, site)
            with suppress(ProviderError):
                apply(provider, own, found)
            assert (target / "index.html").read_text() == "jangan disentuh"
            assert [path.name for path in target.iterdir()] == ["index.html"]
        finally:
            place.unlink(missing_ok=True)
            standing(provider, site)

    def test_logs_are_told_site_by_site(self, host: WebHost, provider: Provider) -> None:
        away = Proxy("127.0.0.1", free_port())
        plain, runs, leads = new_site(), new_site(php=Php()), new_site(proxy=away)
        for site in (plain, runs, leads):
            apply(provider, site)
        host.put(runs.name, "a.php", "<?php error_log('salah besar');")
        assert isinstance(provider, SiteObserver)
        claims = f'/x" host: "{plain.name}" [host {plain.name}] /sites/{plain.name}/'.replace(" ", "%20")
        for site, path in ((plain, "/satu"), (runs, "/a.php"), (runs, "/tidak.php"), (leads, "/dua"), (leads, claims)):
            host.fetch(site.name, path, {"Referer": f"http://x/sites/{plain.name}/"})
        seen = {site.name: provider.glimpse(site.name, 50) for site in (plain, runs, leads)}
        assert "/satu" in seen[plain.name].access[-1]
        assert {line.partition(":")[0] for line in seen[plain.name].access} == {plain.name}
        assert seen[plain.name].errors == ()
        assert any("salah besar" in line for line in seen[runs.name].errors)
        assert len(seen[leads.name].errors) >= 2
        assert all(str(away.port) in line or "127.0.0.1" in line for line in seen[leads.name].errors)

    def test_a_site_taken_away_is_kept(self, host: WebHost, provider: Provider) -> None:
        site = new_site()
        apply(provider, site)
        host.put(site.name, "data.txt", "isi")
        apply(provider, None, site)
        (kept,) = (host.server.web / "removed").glob(f"*/{site.name}/public/data.txt")
        assert kept.read_text() == "isi"

    def test_a_user_that_is_gone_is_made_again(self, host: WebHost, provider: Provider) -> None:
        site = new_site(php=Php())
        apply(provider, site)
        host.put(site.name, "a.php", "<?php echo file_put_contents(__DIR__ . '/b.txt', 'isi');")
        os.killpg(int((host.server.directory / "agent" / "php" / f"{site.name}.pid").read_text()), signal.SIGKILL)
        subprocess.run(["userdel", "--force", name_of(host.server.sites / site.name)], check=True, capture_output=True)
        assert all(check.ok for check in provider.check())
        assert host.fetch(site.name, "/a.php").text == "3"
        assert live(provider, site)

    def test_a_site_has_a_user_of_its_own_as_long_as_it_stands(self, host: WebHost, provider: Provider) -> None:
        site = new_site(php=Php())
        user = name_of(host.server.sites / site.name)
        apply(provider, site)
        host.put(site.name, "a.php", "<?php echo posix_getpwuid(posix_geteuid())['name'];")
        assert host.fetch(site.name, "/a.php").text == user
        public = (host.server.sites / site.name / "public").stat()
        assert (pwd.getpwuid(public.st_uid).pw_name, public.st_mode & 0o7777) == (user, 0o2750)
        apply(provider, None, site)
        assert user not in {entry.pw_name for entry in pwd.getpwall()}
        assert not list((host.server.directory / "agent" / "php").glob(f"{site.name}*"))
        assert not (host.server.web / "private" / site.name).exists()

    def test_agents_side_by_side_make_one_site(self, host: WebHost) -> None:
        for site in (new_site(), new_site(headers=(("X-A", "b"),))):
            wanted = [replace(site, owner=f"Dinas {number % 2}") for number in range(6)]
            outcomes = self._at_once(host, wanted)
            assert {type(outcome) for outcome in outcomes} <= {type(None), ChangedMeanwhile}
            with host.provider() as provider:
                found = standing(provider, site)
                assert found in wanted
                assert isinstance(found, Site)
                assert [outcome is None for outcome in outcomes] == [spec == found for spec in wanted]
                assert live(provider, found)
            assert host.leftovers() == []

    def test_a_server_that_is_down(self, server_directory: Path) -> None:
        server = ApacheServer(server_directory / "apache-down", free_port())
        server.start()
        server.stop()
        with WebHost(server).provider(timeout=2.0) as provider:
            with pytest.raises(ProviderUnavailable, match="run"):
                apply(provider, new_site(headers=(("X-A", "b"),)))
            site = new_site()
            apply(provider, site)
            (seen,) = provider.verify([site], timeout=0.1)
            assert not seen.live
            assert seen.probes[0].answer == "koneksi ditolak"
            assert [check.name for check in provider.check() if not check.ok] == ["Proses server web", "Server web"]

    def test_an_agent_that_dies_is_started_again(self, host: WebHost, provider: Provider) -> None:
        site = new_site()
        apply(provider, site)
        pid = agent_of(host)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: ") Z " in Path(f"/proc/{pid}/stat").read_text(), 5, "the agent to end")
        assert standing(provider, site) == site

    def test_a_full_disk_leaves_nothing_behind(self, host: WebHost, provider: Provider) -> None:
        command = ["prlimit", "--fsize=300", sys.executable, "-m", "tapak_webhost.agent"]
        for site in (new_site(), new_site(headers=(("X-A", "b"),))):
            with host.provider(agent_command=command) as poor, pytest.raises(ProviderUnavailable, match="no space"):
                apply(poor, site)
            assert standing(provider, site) is None
            assert host.fetch(site.name).status == 404
            assert host.leftovers() == []

    def _at_once(self, host: WebHost, wanted: Sequence[Site]) -> list[ProviderError | None]:
        def one(site: Site) -> ProviderError | None:
            with host.provider() as provider:
                try:
                    apply(provider, site)
                except ProviderError as error:
                    return error
                return None

        with ThreadPoolExecutor(len(wanted)) as pool:
            return list(pool.map(one, wanted))
