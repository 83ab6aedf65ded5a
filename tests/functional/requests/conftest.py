"""A small agency at work: positions with holders, two units that apply, and desks for each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import text, update

from tapak.accounts.models import Account
from tapak.accounts.policy import person_of
from tapak.db.session import Database
from tapak.documents.store import DocumentStore
from tapak.inventory.models import Address
from tapak.plugins import Registry, registry
from tapak.provisioning.models import Connection
from tapak.requests import papers
from tapak.requests.desk import Desk
from tapak.tenants.models import Agency, Position, PositionHolder, Tenant, Zone
from tapak_tarakan.hosting import HOSTING

from .town import host, town

__all__ = ["host", "town"]

SUBMISSION = HOSTING.submission.sample

POSITIONS = ("kadis", "kabid_aplikasi", "kasubbag_umum", "sekretaris")
HEAD = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
PDF = HEAD + b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(HEAD)
NOW = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
"""Monday 09:00 WITA."""


@dataclass
class Office:
    """One tenant with its people; ``now`` is the clock of every desk and may be set."""

    database: Database
    tenant: Tenant
    store: DocumentStore
    accounts: dict[str, int]
    now: datetime = NOW
    registry: Registry = field(default_factory=registry)

    @contextmanager
    def desk(self, who: str | None) -> Iterator[Desk]:
        """One transaction in which ``who`` acts (None: a worker)."""
        with self.database.begin(self.tenant.id) as session:
            person = None
            if who is not None:
                account = session.get_one(Account, (self.tenant.id, self.accounts[who]))
                person = person_of(session, account, self.now.date())
            yield Desk(session, self.tenant, self.registry, person, self.now)

    def upload(self, who: str, task_id: int, kind: str) -> int:
        """``who`` sends a PDF of ``kind`` with a task."""
        with self.desk(who) as desk:
            paper = papers.upload(
                desk, self.store, task_id, kind=kind, filename="surat.pdf", stream=BytesIO(PDF), limit=1_000_000
            )
            return paper.id


@pytest.fixture
def office(database: Database, owner_database: Database, tenant: Tenant, tmp_path: Path) -> Office:
    """The agency of ``contoh.localhost`` with Tarakan's hosting procedure."""
    with owner_database.begin() as session:
        settings = {"procedures": ["tarakan.hosting"], "waiting_limit_minutes": 60}
        session.execute(update(Tenant).where(Tenant.id == tenant.id).values(settings=settings))
        tenant.settings = settings
    made = Office(database, tenant, DocumentStore(tmp_path / "documents"), {})
    with database.begin(tenant.id) as session:
        session.add(Zone(name="example.test"))
        session.add(Address(address="198.51.100.1", shared=True))
        session.add_all(Address(address=f"203.0.113.{last}", shared=False) for last in (1, 2))
        _connect(session)
        for key in ("dinkes", "dishub"):
            agency = Agency(key=key, name=f"Dinas {key}")
            session.add(agency)
            session.flush()
            made.accounts[key] = add_account(session, key, agency.id)
        for number, key in enumerate(POSITIONS):
            position = Position(key=key, title=f"Jabatan {key}", ordering=number)
            session.add(position)
            session.flush()
            made.accounts[key] = add_account(session, key, None)
            session.add(
                PositionHolder(position_id=position.id, account_id=made.accounts[key], valid_from=date(2020, 1, 1))
            )
        made.accounts["admin"] = add_account(session, "admin", None, admin=True)
    return made


def _connect(session) -> None:
    bind = {"address": "127.0.0.1", "port": 5353, "zones": ["example.test"], "key_name": "k"}
    session.add(Connection(key="dns", provider="bind", title="DNS", settings=bind, zones=["example.test"]))
    session.add(Connection(key="web", provider="apache", title="Web", settings={}, zones=[]))


def add_account(session, key: str, agency_id: int | None, admin: bool = False) -> int:
    account = Account(
        email=f"{key}@example.test",
        password="never checked here",
        name=f"Nama {key}",
        fs_uniquifier=key,
        agency_id=agency_id,
        admin=admin,
    )
    session.add(account)
    session.flush()
    return account.id


def waiting_for_locks(office: Office) -> int:
    """How many do, asked in a transaction of its own: within one the answer stays the same."""
    with office.desk(None) as desk:
        return desk.session.execute(
            text("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
        ).scalar_one()


Submission = Callable[..., dict[str, object]]


@pytest.fixture
def submission() -> Submission:
    """A valid submission, with whatever is to be different."""

    def make(**different: object) -> dict[str, object]:
        return {**SUBMISSION, "name_zone": "example.test", "letter_date": "2026-11-13", **different}

    return make
