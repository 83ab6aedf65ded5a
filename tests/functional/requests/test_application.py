"""A procedure that declares everything an application runs on, on real servers: live in order, gone in reverse."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import dns.message
import dns.query
import pytest
from pyrage.x25519 import Identity
from sqlalchemy import select, text, update
from tapak_kota import application
from tapak_kota import plugin as kota

from tapak.config import Config
from tapak.db.session import Database as Connections
from tapak.db.wake import take_lease
from tapak.demo.servers.apache import ApacheServer
from tapak.demo.servers.bind import BindServer
from tapak.demo.servers.mariadb import ADMINISTRATOR, MariadbServer
from tapak.demo.servers.process import free_port
from tapak.demo.servers.sshd import SshServer
from tapak.inventory.models import Service
from tapak.jobs.handlers import HANDLERS
from tapak.jobs.tools import Tools
from tapak.plugins import build
from tapak.provisioning import service as provisioning
from tapak.provisioning.connections import ProviderPool, save_connection
from tapak.provisioning.models import JournalEntry, Resource
from tapak.provisioning.reconciler import Timing
from tapak.requests import flow, papers
from tapak.sdk.backups import BACK_UP
from tapak.sdk.errors import Invalid, MissingInput
from tapak.sdk.hookspecs import hookimpl
from tapak.sdk.procedure import Procedure
from tapak.sdk.resources import DesiredResource, Release
from tapak.tenants.models import Tenant
from tapak.tenants.secrets import new_identity
from tapak.testing.web_hosts import WebHost

from .conftest import Office

LABELS = (f"aplikasi{number}" for number in count(1))
KEY = "kunci uji yang panjangnya lebih dari tiga puluh dua"
ORDER = ["database", "site", "release", "account", "backup", "name"]
COUNTER = """<?php
$database = new PDO('mysql:host=' . getenv('DB_HOST') . ';port=' . getenv('DB_PORT') . ';dbname=' .
    getenv('DB_DATABASE'), getenv('DB_USERNAME'), getenv('DB_PASSWORD'));
$database->exec('create table if not exists antrean (nomor int auto_increment primary key)');
$database->exec('insert into antrean values ()');
echo 'Antrean ', $database->query('select count(*) from antrean')->fetchColumn() > 0 ? 'berjalan' : 'kosong';
"""


def archive(**files: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        for name, content in files.items():
            made.writestr(f"{name}.php", content)
    return stream.getvalue()


@dataclass
class Town:
    """The agency with its servers, and a worker that has its keys."""

    office: Office
    tools: Tools
    host: WebHost
    dns: BindServer
    mariadb: MariadbServer
    repository: Path

    def submit(self, label: str, content: bytes) -> int:
        """A request for ``label`` with the application ``content``; gives the step of the installation."""
        with self.office.desk("dinkes") as desk:
            task_id = flow.start_request(desk, "kota.application")
        self.office.upload("dinkes", task_id, "request_letter")
        told = {**application.SUBMISSION.sample, "letter_date": "2026-11-13", "name_label": label}
        task_id = self.finish("dinkes", task_id, **{**told, "name_zone": "example.test"})
        self.deliver(task_id, content)
        return self.finish("dinkes", task_id, remark="Lengkap")

    def deliver(self, task_id: int, content: bytes) -> None:
        with self.office.desk("dinkes") as desk:
            stream = io.BytesIO(content)
            papers.upload(
                desk, self.office.store, task_id, kind="application", filename="a.zip", stream=stream, limit=10**7
            )

    def finish(self, who: str, task_id: int, **given: Any) -> int:
        with self.office.desk(who) as desk:
            return flow.finish(desk, task_id, given).next_task_id or 0

    def install(self, task_id: int) -> int:
        """Begin the installation, and have the worker bring it about; gives the service."""
        with self.office.desk("kabid_aplikasi") as desk:
            flow.begin(desk, task_id)
            service_id = flow.task_view(desk, task_id).row.service_id
        assert service_id is not None
        self.work(provisioning.WAKE, service_id)
        return service_id

    def work(self, kind: str, row_id: int) -> None:
        with self.office.database.session(self.office.tenant.id) as session:
            lease = take_lease(session, kind, row_id, 60)
            assert lease is not None, f"nothing pending: {kind} {row_id}"
            HANDLERS[kind](self.tools, session, lease)

    def resources(self, service_id: int) -> dict[str, Resource]:
        with self.office.database.begin(self.office.tenant.id) as session:
            rows = select(Resource).where(Resource.service_id == service_id).order_by(Resource.id)
            return {row.key: row for row in session.scalars(rows)}

    def states(self, service_id: int) -> dict[str, str]:
        return {key: row.state for key, row in self.resources(service_id).items()}

    def troubles(self, service_id: int) -> dict[str, str]:
        return {key: row.reason for key, row in self.resources(service_id).items() if row.reason}

    def verified(self, service_id: int) -> list[str]:
        """Keys in the order in which they were seen live, or gone."""
        query = select(Resource.key).join(JournalEntry, JournalEntry.resource_id == Resource.id)
        with self.office.database.begin(self.office.tenant.id) as session:
            mine = query.where(Resource.service_id == service_id, JournalEntry.phase == "verified")
            return list(session.scalars(mine.order_by(JournalEntry.id)))

    def do(self, act: Any, *arguments: Any) -> None:
        with self.office.database.begin(self.office.tenant.id) as session:
            act(session, *arguments)

    def address_of(self, name: str) -> list[str]:
        query = dns.message.make_query(name, "A")
        answer = dns.query.udp(query, self.dns.address, port=self.dns.port, timeout=5)
        return [str(record) for rrset in answer.answer for record in rrset]

    def databases(self) -> str:
        return self.mariadb.execute("show databases")


@pytest.fixture(scope="module")
def host() -> Iterator[WebHost]:
    # sshd wants every parent of an account's home to be root's alone, which /tmp isn't.
    with tempfile.TemporaryDirectory(prefix="tapak-test-", dir="/var/lib") as name:
        Path(name).chmod(0o755)
        sftp = SshServer(Path(name) / "sshd", free_port())
        sftp.start()
        server = ApacheServer(Path(name) / "apache", free_port(), sftp)
        server.start()
        made = WebHost(server)
        yield made
        made.let_go()
        sftp.stop()


@pytest.fixture
def town(
    office: Office,
    owner_database: Connections,
    host: WebHost,
    bind_server: BindServer,
    mariadb_server: MariadbServer,
    tmp_path: Path,
) -> Iterator[Town]:
    pair, settings = new_identity(), {**office.tenant.settings, "procedures": ["kota.application"]}
    with owner_database.begin() as session:
        changed = {"settings": settings, "recipient": pair.recipient}
        session.execute(update(Tenant).where(Tenant.id == office.tenant.id).values(**changed))
    office.tenant.settings, office.tenant.recipient = settings, pair.recipient
    office.registry = build([kota], installed=True)
    repository = tmp_path / "cadangan"
    zone = {"zones": ["example.test"], "key_name": bind_server.key_name, "key_secret": bind_server.key_secret}
    login = {"user": ADMINISTRATOR, "password": mariadb_server.password, "port": mariadb_server.port}
    connections: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
        "dns": ("bind", {"address": bind_server.address, "port": bind_server.port, **zone}, {"zones": zone["zones"]}),
        "web": ("apache", {"agent_config": str(host.server.agent_config), "base_url": host.server.url}, {}),
        "db": ("mariadb", {"address": "127.0.0.1", "key": KEY, "last_dumps": str(tmp_path / "d"), **login}, {}),
        "kept": ("restic", {"repository": str(repository), "password": "kata sandi repositori yang panjang"}, {}),
    }
    with office.database.begin(office.tenant.id) as session:
        for key, (provider, given, more) in connections.items():
            named = {"key": key, "provider": provider, "title": key, "settings": given}
            save_connection(session, office.tenant, office.registry, **named, **more)
    pool = ProviderPool(office.registry, [Identity.from_str(pair.identity)], office.store.open)
    tools = Tools(Config(lease=60.0), office.database, office.registry, pool, office.store, Timing(lease=60))
    made = Town(office, tools, host, bind_server, mariadb_server, repository)
    yield made
    with office.database.begin(office.tenant.id) as session:
        services = list(session.scalars(select(Service.id)))
    for service_id in services:
        made.do(provisioning.withdraw, service_id)
        made.work(provisioning.WAKE, service_id)
    pool.close()


def test_everything_that_was_declared_goes_live_in_order_and_away_in_reverse(town: Town) -> None:
    label = next(LABELS)
    name = f"{label}.example.test"
    task_id = town.submit(label, archive(index=COUNTER))
    service_id = town.install(task_id)
    assert town.states(service_id) == dict.fromkeys(ORDER, "live"), town.troubles(service_id)
    assert [key for key in town.verified(service_id) if key in ("database", "site", "release", "name")] == [
        "database",
        "site",
        "release",
        "name",
    ]
    assert town.host.fetch(name).text == "Antrean berjalan"
    assert town.address_of(name) == ["198.51.100.1"]
    assert town.finish("kabid_aplikasi", task_id, note="")
    town.do(provisioning.withdraw, service_id)
    town.work(provisioning.WAKE, service_id)
    assert set(town.states(service_id).values()) == {"gone"}
    gone = town.verified(service_id)[len(ORDER) :]
    assert gone[0] == "name"
    assert gone[-2:] == ["site", "database"]
    assert set(gone) == set(ORDER)
    assert town.address_of(name) == []
    assert town.host.fetch(name).status == 404
    assert f"tapak_{label}" not in town.databases().split()


def test_the_backup_keeps_the_folder_that_the_web_host_told_and_the_database(town: Town) -> None:
    label = next(LABELS)
    service_id = town.install(town.submit(label, archive(index=COUNTER)))
    town.host.fetch(f"{label}.example.test")
    plan = town.resources(service_id)["backup"]
    assert plan.spec is not None
    assert plan.spec["folders"] == []
    town.work(BACK_UP, plan.id)
    with town.office.database.begin(town.office.tenant.id) as session:
        (content,) = session.scalars(text("select content from backup_run where kind = 'back_up'"))
        problem = session.scalar(text("select problem from backup_run"))
    rows = int(town.mariadb.execute(f"select count(*) from tapak_{label}.antrean").split()[-1])
    assert (problem, content["rows"]) == ("", {f"mariadb/{label}": rows})
    assert content["files"] == 2  # the page, and the mark of the release


def test_a_new_password_reaches_the_application_without_a_word_of_the_site(town: Town) -> None:
    label = next(LABELS)
    name = f"{label}.example.test"
    service_id = town.install(town.submit(label, archive(index=COUNTER)))
    before = town.resources(service_id)["site"].generation
    with town.office.database.begin(town.office.tenant.id) as session:
        row = session.scalars(select(Resource).where(Resource.key == "database")).one()
        row.spec, row.generation, row.state = {**(row.spec or {}), "rotation": 2}, row.generation + 1, "planned"
    town.do(provisioning.retry, service_id)
    town.work(provisioning.WAKE, service_id)
    assert town.troubles(service_id) == {}
    assert town.host.fetch(name).text == "Antrean berjalan"
    assert town.resources(service_id)["site"].generation == before


def test_a_release_that_fails_leaves_what_was_live_and_tells_the_unit_what_to_do(town: Town) -> None:
    label = next(LABELS)
    name = f"{label}.example.test"
    task_id = town.submit(label, archive(index="<?php http_response_code(503);"))
    service_id = town.install(task_id)
    states = town.states(service_id)
    assert (states["release"], states["site"], states["name"]) == ("failed", "live", "planned")
    reason = town.resources(service_id)["release"].reason
    assert "HTTP 503" in reason
    assert "kirim arsip baru" in reason
    assert town.host.fetch(name).status == 200
    with pytest.raises(MissingInput) as told:
        town.finish("kabid_aplikasi", task_id, note="")
    assert "HTTP 503" in told.value.message


def test_no_secret_is_told_anywhere(town: Town, owner_database: Connections, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    label = next(LABELS)
    town.install(town.submit(label, archive(index="<?php echo getenv('DB_PASSWORD');")))
    secret = town.host.fetch(f"{label}.example.test").text
    assert len(secret) == 32
    tables = ("resource", "journal_entry", "audit_event", "wake", "connection", "service", "register_row")
    with owner_database.begin() as session:
        stored = "".join(str(session.execute(text(f"select * from {table}")).all()) for table in tables)
    assert secret not in stored + caplog.text


class Stray:
    """The procedure with a release of somebody else's archive."""

    @hookimpl
    def procedures(self) -> Sequence[Procedure]:
        stray = DesiredResource("release", Release("lain.example.test", "0" * 64))
        return (replace(application.HOSTED, desired_resources=lambda view: (stray,)),)


def test_only_what_came_with_the_request_is_ever_put_online(town: Town) -> None:
    town.office.registry = build([Stray()], installed=True)
    task_id = town.submit(next(LABELS), archive(index="<?php echo 1;"))
    with pytest.raises(Invalid) as told, town.office.desk("kabid_aplikasi") as desk:
        flow.begin(desk, task_id)
    assert "tidak ada pada permohonan" in told.value.message
