"""The pages over a real database: one tenant of the demo, with people who sign in by the form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from tapak_kota import plugin as kota

from tapak.accounts.models import Account
from tapak.accounts.policy import person_of
from tapak.cli.tenant_file import apply_tenant
from tapak.config import Config
from tapak.db.session import Database
from tapak.demo import scripts
from tapak.demo.servers.postgresql import PostgresqlServer
from tapak.documents.store import DocumentStore
from tapak.http.kit import Kit
from tapak.plugins import Registry, build, registry
from tapak.requests import flow, papers
from tapak.requests.desk import Desk
from tapak.tenants.models import Tenant
from tapak.wsgi import make_app
from tapak_tarakan.hosting import HOSTING

SUBMISSION = HOSTING.submission.sample

NUMBERS = count(1)
DATABASE = "tapak_pages"
HOST = "tarakan.localhost"
ZONE = "tarakankota.go.id"
ORIGIN = f"http://{HOST}"
HEAD = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
PDF = HEAD + b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(HEAD)
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
    "WEB_ACCOUNTS": "account",
    "MARIADB_ADDRESS": "127.0.0.1",
    "MARIADB_PORT": "9",
    "MARIADB_USER": "tapak_admin",
    "MARIADB_PASSWORD": "kata sandi pengelola",
    "MARIADB_KEY": "kunci uji yang panjangnya lebih dari tiga puluh dua",
    "MARIADB_DUMPS": "/nonexistent/dumps",
    "BACKUPS": "/nonexistent/backups",
    "BACKUP_PASSWORD": "kata sandi repositori yang panjang",
}
PEOPLE = {
    "dinkes": "pemohon@dinkes.tarakankota.go.id",
    "dishub": "pemohon@dishub.tarakankota.go.id",
    "kasubbag": "kasubbag.umum@dkisp.tarakankota.go.id",
    "kadis": "kadis@dkisp.tarakankota.go.id",
    "kabid": "kabid.aplikasi@dkisp.tarakankota.go.id",
    "noc": "noc@dkisp.tarakankota.go.id",
    "admin": "admin@dkisp.tarakankota.go.id",
}


@dataclass
class Site:
    """The application with its people. ``kit`` reaches past the pages, to what was stored."""

    app: Flask
    kit: Kit
    tenant: Tenant

    def visitor(self) -> Browser:
        """Somebody who isn't signed in."""
        return Browser(self.app.test_client())

    def browser(self, who: str) -> Browser:
        """``who``, signed in by the form."""
        opened = self.visitor()
        answer = opened.sign_in(PEOPLE[who], f"demo-{who}-2026")
        assert answer.status_code == 302, answer.text
        return opened

    @contextmanager
    def in_english(self, who: str) -> Iterator[Browser]:
        """``who``'s browser; the account is shared with other tests and goes back to Indonesian."""
        browser = self.browser(who)
        assert browser.post("/bahasa", {"language": "en"}).status_code == 303
        try:
            yield browser
        finally:
            assert browser.post("/bahasa", {"language": "id"}).status_code == 303

    @contextmanager
    def desk(self, who: str) -> Iterator[Desk]:
        """One transaction in which ``who`` acts."""
        with self.kit.database.begin(self.tenant.id) as session:
            account = session.scalars(select(Account).where(Account.email == PEOPLE[who])).one()
            now = datetime.now(UTC)
            yield Desk(session, self.tenant, self.kit.registry, person_of(session, account, now.date()), now)

    def submitted(self, who: str = "dinkes") -> int:
        """The id of a request that ``who`` has submitted, for a name that nobody else asks for."""
        label = f"antrean-{next(NUMBERS)}"
        with self.desk(who) as desk:
            task_id = flow.start_request(desk, "tarakan.hosting")
            request_id = flow.task_view(desk, task_id).row.id
        with self.desk(who) as desk:
            letter = {"kind": "request_letter", "filename": "surat.pdf", "stream": BytesIO(PDF), "limit": 1_000_000}
            papers.upload(desk, self.kit.store, task_id, **letter)
        answers = {**SUBMISSION, "name_zone": ZONE, "name_label": label, "letter_date": "2026-01-02"}
        with self.desk(who) as desk:
            flow.finish(desk, task_id, answers)
        return request_id


class Browser:
    """A browser without JavaScript: keeps cookies, sends forms as it finds them on a page."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, address: str, **kwargs: Any) -> Any:
        return self.client.get(address, base_url=ORIGIN, buffered=True, **kwargs)

    def post(
        self, address: str, data: dict[str, Any] | None = None, *, origin: str | None = ORIGIN, **kwargs: Any
    ) -> Any:
        """Send a form as it stands, with the Origin that a browser adds."""
        headers = {"Origin": origin} if origin else {}
        return self.client.post(address, base_url=ORIGIN, data=data, headers=headers, **kwargs)

    def token(self, address: str = "/permohonan") -> str:
        """The CSRF token of a page's form."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(address, follow_redirects=True).text)
        assert found, address
        return found[1]

    def send(self, address: str, data: dict[str, Any], **kwargs: Any) -> Any:
        """Send a form with its token."""
        return self.post(address, {"csrf_token": self.token(), **data}, **kwargs)

    def sign_in(self, email: str, password: str, **more: str) -> Any:
        token = self.token("/masuk")
        return self.post("/masuk", {"email": email, "password": password, "csrf_token": token, **more})


@contextmanager
def serve(
    postgresql: PostgresqlServer, template: str, folder: Path, name: str, found: Registry, **settings: Any
) -> Iterator[Site]:
    """The demo's tenant in a database ``name`` of its own, with what ``found`` has installed."""
    postgresql.create_database(name, template=template)
    owner = Database(postgresql.dsn("tapak_owner", name))
    path = next(path for path in scripts.tenant_files() if path.name.startswith("tarakan."))
    identities = folder / f"{name}-identities.txt"
    apply_tenant(owner, path, found, placeholders=PLACEHOLDERS, identities=identities)
    with owner.begin() as session:
        session.execute(update(Tenant).values(settings=Tenant.settings.op("||")(settings)))
    owner.close()
    config = Config(
        database_url=postgresql.dsn("tapak_app", name),
        documents=folder / f"{name}-documents",
        secret_key="k" * 40,
        secure_cookies=False,
        upload_limit=100_000,
    )
    database = Database(config.database_url)
    with database.begin() as session:
        tenant = session.scalars(select(Tenant).where(Tenant.slug == "tarakan")).one()
    kit = Kit(config, database, found, DocumentStore(config.documents))
    yield Site(make_app(kit), kit, tenant)
    database.close()


@pytest.fixture(scope="session")
def site(postgresql_server: PostgresqlServer, database_template: str, server_directory: Path) -> Iterator[Site]:
    """The demo's tenant, served; nothing behind it but PostgreSQL. Shared: a test makes requests of its own."""
    with serve(postgresql_server, database_template, server_directory, DATABASE, registry()) as served:
        yield served


@pytest.fixture(scope="session")
def kota_site(postgresql_server: PostgresqlServer, database_template: str, server_directory: Path) -> Iterator[Site]:
    """The same tenant where a second plugin is installed and its procedure is on offer too."""
    found = build([kota], installed=True)
    offered = ["tarakan.hosting", "kota.placing"]
    where = (postgresql_server, database_template, server_directory)
    with serve(*where, "tapak_pages_kota", found, procedures=offered) as served:
        yield served
