"""Fixtures of a migrated database of one test's own, with two tenants in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tapak.db.session import Database
from tapak.demo.servers.postgresql import PostgresqlServer
from tapak.migrations import upgrade
from tapak.tenants.models import Tenant, TenantHost
from tapak.testing.blank import Blank

TEMPLATE = "tapak_template"


@pytest.fixture(scope="session")
def database_template(postgresql_server: PostgresqlServer) -> str:
    """The name of a migrated database with two tenants, ``contoh.localhost`` (WITA) and ``lain.localhost`` (WIB)."""
    postgresql_server.create_database(TEMPLATE)
    upgrade(postgresql_server.dsn("tapak_owner", TEMPLATE))
    owner = Database(postgresql_server.dsn("tapak_owner", TEMPLATE))
    with owner.begin() as session:
        for slug, zone in (("contoh", "Asia/Makassar"), ("lain", "Asia/Jakarta")):
            session.add(TenantHost(host=f"{slug}.localhost", tenant=_tenant(slug, zone)))
            session.flush()
    owner.close()
    return TEMPLATE


def _tenant(slug: str, zone: str) -> Tenant:
    name = f"Pemerintah Kota {slug.title()}"
    letterhead = {"lines": [name.upper(), "DINAS KOMUNIKASI DAN INFORMATIKA"], "place": slug.title(), "paper": "A4"}
    return Tenant(slug=slug, name=name, agency="Diskominfo", time_zone=zone, letterhead=letterhead, calendar={})


@pytest.fixture(scope="session")
def blank(postgresql_server: PostgresqlServer, database_template: str) -> Iterator[Blank]:
    """Where databases of a test's own come from; take ``database_name``."""
    made = Blank(postgresql_server, database_template)
    yield made
    made.drop()


@pytest.fixture
def database_name(blank: Blank) -> Iterator[str]:
    """The name of a database that nobody else has while this test runs, and that is as ``database_template``."""
    yield blank.take()
    blank.give_back()


@pytest.fixture
def database(postgresql_server: PostgresqlServer, database_name: str) -> Iterator[Database]:
    """This test's database as the app's role sees it."""
    connected = Database(postgresql_server.dsn("tapak_app", database_name))
    yield connected
    connected.close()


@pytest.fixture
def owner_database(postgresql_server: PostgresqlServer, database_name: str) -> Iterator[Database]:
    """This test's database as its owner, past row-level security."""
    connected = Database(postgresql_server.dsn("tapak_owner", database_name))
    yield connected
    connected.close()


@pytest.fixture
def tenant(database: Database) -> Tenant:
    """The tenant ``contoh.localhost``."""
    return _first(database, "contoh")


@pytest.fixture
def other_tenant(database: Database) -> Tenant:
    """The tenant ``lain.localhost``, whose rows ``tenant`` must never see."""
    return _first(database, "lain")


def _first(database: Database, slug: str) -> Tenant:
    with database.begin() as session:
        return session.query(Tenant).filter_by(slug=slug).one()
