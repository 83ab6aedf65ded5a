"""A site's PHP at its own database: what the database's provider gives is found by the application and nobody else."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tapak.demo.servers.mariadb import ADMINISTRATOR, MariadbServer
from tapak.demo.servers.postgresql import PostgresqlServer
from tapak.demo.servers.process import free_port
from tapak.demo.servers.web import WebServer
from tapak.plugins import registry
from tapak.sdk.databases import Database
from tapak.sdk.errors import ProviderError
from tapak.sdk.provider import Applied, Change, Provider
from tapak.sdk.resources import Php, Site
from tapak.testing.site_host import TIMEOUT, apply, live, new_site
from tapak.testing.web_hosts import SERVERS, WebHost

KEY = "kunci uji yang panjangnya lebih dari tiga puluh dua"
ROLE, PASSWORD = "pengelola_situs", "kata sandi pengelola"
NUMBERS = count(1)
ASK = """<?php
$kind = getenv('DB_CONNECTION');
$dsn = "$kind:host=" . getenv('DB_HOST') . ';port=' . getenv('DB_PORT') . ';dbname=' . getenv('DB_DATABASE');
try {
    $database = new PDO($dsn, getenv('DB_USERNAME'), getenv('DB_PASSWORD'));
    $database->exec('create table if not exists warga (nama varchar(20))');
    $database->exec("insert into warga values ('Budi')");
    $rows = $database->query('select nama from warga')->fetchAll(PDO::FETCH_COLUMN);
    $url = parse_url($_SERVER['DATABASE_URL']);
    echo implode(',', $rows), ' ', rawurldecode($url['pass']) === getenv('DB_PASSWORD') ? 'sama' : 'lain';
} catch (PDOException $problem) {
    http_response_code(500);
    echo 'tidak masuk';
}
"""
SHOW = "<?php echo json_encode(getenv('DB_PASSWORD'));"


@dataclass
class Engine:
    """A provider of databases at a real server, and what was made with it."""

    name: str
    provider: Provider

    def make(self, site: Site, rotation: int = 1) -> tuple[Database, Applied]:
        spec = Database(self.name, f"situs{next(NUMBERS)}", "Dinas Contoh", site.name, rotation=rotation)
        return spec, self.change(spec, None)

    def change(self, desired: Database | None, observed: Database | None) -> Applied:
        action = "create" if observed is None else "update" if desired is not None else "delete"
        identity = (desired or observed).identity  # type: ignore[union-attr]
        change = Change(action, identity, desired, observed)
        (applied,) = self.provider.apply([change], fence=1, timeout=TIMEOUT)
        return applied


@pytest.fixture(scope="module", params=["mariadb", "postgresql"])
def engine(
    mariadb_server: MariadbServer,
    postgresql_server: PostgresqlServer,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Engine]:
    common = {"address": "127.0.0.1", "key": KEY, "last_dumps": str(tmp_path_factory.mktemp("dumps"))}
    login: dict[str, Any] = {"user": ADMINISTRATOR, "password": mariadb_server.password, "port": mariadb_server.port}
    if request.param == "postgresql":
        login = {"user": ROLE, "password": PASSWORD, "port": postgresql_server.port}
        with postgresql_server.connect() as connection:
            connection.execute(f"create role {ROLE} login createdb createrole password '{PASSWORD}'")
    kind = registry().providers[request.param]
    with kind(kind.settings_schema().load({**common, **login})) as provider:
        yield Engine(request.param, provider)


@pytest.fixture(scope="module", params=sorted(SERVERS))
def host(server_directory: Path, request: pytest.FixtureRequest) -> Iterator[WebHost]:
    server: WebServer = SERVERS[request.param](server_directory / f"{request.param}-databases", free_port())
    server.start()
    made = WebHost(server)
    yield made
    made.let_go()


@pytest.fixture
def provider(host: WebHost) -> Iterator[Provider]:
    with host.provider() as provider:
        yield provider


@pytest.fixture
def site(provider: Provider) -> Iterator[Site]:
    site = new_site(php=Php())
    yield site
    with suppress(ProviderError):
        apply(provider, None, site, fence=9)


def put(provider: Provider, site: Site, observed: Site | None, *databases: Applied) -> Applied:
    """Bring the site about with its databases' outputs, as core hands them over."""
    given = {f"db{number}": {**each.outputs, **each.secrets} for number, each in enumerate(databases)}
    change = Change("create" if observed is None else "update", site.identity, site, observed, given)
    (applied,) = provider.apply([change], fence=1, timeout=TIMEOUT)
    assert live(provider, site)
    return applied


def test_php_finds_its_database_and_a_new_password_reaches_it(
    host: WebHost, provider: Provider, engine: Engine, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    spec, made = engine.make(site)
    applied = put(provider, site, None, made)
    assert applied.outputs["document_root"] == str(host.server.sites / site.name / "public")
    host.put(site.name, "tanya.php", ASK)
    assert host.fetch(site.name, "/tanya.php").text == "Budi sama"
    turned = engine.change(replace(spec, rotation=2), spec)
    assert turned.secrets["password"] != made.secrets["password"]
    assert host.fetch(site.name, "/tanya.php").text == "tidak masuk"
    put(provider, site, site, turned)
    assert host.fetch(site.name, "/tanya.php").text == "Budi,Budi sama"
    told = caplog.text + str(applied) + host.server.access_log.read_text()
    assert not any(each.secrets["password"] in told for each in (made, turned))


def test_what_a_site_knows_no_other_one_sees(host: WebHost, provider: Provider, engine: Engine, site: Site) -> None:
    _, made = engine.make(site)
    put(provider, site, None, made)
    other = new_site(php=Php())
    put(provider, other, None)
    for each in (site, other):
        host.put(each.name, "sandi.php", SHOW)
    assert made.secrets["password"] in host.fetch(site.name, "/sandi.php").text
    assert host.fetch(other.name, "/sandi.php").text == "false"
    kept = host.server.directory / "agent"
    assert kept.stat().st_mode & 0o077 == 0
    holding = [path for path in host.server.directory.rglob("*") if path.is_file() and _holds(path, made)]
    assert {path.parent for path in holding} == {kept / "php"}
    apply(provider, None, other, fence=9)


def test_a_site_that_no_longer_needs_one_forgets_it(
    host: WebHost, provider: Provider, engine: Engine, site: Site
) -> None:
    _, made = engine.make(site)
    _, further = engine.make(site)
    put(provider, site, None, made, further)
    host.put(site.name, "arsip.php", "<?php echo getenv('DB1_DB_DATABASE');")
    assert host.fetch(site.name, "/arsip.php").text == further.outputs["name"]
    put(provider, site, site)
    host.put(site.name, "sandi.php", SHOW)
    assert host.fetch(site.name, "/sandi.php").text == "false"


def test_an_agent_killed_while_it_writes_leaves_the_old_connection_or_the_new(
    host: WebHost, provider: Provider, engine: Engine, site: Site
) -> None:
    spec, made = engine.make(site)
    put(provider, site, None, made)
    host.put(site.name, "tanya.php", ASK)
    turned = engine.change(replace(spec, rotation=2), spec)
    with host.killed_at("php.written") as doomed, pytest.raises(ProviderError):
        put(doomed, site, site, turned)
    put(provider, site, site, turned)
    assert host.fetch(site.name, "/tanya.php").text == "Budi sama"


def _holds(path: Path, made: Applied) -> bool:
    return not path.is_symlink() and made.secrets["password"].encode() in path.read_bytes()
