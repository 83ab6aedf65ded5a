"""What a pool's connection keeps between the transactions of a process."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from tapak.db.session import Database
from tapak.tenants.models import Position, Tenant

PAGES = 10


def test_pages_that_only_read_keep_what_was_prepared(database: Database, tenant: Tenant) -> None:
    reader = Database(database.engine.url.render_as_string(hide_password=False), pool_size=1)
    for _ in range(PAGES):
        with reader.session(tenant.id) as session:
            session.scalar(select(func.count()).select_from(Position))
    with reader.session(tenant.id) as session:
        kept = "select count(*) from pg_prepared_statements where statement like '%FROM position%'"
        assert session.scalar(text(kept)) == 1
    reader.close()


def test_what_fails_or_is_given_up_is_rolled_back(database: Database, tenant: Tenant) -> None:
    with database.session(tenant.id) as session:
        session.add(Position(key="bidang", title="Bidang"))
        session.flush()
    with database.session(tenant.id) as session:
        session.add(Position(key="bidang", title="Bidang"))
        session.flush()
        with pytest.raises(DBAPIError):
            session.execute(text("select 1 / 0"))
    with database.session(tenant.id) as session:
        assert session.scalar(select(func.count()).select_from(Position).where(Position.key == "bidang")) == 0
