"""Kukar at work: the demo's tenant with its people, over PostgreSQL behind row-level security."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tapak.accounts.models import Account
from tapak.accounts.policy import person_of
from tapak.cli.tenant_file import apply_tenant
from tapak.config import Config
from tapak.db.session import Database
from tapak.db.wake import take_lease
from tapak.demo import scripts
from tapak.documents.store import DocumentStore
from tapak.jobs.handlers import HANDLERS
from tapak.jobs.tools import Tools
from tapak.plugins import Registry, registry
from tapak.provisioning.connections import ProviderPool
from tapak.provisioning.reconciler import Timing
from tapak.requests import flow, papers
from tapak.requests.desk import Desk
from tapak.tenants.models import Tenant
from tapak.tenants.secrets import KeyPair, new_identity, read_identities

HEAD = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
PDF = HEAD + b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(HEAD)
NOW = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
"""Monday 09:00 WITA."""
PLACEHOLDERS = {
    "WEB_ADDRESS": "127.0.0.1",
    "WEB_URL": "http://127.0.0.1:9",
    "WEB_PORT": "9",
    "WEB_HTTPS_PORT": "443",
    "WEB_AGENT_CONFIG": "/nonexistent/agent.json",
    "DNS_ADDRESS": "127.0.0.1",
    "DNS_PORT": "9",
    "DNS_KEY_NAME": "k.",
    "DNS_KEY_SECRET": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0",
    "DNS_ALGORITHM": "hmac-sha256",
}
DOMAIN = "kukarkab.go.id"
PEOPLE = {
    "disdik": f"pemohon@disdik.{DOMAIN}",
    "desa": f"pemohon@desa.{DOMAIN}",
    "kabid": f"kabid.aptika@diskominfo.{DOMAIN}",
    "administrator": f"administrator@diskominfo.{DOMAIN}",
    "sekretaris": f"sekretaris@diskominfo.{DOMAIN}",
    "kadis": f"kadis@diskominfo.{DOMAIN}",
    "admin": f"admin@diskominfo.{DOMAIN}",
}


@dataclass
class Office:
    """The tenant with its people; ``now`` is the clock of every desk and may be set."""

    database: Database
    owner: Database
    tenant: Tenant
    content: Mapping[str, Any]
    store: DocumentStore
    identities: Path
    key: KeyPair = field(default_factory=new_identity)
    servers: Mapping[str, str] = field(default_factory=dict)
    now: datetime = NOW
    registry: Registry = field(default_factory=registry)

    @contextmanager
    def desk(self, who: str | None) -> Iterator[Desk]:
        """One transaction in which ``who`` acts (None: a worker)."""
        with self.database.begin(self.tenant.id) as session:
            person = None
            if who is not None:
                account = session.scalars(select(Account).where(Account.email == PEOPLE[who])).one()
                person = person_of(session, account, self.now.date())
            yield Desk(session, self.tenant, self.registry, person, self.now)

    def upload(self, who: str, task_id: int, kind: str = "request_letter") -> None:
        """``who`` sends a PDF with a task."""
        with self.desk(who) as desk:
            papers.upload(
                desk, self.store, task_id, kind=kind, filename="surat.pdf", stream=BytesIO(PDF), limit=1_000_000
            )

    def submit(self, who: str, service: str, **answers: Any) -> int:
        """A request of ``who``'s unit, as the form's sample with other ``answers``; gives the next task."""
        with self.desk(who) as desk:
            task_id = flow.start_request(desk, service)
        self.upload(who, task_id)
        return self.finish(who, task_id, **answers)

    def form(self, who: str, task_id: int) -> dict[str, Any]:
        """What the task's form starts with, over which the form's sample is laid."""
        with self.desk(who) as desk:
            view = flow.task_view(desk, task_id)
            sample = dict(view.kind.form(view).sample)
            ours = {"name_zone": DOMAIN, "letter_date": "2026-11-13"}
            return {**view.kind.initial(view), **sample, **{name: ours[name] for name in ours if name in sample}}

    def finish(self, who: str, task_id: int, **different: Any) -> int:
        """``who`` finishes a task; gives the next one (0: the request has ended)."""
        given = {**self.form(who, task_id), **different}
        with self.desk(who) as desk:
            flow.begin(desk, task_id)
            return flow.finish(desk, task_id, given).next_task_id or 0

    def work(self, kind: str, row_id: int) -> None:
        """A worker does one pending piece of work, on the real servers."""
        known = read_identities(self.identities)
        tools = Tools(Config(), self.database, self.registry, ProviderPool(self.registry, known), self.store, Timing())
        with self.database.session(self.tenant.id) as session:
            lease = take_lease(session, kind, row_id, 30)
            assert lease is not None, f"nothing pending: {kind} {row_id}"
            HANDLERS[kind](tools, session, lease)
        tools.providers.close()

    def apply(self, **changes: Any) -> None:
        """The tenant's file with other content."""
        content = {**self.content, **changes}
        given = {**PLACEHOLDERS, **self.servers, "LOGBOOK_RECIPIENT": self.key.recipient}
        apply_tenant(self.owner, content, self.registry, placeholders=given, identities=self.identities)
        with self.database.begin() as session:
            self.tenant = session.scalars(select(Tenant).where(Tenant.slug == "kukar")).one()


@pytest.fixture
def office(database: Database, owner_database: Database, tmp_path: Path) -> Office:
    """The demo's tenant as its file has it."""
    content = next(each for each in scripts.tenants() if each["slug"] == "kukar")
    store = DocumentStore(tmp_path / "documents")
    made = Office(database, owner_database, Tenant(), content, store, tmp_path / "identities.txt")
    made.apply()
    return made
