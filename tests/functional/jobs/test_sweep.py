"""What is past is cleared away each day, tenant by tenant."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tapak.accounts.models import Account, WebSession
from tapak.cli.tenant_file import apply_tenant
from tapak.config import Config
from tapak.db.session import Database
from tapak.db.wake import Wake
from tapak.demo.servers.postgresql import PostgresqlServer
from tapak.documents.models import Document
from tapak.documents.store import INCOMING, DocumentStore
from tapak.jobs.doctor import findings
from tapak.jobs.run import equip, run
from tapak.jobs.tools import Tools
from tapak.plugins import build, registry
from tapak.requests.models import IdempotencyKey, Request, Snapshot
from tapak.tenants.models import Agency, Tenant
from tapak.testing.provider import MemoryPlugin

NEW = {
    "slug": "baru",
    "name": "Kota Baru",
    "agency": "Diskominfo",
    "time_zone": "Asia/Makassar",
    "hosts": ["baru.localhost"],
    "zones": ["baru.example"],
    "letterhead": {"lines": ["KOTA BARU"], "place": "Baru"},
}
OLD = datetime.now(UTC) - timedelta(hours=25)


@pytest.fixture
def documents(postgresql_server: PostgresqlServer, database_name: str, tmp_path: Path) -> Iterator[Path]:
    """The folder of papers of this process's worker."""
    config = Config(database_url=postgresql_server.dsn("tapak_app", database_name), documents=tmp_path)
    tools = Tools.from_config(config, build([MemoryPlugin()]))
    equip(tools)
    yield tmp_path
    tools.close()


@pytest.fixture
def swept(owner_database: Database, tmp_path: Path) -> Tenant:
    """A tenant made, and made again, from its file."""
    for _ in range(2):
        apply_tenant(owner_database, NEW, registry(), identities=tmp_path / "identities")
    with owner_database.begin() as session:
        return session.scalars(select(Tenant).where(Tenant.slug == NEW["slug"])).one()


def a_request(session: Session) -> int:
    """A draft of some unit, to hold papers."""
    agency = Agency(key="rsud", name="RSUD")
    account = Account(email="p@baru.example", password="-", name="P", fs_uniquifier="p")
    snapshot = Snapshot(hash="0" * 64, code="contoh/1", content={}, settings={})
    session.add_all([agency, account, snapshot])
    session.flush()
    request = Request(
        snapshot_id=snapshot.id, procedure="contoh", agency_id=agency.id, applicant_id=account.id, step="submit"
    )
    session.add(request)
    session.flush()
    return request.id


def fill(database: Database, tenant: Tenant) -> None:
    """An answer and a session of today, and others that are past."""
    with database.begin(tenant.id) as session:
        account = Account(email="a@baru.example", password="-", name="A", fs_uniquifier="a")
        session.add(account)
        session.flush()
        for name, at in (("old", OLD), ("fresh", datetime.now(UTC))):
            session.add(IdempotencyKey(account_id=account.id, key=name, digest="", created_at=at))
            session.add(WebSession(token_hash=name, kind="token", expires_at=at + timedelta(hours=1)))


def test_the_bytes_of_discarded_papers_are_swept_a_day_later(
    database: Database, swept: Tenant, documents: Path
) -> None:
    store = DocumentStore(documents)
    papers = {
        "past": (b"lama", "discarded", OLD),
        "fresh": (b"baru saja", "discarded", datetime.now(UTC)),
        "shared": (b"sama", "discarded", OLD),
        "kept": (b"sama", "ready", OLD),
    }
    hashes = {}
    with database.begin(swept.id) as session:
        request_id = a_request(session)
        for name, (content, state, at) in papers.items():
            hashes[name] = store.write(swept.id, BytesIO(content), 100).sha256
            os.utime(store.path(swept.id, hashes[name]), (OLD.timestamp(), OLD.timestamp()))
            session.add(
                Document(
                    request_id=request_id,
                    kind="request_letter",
                    filename=name,
                    sha256=hashes[name],
                    state=state,
                    created_at=at,
                )
            )
    run(swept.id, "sweep", 0)
    assert {name: store.has(swept.id, sha256) for name, sha256 in hashes.items()} == {
        "past": False,
        "fresh": True,
        "shared": True,
        "kept": True,
    }
    with database.begin(swept.id) as session:
        left = select(Document.filename).where(Document.sha256 != "").order_by(Document.filename)
        assert session.scalars(left).all() == ["fresh", "kept"]
        (row,) = session.scalars(select(Wake).where(Wake.kind == "sweep")).all()
        assert row.problem == ""


def test_each_tenant_is_swept_and_again_tomorrow(database: Database, swept: Tenant, documents: Path) -> None:
    fill(database, swept)
    left, going_on = documents / "1" / f"{INCOMING}left", documents / "1" / f"{INCOMING}now"
    left.parent.mkdir()
    for path in (left, going_on):
        path.touch()
    os.utime(left, (time.time(), OLD.timestamp()))
    for _ in range(6):
        run(swept.id, "sweep", 0)
    with database.begin(swept.id) as session:
        assert session.scalars(select(IdempotencyKey.key)).all() == ["fresh"]
        assert session.scalars(select(WebSession.token_hash)).all() == ["fresh"]
        (row,) = session.scalars(select(Wake).where(Wake.kind == "sweep")).all()
        assert (row.asked, row.lease_until, row.problem) == (1, None, "")
        assert timedelta(hours=23) < row.next_at - datetime.now(UTC) <= timedelta(hours=24)
        assert findings(session) == []
    assert (left.exists(), going_on.exists()) == (False, True)
