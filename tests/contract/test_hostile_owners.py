"""What a site's owner does by hand, by SFTP or in PHP, harms their own site at most."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tapak.demo.servers.process import free_port
from tapak.demo.servers.web import WebServer
from tapak.sdk.provider import Provider
from tapak.sdk.resources import Php, Release, Site
from tapak.testing.site_host import apply, live, new_site, standing
from tapak.testing.web_hosts import SERVERS, WebHost

# Deeper than Python's stack and a process's open files.
DEEP = "<?php echo mkdir({place} . '/' . str_repeat('a/', 1500), 0777, true) ? 'made' : 'not';"
# FastCGI as the web server speaks it: https://fastcgi-archives.github.io/FastCGI_Specification.html
FASTCGI = r"""<?php
$door = @stream_socket_client('unix://SOCKET');
if (!$door) { exit('no door'); }
$pair = fn($name, $value) => chr(strlen($name)) . chr(strlen($value)) . $name . $value;
$record = fn($type, $content) => pack('CCnnCC', 1, $type, 1, strlen($content), 0, 0) . $content;
$asked = $pair('SCRIPT_FILENAME', __DIR__ . '/look.php') . $pair('REQUEST_METHOD', 'GET')
    . $pair('PHP_ADMIN_VALUE', 'open_basedir = /');
fwrite($door, $record(1, pack('nCxxxxx', 1, 0)) . $record(4, $asked) . $record(4, '') . $record(5, ''));
echo stream_get_contents($door);"""
# What the loader (ld.so(8)) does for a program's environment shows that one was started in it.
MAIL = """<?php
try { putenv('LD_DEBUG=libs'); putenv('LD_DEBUG_OUTPUT=' . __DIR__ . '/told'); } catch (Error) {}
@mail('a@example.test', 'b', 'c', '', '-x');
echo glob(__DIR__ . '/told*') ? 'told' : 'quiet', ' ', ini_get('mail.force_extra_parameters');"""


@pytest.fixture(scope="module", params=sorted(SERVERS))
def server(server_directory: Path, request: pytest.FixtureRequest) -> Iterator[WebServer]:
    server = SERVERS[request.param](server_directory / f"{request.param}-owners", free_port())
    server.start()
    yield server
    WebHost(server).let_go()
    # The folder of all tests is removed by Python, which can't go as deep.
    subprocess.run(["rm", "-rf", str(server.web)], check=True)


@pytest.fixture
def host(server: WebServer) -> WebHost:
    return WebHost(server)


@pytest.fixture
def provider(host: WebHost) -> Iterator[Provider]:
    with host.provider() as provider:
        yield provider


@pytest.fixture
def site(provider: Provider) -> Site:
    site = new_site(php=Php())
    apply(provider, site)
    return site


def run(host: WebHost, site: Site, code: str) -> str:
    host.put(site.name, "kode.php", code)
    return host.fetch(site.name, "/kode.php").text


def test_a_site_whose_owner_left_an_endless_folder_goes_and_holds_up_nobody(
    host: WebHost, provider: Provider, site: Site
) -> None:
    other = new_site(php=Php())
    apply(provider, other)
    assert run(host, site, DEEP.format(place="sys_get_temp_dir()")) == "made"
    apply(provider, None, site)
    assert standing(provider, site) is None
    assert not (host.server.web / "private" / site.name).exists()
    assert live(provider, other)


def test_what_cannot_be_cleared_away_holds_up_nobody(host: WebHost, provider: Provider, site: Site) -> None:
    other = new_site()
    apply(provider, other)
    place = host.server.web / "private" / site.name
    for gone in (place, host.server.sites / site.name):
        shutil.rmtree(gone)
    place.write_text("by hand")
    assert standing(provider, other) == other
    assert not all(check.ok for check in provider.check())
    place.unlink()
    assert all(check.ok for check in provider.check())


def test_an_endless_folder_hides_nobody_s_usage_and_stops_no_release(
    host: WebHost, provider: Provider, site: Site
) -> None:
    kept: dict[str, bytes] = {}
    provider.open_archive = lambda sha256: io.BytesIO(kept[sha256])

    def release(word: str) -> Release:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("index.html", word)
        sha256 = hashlib.sha256(stream.getvalue()).hexdigest()
        kept[sha256] = stream.getvalue()
        return Release(site.name, sha256, keep=1)

    other = new_site()
    apply(provider, other)
    before: Release | None = None
    for word in ("satu", "dua", "tiga"):
        wanted = release(word)
        apply(provider, wanted, before)
        assert run(host, site, DEEP.format(place="__DIR__")) == "made"
        before = wanted
    assert host.fetch(site.name).text == "tiga"
    facts = {fact.key: fact for fact in provider.facts([site.name, other.name])}
    assert not [fact.problem for fact in facts.values() if fact.problem]
    assert f"site_usage:{other.name}" in facts


def test_code_of_a_site_does_not_speak_to_its_own_php_as_the_web_server_does(host: WebHost, site: Site) -> None:
    host.put(site.name, "look.php", "<?php echo @file_get_contents('/etc/passwd') ? 'outside' : 'inside';")
    offered = tomllib.loads(host.server.agent_config.read_text())["php"]["socket_dir"]
    assert run(host, site, FASTCGI.replace("SOCKET", f"{offered}/{site.name}.sock")) == "no door"
    assert host.fetch(site.name, "/look.php").text == "inside"


def test_code_of_a_site_gives_the_program_that_sends_mail_nothing_of_its_own(host: WebHost, site: Site) -> None:
    assert run(host, site, MAIL) == "quiet -i"


def test_code_of_a_site_makes_no_links(host: WebHost, site: Site) -> None:
    """Apache looks at a file before it opens it: a link that comes in between led to other sites' files."""
    code = "<?php foreach (['symlink', 'link'] as $made) echo function_exists($made) ? 'made ' : 'none ';"
    assert run(host, site, code) == "none none "


def test_an_owner_s_directory_in_a_probe_s_place_hides_nothing(host: WebHost, provider: Provider, site: Site) -> None:
    (host.server.sites / site.name / "public" / "tapak-probe-x.php").mkdir()
    assert live(provider, site)
