"""A whole stack: PostgreSQL, Redis, BIND and Apache, with relay and workers as processes of their own."""

from __future__ import annotations

import http.client
import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import dns.message
import dns.query
import pytest
import redis
from sqlalchemy import select

from tapak.audit.models import AuditEvent
from tapak.db.session import Database
from tapak.db.wake import Wake
from tapak.demo.servers.apache import ApacheServer
from tapak.demo.servers.bind import BindServer
from tapak.demo.servers.postgresql import PostgresqlServer
from tapak.demo.servers.process import free_port, wait_until
from tapak.demo.servers.redis import RedisServer
from tapak.inventory.models import HeldName, Service
from tapak.jobs.poke import Poke
from tapak.jobs.supervisor import Supervisor
from tapak.plugins import registry
from tapak.provisioning import service as acts
from tapak.provisioning.connections import save_connection
from tapak.provisioning.models import JournalEntry, Resource
from tapak.sdk.resources import DesiredResource, RecordSet, Site
from tapak.tenants.models import Agency, Tenant
from tapak.tenants.secrets import append_identity, new_identity

ZONE = "contoh.example"
ADDRESS = "192.0.2.10"
LABELS = (f"layanan{number}" for number in itertools.count(1))
LONG = 60


@dataclass
class Stack:
    """One tenant's servers and the processes that work for it."""

    database: Database
    relay_url: str
    tenant: Tenant
    redis: RedisServer
    bind: BindServer
    apache: ApacheServer
    identities: Path
    folder: Path
    lease: float = 1.5
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("TAPAK_")},
            "TAPAK_DATABASE_URL": str(self.database.engine.url.render_as_string(hide_password=False)),
            "TAPAK_RELAY_URL": self.relay_url,
            "TAPAK_REDIS_URL": self.redis.url,
            "TAPAK_DOCUMENTS": str(self.folder / "documents"),
            "TAPAK_IDENTITIES": str(self.identities),
            "TAPAK_LEASE": str(self.lease),
        }

    @contextmanager
    def relay(self, count: int = 1) -> Iterator[Sequence[subprocess.Popen[bytes]]]:
        command = [sys.executable, "-m", "tapak.jobs.relay"]
        running = [subprocess.Popen(command, env=self.env) for _ in range(count)]
        try:
            yield running
        finally:
            for process in running:
                process.terminate()
                assert process.wait(20) == 0

    @contextmanager
    def workers(self, count: int = 1, **env: str) -> Iterator[Supervisor]:
        supervisor = Supervisor(count, env={**self.env, **env}, grace=20)
        thread = threading.Thread(target=supervisor.run)
        thread.start()
        try:
            yield supervisor
        finally:
            supervisor.stop()
            thread.join(40)
            assert not thread.is_alive()

    def new_service(self) -> Asked:
        name = f"{next(LABELS)}.{ZONE}"
        with self.database.begin(self.tenant.id) as session:
            agency = session.scalars(select(Agency)).one()
            service = Service(title=name, procedure="contoh.hosting", agency_id=agency.id)
            session.add(service)
            session.flush()
            session.add(HeldName(name=name, service_id=service.id))
            return Asked(self, service.id, name)

    def pending(self) -> list[tuple[str, int, str]]:
        with self.database.begin(self.tenant.id) as session:
            rows = session.execute(select(Wake.kind, Wake.row_id, Wake.problem).where(Wake.kind == acts.WAKE))
            return [(row.kind, row.row_id, row.problem) for row in rows]


@dataclass
class Asked:
    """A service that is to have a site and a name."""

    stack: Stack
    service_id: int
    name: str

    @property
    def resources(self) -> tuple[DesiredResource, ...]:
        site = DesiredResource("site", Site(self.name, "Layanan", "RSUD"))
        return site, DesiredResource("name", RecordSet(ZONE, self.name, "A", (ADDRESS,)), needs=("site",))

    def declare(self) -> Asked:
        with self.stack.database.begin(self.stack.tenant.id) as session:
            acts.declare(session, self.service_id, self.resources)
        return self

    def withdraw(self) -> None:
        with self.stack.database.begin(self.stack.tenant.id) as session:
            acts.withdraw(session, self.service_id)

    @property
    def state(self) -> str:
        with self.stack.database.begin(self.stack.tenant.id) as session:
            return session.get_one(Service, (self.stack.tenant.id, self.service_id)).state

    def wait(self, state: str = "live", seconds: float = LONG) -> None:
        wait_until(lambda: self.state == state, seconds, f"{self.name} {state}; pending {self.stack.pending()}")

    def answers(self) -> list[str]:
        """Every A record that BIND serves for the name."""
        query = dns.message.make_query(self.name, "A")
        answer = dns.query.udp(query, self.stack.bind.address, port=self.stack.bind.port, timeout=5)
        return [item.to_text() for rrset in answer.answer for item in rrset]

    def status(self) -> int:
        """What Apache says for the name."""
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.apache.port, timeout=5)
        connection.request("GET", "/", headers={"Host": self.name})
        try:
            return connection.getresponse().status
        finally:
            connection.close()

    def folders(self) -> list[str]:
        return sorted(place.name for place in self.stack.apache.sites.glob(f"*{self.name}*"))

    def journal(self) -> dict[str, list[str]]:
        query = (
            select(Resource.key, JournalEntry.phase)
            .join(Resource, Resource.id == JournalEntry.resource_id)
            .where(Resource.service_id == self.service_id)
            .order_by(JournalEntry.id)
        )
        told: dict[str, list[str]] = {"site": [], "name": []}
        with self.stack.database.begin(self.stack.tenant.id) as session:
            for key, phase in session.execute(query):
                told[key].append(phase)
        return told

    def events(self) -> list[str]:
        query = select(AuditEvent).where(AuditEvent.summary.contains(self.name))
        with self.stack.database.begin(self.stack.tenant.id) as session:
            return [event.kind for event in session.scalars(query)]

    def assert_live_once(self) -> None:
        """Exactly one RRset, one directory, one story."""
        assert self.state == "live"
        assert self.answers() == [ADDRESS]
        assert self.status() == 200
        assert self.folders() == [self.name]
        story = ["intent", "applied", "verified"]
        assert {key: phases[-1] for key, phases in self.journal().items()} == {"site": "verified", "name": "verified"}
        for phases in self.journal().values():
            assert [phase for phase in story if phase in phases] in (story, ["intent", "verified"])
            assert len(phases) == len(set(phases))
        assert self.events() == ["service.live"]


@pytest.fixture(scope="module")
def bind(server_directory: Path) -> Iterator[BindServer]:
    with BindServer(server_directory / f"bind-{free_port()}", [ZONE]) as server:
        yield server


@pytest.fixture(scope="module")
def apache(server_directory: Path) -> Iterator[ApacheServer]:
    server = ApacheServer(server_directory / f"apache-{free_port()}", free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def stack(
    database: Database,
    owner_database: Database,
    database_name: str,
    postgresql_server: PostgresqlServer,
    redis_server: RedisServer,
    bind: BindServer,
    apache: ApacheServer,
    tenant: Tenant,
    tmp_path: Path,
) -> Iterator[Stack]:
    keys = new_identity()
    append_identity(tmp_path / "identities", keys, "test")
    with owner_database.begin() as session:
        session.get_one(Tenant, tenant.id).recipient = keys.recipient
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    poke = Poke(redis_server.url)
    poke.install()
    connect_servers(database, tenant, keys.recipient, bind, apache)
    relay_url = postgresql_server.dsn("tapak_relay", database_name)
    yield Stack(database, relay_url, tenant, redis_server, bind, apache, tmp_path / "identities", tmp_path)
    poke.remove()


def connect_servers(database: Database, tenant: Tenant, recipient: str, bind: BindServer, apache: ApacheServer) -> None:
    """Connections ``dns`` and ``web`` to the real servers, and one agency."""
    web_settings = {"agent_config": str(apache.agent_config), "base_url": apache.url}
    tenant.recipient = recipient
    connect_dns(database, tenant, bind)
    with database.begin(tenant.id) as session:
        save_connection(session, tenant, registry(), key="web", provider="apache", title="web", settings=web_settings)
        session.add(Agency(key="rsud", name="RSUD Contoh"))


def connect_dns(database: Database, tenant: Tenant, bind: BindServer) -> None:
    """The connection ``dns``, to this server from now on."""
    settings: Mapping[str, object] = {
        "address": bind.address,
        "port": bind.port,
        "zones": [ZONE],
        "key_name": bind.key_name,
        "key_secret": bind.key_secret,
    }
    with database.begin(tenant.id) as session:
        save_connection(
            session, tenant, registry(), key="dns", provider="bind", title="dns", settings=settings, zones=[ZONE]
        )
