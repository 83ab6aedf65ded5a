"""Sessions in one tenant's scope; a query without a tenant fails loudly in the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.orm import Session

from tapak.db.cursor import Cursor

TENANT = "tenant_id"
BEGIN = "begin"
IN_SCOPE = "begin; select set_config('tapak.tenant', '{}', true)"


class ScopeError(RuntimeError):
    """The database role could pass row-level security, so this process must not start."""


class Database:
    """Connections of one role.

    ``url`` is a psycopg URL; ``pool_size`` the number of connections that one process keeps. A transaction begins and
    takes its tenant's scope in one round trip: the driver would begin by itself in another, so it doesn't begin at all.
    """

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self.engine: Engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            hide_parameters=True,
            connect_args={"autocommit": True, "cursor_factory": Cursor},
        )
        event.listen(self.engine, "begin", _begin)
        self._scoped: dict[int, Engine] = {}

    def session(self, tenant_id: int | None = None) -> Session:
        """A session that the caller closes; with ``tenant_id`` every transaction of it is in that tenant's scope."""
        return Session(self._engine(tenant_id), expire_on_commit=False, info={TENANT: tenant_id})

    def _engine(self, tenant_id: int | None) -> Engine:
        if tenant_id is None:
            return self.engine
        if tenant_id not in self._scoped:
            self._scoped[tenant_id] = self.engine.execution_options(tapak_tenant=int(tenant_id))
        return self._scoped[tenant_id]

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


def _begin(connection: Connection) -> None:
    tenant_id: int | None = connection.get_execution_options().get("tapak_tenant")
    connection.exec_driver_sql(BEGIN if tenant_id is None else IN_SCOPE.format(tenant_id))
