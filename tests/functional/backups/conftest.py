"""A tenant with a site's folder, a MariaDB and a PostgreSQL database and a restic repository, all of them real."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyrage.x25519 import Identity
from sqlalchemy import select, text

from tapak.accounts.models import Account
from tapak.backups.models import BackupRun
from tapak.config import Config
from tapak.db.session import Database as Connections
from tapak.db.wake import Wake, take_lease
from tapak.demo.servers.mariadb import ADMINISTRATOR, MariadbServer
from tapak.demo.servers.postgresql import PostgresqlServer
from tapak.documents.store import DocumentStore
from tapak.inventory.models import Service
from tapak.jobs.handlers import HANDLERS
from tapak.jobs.tools import Tools
from tapak.plugins import registry
from tapak.provisioning import service as declaring
from tapak.provisioning.connections import ProviderPool, save_connection
from tapak.provisioning.models import Resource
from tapak.provisioning.reconciler import Timing
from tapak.requests.models import RegisterRow, Request, Snapshot
from tapak.sdk.backups import Backup
from tapak.sdk.databases import Database
from tapak.sdk.resources import DesiredResource
from tapak.tenants.models import Agency, Tenant
from tapak.tenants.secrets import new_identity
from tapak.testing.repositories import Repositories

KEY = "kunci uji yang panjangnya lebih dari tiga puluh dua"
PASSWORD = "kata sandi pengelola yang panjang"
REPOSITORY = "kata sandi repositori yang panjang"
PLAN = "antrean.contoh.example"
ROLE = "pengelola_cadangan"
NEEDS = ("mariadb", "postgresql")
AGE = text("update backup_run set began_at = began_at - :by, ended_at = ended_at - :by")
RECIPIENT = text("update tenant set recipient = :it where id = :id")


@dataclass
class Place:
    """The tenant, its worker and what its site holds."""

    database: Connections
    owner: Connections
    tenant: Tenant
    tools: Tools
    service_id: int
    site: Path
    repository: Path
    postgresql: PostgresqlServer
    mariadb: MariadbServer

    def declare(self, **changes: Any) -> None:
        names = {engine: Database(engine, f"cadangan_{self.service_id}", owner="RSUD") for engine in NEEDS}
        plan = Backup(PLAN, **{"folders": (str(self.site),), **changes})
        resources = [DesiredResource(engine, spec) for engine, spec in names.items()]
        with self.database.begin(self.tenant.id) as session:
            declaring.declare(
                session, self.service_id, [*resources, DesiredResource("backup", plan, NEEDS)], plugins=registry()
            )

    def work(self, kind: str) -> None:
        """Do the pending row of ``kind``; one that isn't due by its plan only has its time set."""
        row_id = self.service_id if kind == declaring.WAKE else self.plan_id()
        with self.database.session(self.tenant.id) as session:
            lease = take_lease(session, kind, row_id, self.tools.config.lease)
            assert lease is not None, "nothing pending, or leased"
            try:
                HANDLERS[kind](self.tools, session, lease)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)  # as the worker does

    def plan_id(self) -> int:
        with self.database.begin(self.tenant.id) as session:
            return session.scalars(select(Resource.id).where(Resource.kind == Backup.kind)).one()

    def runs(self) -> Sequence[BackupRun]:
        with self.database.begin(self.tenant.id) as session:
            return session.scalars(select(BackupRun).order_by(BackupRun.id)).all()

    def states(self) -> dict[str, tuple[str, str]]:
        with self.database.begin(self.tenant.id) as session:
            rows = session.scalars(select(Resource).order_by(Resource.id))
            return {row.key: (row.state, row.reason) for row in rows}

    def book(self) -> list[dict[str, Any]]:
        with self.database.begin(self.tenant.id) as session:
            rows = select(RegisterRow).where(RegisterRow.register == "tapak.backups").order_by(RegisterRow.id)
            return [row.content for row in session.scalars(rows)]

    def pending(self, kind: str) -> Wake | None:
        with self.database.begin(self.tenant.id) as session:
            return session.scalars(select(Wake).where(Wake.kind == kind)).one_or_none()

    def age(self, by: timedelta) -> None:
        """Let time pass for every run."""
        with self.owner.begin() as session:
            session.execute(
                text("update backup_run set began_at = began_at - :by, ended_at = ended_at - :by"), {"by": by}
            )

    def ask(self, engine: str, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements as a superuser in the site's database; gives the rows of the last."""
        name = f"tapak_cadangan_{self.service_id}"
        if engine == "mariadb":
            return [
                tuple(line.split("\t"))
                for line in self.mariadb.execute(f"use {name};{';'.join(statements)}").splitlines()
            ]
        rows: list[tuple[Any, ...]] = []
        with self.postgresql.connect(name) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
                rows = cursor.fetchall() if cursor.description else []
        return rows

    def databases(self) -> set[str]:
        """Databases of sites at both servers."""
        with self.postgresql.connect() as connection:
            known = {name for (name,) in connection.execute("select datname from pg_database").fetchall()}
        return known | set(self.mariadb.execute("show databases").split())


@pytest.fixture
def place(
    database: Connections,
    owner_database: Connections,
    tenant: Tenant,
    mariadb_server: MariadbServer,
    postgresql_server: PostgresqlServer,
    repositories: Repositories,
    tmp_path: Path,
) -> Iterator[Place]:
    pair = new_identity()
    with owner_database.begin() as session:
        session.execute(
            text("update tenant set recipient = :it where id = :id"), {"it": pair.recipient, "id": tenant.id}
        )
    tenant.recipient = pair.recipient
    with postgresql_server.connect() as connection:
        if not connection.execute("select 1 from pg_roles where rolname = %s", (ROLE,)).fetchone():
            connection.execute(f"create role {ROLE} login createdb createrole password '{PASSWORD}'")
    dumps, repository = tmp_path / "dumps", repositories.make(tmp_path / "repository", REPOSITORY)
    common = {"address": "127.0.0.1", "key": KEY, "last_dumps": str(dumps)}
    settings: dict[str, tuple[str, dict[str, Any]]] = {
        "my": (
            "mariadb",
            {**common, "port": mariadb_server.port, "user": ADMINISTRATOR, "password": mariadb_server.password},
        ),
        "pg": ("postgresql", {**common, "port": postgresql_server.port, "user": ROLE, "password": PASSWORD}),
        "kept": ("restic", {"repository": str(repository), "password": REPOSITORY}),
    }
    with database.begin(tenant.id) as session:
        for key, (provider, given) in settings.items():
            save_connection(session, tenant, registry(), key=key, provider=provider, title=key, settings=given)
        agency = Agency(key="rsud", name="RSUD Contoh")
        snapshot = Snapshot(hash="0", code="contoh", content={}, settings={})
        account = Account(email="a@contoh.example", name="Pemohon", password="", fs_uniquifier="a")
        session.add_all([agency, snapshot, account])
        session.flush()
        request = Request(
            snapshot_id=snapshot.id, procedure="contoh", agency_id=agency.id, applicant_id=account.id, step="x"
        )
        session.add(request)
        session.flush()
        service = Service(title="Antrean", procedure="contoh", agency_id=agency.id, request_id=request.id)
        session.add(service)
        session.flush()
    config = Config(lease=30.0)
    pool = ProviderPool(registry(), [Identity.from_str(pair.identity)])
    site = tmp_path / "situs"
    site.mkdir()
    (site / "index.html").write_text("<h1>Antrean</h1>")
    (site / "unggahan.bin").write_bytes(os.urandom(4096))
    tools = Tools(config, database, registry(), pool, DocumentStore(tmp_path / "documents"), Timing(lease=60))
    made = Place(
        database, owner_database, tenant, tools, service.id, site, repository, postgresql_server, mariadb_server
    )
    yield made
    pool.close()
    for name in sorted(name for name in made.databases() if name.endswith(f"cadangan_{service.id}")):
        mariadb_server.execute(f"drop database if exists {name}; drop user if exists {name}@'%'")
        postgresql_server.drop_database(name)
        with postgresql_server.connect() as connection:
            connection.execute(f"drop role if exists {name}")


@pytest.fixture
def live(place: Place) -> Place:
    """The same with everything live, and rows in both databases."""
    place.declare()
    place.work(declaring.WAKE)
    assert {state for state, _ in place.states().values()} == {"live"}, place.states()
    for engine in NEEDS:
        place.ask(engine, "create table warga (id int)", "insert into warga values (1), (2), (3)")
    with place.postgresql.connect(f"tapak_cadangan_{place.service_id}") as connection:
        connection.execute(f"alter table warga owner to tapak_cadangan_{place.service_id}")
    return place
