"""One tenant with a document store, a real clamd and workers in processes of their own."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from tapak.accounts.models import Account
from tapak.config import Config
from tapak.db.session import Database
from tapak.db.wake import Wake, take_lease
from tapak.demo.servers.clamd import ClamdServer
from tapak.demo.servers.postgresql import PostgresqlServer
from tapak.demo.servers.process import free_port, wait_until
from tapak.demo.servers.redis import RedisServer
from tapak.documents.models import Document
from tapak.documents.store import DocumentStore
from tapak.jobs.handlers import HANDLERS
from tapak.jobs.poke import Poke
from tapak.jobs.supervisor import Supervisor
from tapak.jobs.tools import Tools
from tapak.plugins import registry
from tapak.provisioning.connections import ProviderPool
from tapak.provisioning.reconciler import Timing
from tapak.requests.models import Request, Snapshot
from tapak.scanning import service
from tapak.scanning.advisories import import_advisories
from tapak.sdk.scanning import ScanReport
from tapak.tenants.models import Agency, Tenant
from tapak.testing.archives import zip_of

LONG = 40
LIMIT = 100 * 1024**2


@pytest.fixture(scope="module")
def clamd(server_directory: Path) -> Iterator[ClamdServer]:
    """A running clamd with our signatures; its folder is the one for scanners."""
    server = ClamdServer(server_directory / f"scanning-{free_port()}")
    server.start()
    import_advisories(advisory_file(server.directory), server.directory)
    yield server
    server.stop()


def advisory_file(folder: Path) -> Path:
    """One advisory as OSV writes it."""
    place = folder / "advisory.json"
    place.write_text(
        '{"id": "GHSA-0000-0000-0001", "modified": "2026-11-01T00:00:00Z", "summary": "Penyisipan SQL",'
        ' "aliases": ["CVE-2026-0001"], "database_specific": {"severity": "HIGH"},'
        ' "affected": [{"package": {"ecosystem": "Packagist", "name": "contoh/pustaka"},'
        ' "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.1.0"}]}]}]}'
    )
    return place


@dataclass
class Scans:
    """Documents of one tenant, and the workers that look through them."""

    database: Database
    tenant: Tenant
    folder: Path
    store: DocumentStore
    redis: RedisServer
    relay_url: str
    scratch: Path
    request: int

    @property
    def env(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("TAPAK_")},
            "TAPAK_DATABASE_URL": str(self.database.engine.url.render_as_string(hide_password=False)),
            "TAPAK_RELAY_URL": self.relay_url,
            "TAPAK_REDIS_URL": self.redis.url,
            "TAPAK_DOCUMENTS": str(self.store.folder),
            "TAPAK_SCANNING": str(self.folder),
            "TAPAK_LEASE": "1.5",
        }

    @contextmanager
    def workers(self, **env: str) -> Iterator[Supervisor]:
        """A relay and one worker for scans."""
        relay = subprocess.Popen([sys.executable, "-m", "tapak.jobs.relay"], env=self.env)
        supervisor = Supervisor(0, slow=1, env={**self.env, **env}, grace=20)
        thread = threading.Thread(target=supervisor.run)
        thread.start()
        try:
            yield supervisor
        finally:
            supervisor.stop()
            thread.join(40)
            relay.terminate()
            assert relay.wait(20) == 0
            assert not thread.is_alive()

    def send(self, files: Mapping[str, bytes] | bytes, *, kind: str = "application") -> int:
        """A document of these files (or bytes), and a run asked for; gives the document's id."""
        content = files if isinstance(files, bytes) else zip_of(self.scratch / "a.zip", files).read_bytes()
        stored = self.store.write(self.tenant.id, io.BytesIO(content), LIMIT)
        with self.database.begin(self.tenant.id) as session:
            document = Document(
                request_id=self.request,
                kind=kind,
                filename="aplikasi.zip",
                media_type="application/zip",
                size=stored.size,
                sha256=stored.sha256,
            )
            session.add(document)
            session.flush()
            service.ask(session, document)
            return document.id

    def work(self, document_id: int) -> ScanReport:
        """Have the document's pending run worked on in this process, as a worker would; gives what came of it."""
        config = Config(documents=self.store.folder, scanning=self.folder)
        tools = Tools(config, self.database, registry(), ProviderPool(registry()), self.store, Timing(lease=LONG))
        with self.database.session(self.tenant.id) as session:
            lease = take_lease(session, service.WAKE_KIND, self.report(document_id).id, LONG)
            assert lease is not None, "nothing pending, or leased"
            try:
                HANDLERS[service.WAKE_KIND](tools, session, lease)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)  # as the worker does
        return self.report(document_id)

    def again(self, document_id: int) -> None:
        """Ask for another run."""
        with self.database.begin(self.tenant.id) as session:
            service.ask(session, session.get_one(Document, (self.tenant.id, document_id)))

    def report(self, document_id: int) -> ScanReport:
        with self.database.begin(self.tenant.id) as session:
            found = service.latest(session, document_id)
        assert found is not None
        return found

    def wait(self, document_id: int, *states: str, seconds: float = LONG) -> ScanReport:
        wanted = states or ("done", "failed")
        wait_until(lambda: self.report(document_id).state in wanted, seconds, f"a run {wanted}; {self.pending()}")
        return self.report(document_id)

    def pending(self) -> list[tuple[str, int, str]]:
        with self.database.begin(self.tenant.id) as session:
            return [(row.kind, row.row_id, row.problem) for row in session.scalars(select(Wake))]


def a_request(session: Session) -> int:
    """A request in its first revision."""
    agency = Agency(key="dinkes", name="Dinas Kesehatan")
    session.add(agency)
    session.flush()
    account = Account(email="a@dinkes.example", password="", name="Pemohon", fs_uniquifier="a", agency_id=agency.id)
    snapshot = Snapshot(hash="0" * 64, code="contoh.hosting/1", content={}, settings={})
    session.add_all([account, snapshot])
    session.flush()
    request = Request(
        snapshot_id=snapshot.id,
        procedure="contoh.hosting",
        agency_id=agency.id,
        applicant_id=account.id,
        step="submit",
        state="done",
        revision=1,
    )
    session.add(request)
    session.flush()
    return request.id


@pytest.fixture
def scans(
    database: Database,
    database_name: str,
    postgresql_server: PostgresqlServer,
    redis_server: RedisServer,
    tenant: Tenant,
    clamd: ClamdServer,
    tmp_path: Path,
) -> Iterator[Scans]:
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    poke = Poke(redis_server.url)
    poke.install()
    relay_url = postgresql_server.dsn("tapak_relay", database_name)
    store = DocumentStore(tmp_path / "documents")
    with database.begin(tenant.id) as session:
        request = a_request(session)
    yield Scans(database, tenant, clamd.directory, store, redis_server, relay_url, tmp_path, request)
    poke.remove()
