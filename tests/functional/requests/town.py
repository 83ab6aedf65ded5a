"""An agency whose applications run on real servers, and a worker that has its keys."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dns.message
import dns.query
import pytest
from pyrage.x25519 import Identity
from sqlalchemy import select, update
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
from tapak.jobs.handlers import HANDLERS
from tapak.jobs.tools import Tools
from tapak.plugins import build
from tapak.provisioning import service as provisioning
from tapak.provisioning.connections import ProviderPool, save_connection
from tapak.provisioning.models import JournalEntry, Resource
from tapak.provisioning.reconciler import Timing
from tapak.requests import flow, papers
from tapak.tenants.models import Tenant
from tapak.tenants.secrets import new_identity
from tapak.testing.repositories import Repositories
from tapak.testing.web_hosts import WebHost

if TYPE_CHECKING:
    from .conftest import Office

LABELS = (f"aplikasi{number}" for number in count(1))
KEY = "kunci uji yang panjangnya lebih dari tiga puluh dua"
REPOSITORY = "kata sandi repositori yang panjang"
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
    repositories: Repositories,
    tmp_path: Path,
) -> Iterator[Town]:
    pair, settings = new_identity(), {**office.tenant.settings, "procedures": ["kota.application"]}
    with owner_database.begin() as session:
        changed = {"settings": settings, "recipient": pair.recipient}
        session.execute(update(Tenant).where(Tenant.id == office.tenant.id).values(**changed))
    office.tenant.settings, office.tenant.recipient = settings, pair.recipient
    office.registry = build([kota], installed=True)
    repository = repositories.make(tmp_path / "cadangan", REPOSITORY)
    zone = {"zones": ["example.test"], "key_name": bind_server.key_name, "key_secret": bind_server.key_secret}
    login = {"user": ADMINISTRATOR, "password": mariadb_server.password, "port": mariadb_server.port}
    connections: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
        "dns": ("bind", {"address": bind_server.address, "port": bind_server.port, **zone}, {"zones": zone["zones"]}),
        "web": ("apache", {"agent_config": str(host.server.agent_config), "base_url": host.server.url}, {}),
        "db": ("mariadb", {"address": "127.0.0.1", "key": KEY, "last_dumps": str(tmp_path / "d"), **login}, {}),
        "kept": ("restic", {"repository": str(repository), "password": REPOSITORY}, {}),
    }
    with office.database.begin(office.tenant.id) as session:
        for key, (provider, given, more) in connections.items():
            named = {"key": key, "provider": provider, "title": key, "settings": given}
            save_connection(session, office.tenant, office.registry, **named, **more)
    pool = ProviderPool(office.registry, [Identity.from_str(pair.identity)], office.store.open)
    tools = Tools(Config(lease=60.0), office.database, office.registry, pool, office.store, Timing(lease=60))
    yield Town(office, tools, host, bind_server, mariadb_server, repository)
    pool.close()
