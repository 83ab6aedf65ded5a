"""Sessions in one tenant's scope; a query without a tenant fails loudly in the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.orm import Session, SessionTransaction

TENANT = "tenant_id"


class ScopeError(RuntimeError):
    """The database role could pass row-level security, so this process must not start."""


class Database:
    """Connections of one role.

    ``url`` is a psycopg URL; ``pool_size`` the number of connections that one process keeps.
    """

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self.engine: Engine = create_engine(url, pool_size=pool_size, max_overflow=pool_size, hide_parameters=True)

    def session(self, tenant_id: int | None = None) -> Session:
        """A session that the caller closes; with ``tenant_id`` every transaction of it is in that tenant's scope."""
        return Session(self.engine, expire_on_commit=False, info={TENANT: tenant_id})

    @contextmanager
    def begin(self, tenant_id: int | None = None) -> Iterator[Session]:
        """One transaction: committed at the end of the block, rolled back on an exception."""
        with self.session(tenant_id) as session, session.begin():
            yield session

    def check_role(self) -> None:
        """Refuse a role that owns tables or bypasses row-level security.

        Raises:
            ScopeError: such a role; the message says what to change.
        """
        query = text(
            "select rolsuper or rolbypassrls or exists("
            "select 1 from pg_class where relowner = pg_roles.oid and relkind = 'r')"
            " from pg_roles where rolname = current_user"
        )
        with self.engine.connect() as connection:
            if connection.scalar(query):
                raise ScopeError("the database role of this process can pass row-level security; connect as tapak_app")

    def close(self) -> None:
        """End the pool's connections."""
        self.engine.dispose()


@event.listens_for(Session, "after_begin")
def _scope(session: Session, _transaction: SessionTransaction, connection: Any) -> None:
    tenant_id = session.info.get(TENANT)
    if tenant_id is not None:
        connection.exec_driver_sql("select set_config('tapak.tenant', %s, true)", (str(tenant_id),))
