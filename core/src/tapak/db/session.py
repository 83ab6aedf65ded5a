"""Sessions in one tenant's scope; a query without a tenant fails loudly in the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import InvalidatePoolError, OperationalError
from sqlalchemy.orm import Session, SessionTransaction

from tapak.db import driver

TENANT = "tenant_id"
BEGIN = "begin"
IN_SCOPE = "begin; set local tapak.tenant = {:d}"


class ScopeError(RuntimeError):
    """The database role could pass row-level security, so this process must not start."""


class Database:
    """Connections of one role.

    ``url`` is a psycopg URL; ``pool_size`` the number of connections that one process keeps. A transaction begins and
    takes its tenant's scope in one round trip: the driver would begin by itself in another, so it doesn't begin at all.
    """

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self.engine: Engine = create_engine(url, pool_size=pool_size, max_overflow=pool_size, hide_parameters=True)
        event.listen(
            self.engine, "do_connect", lambda _dialect, _record, args, options: driver.connect(*args, **options)
        )
        event.listen(self.engine, "checkout", _check_alive)

    def session(self, tenant_id: int | None = None) -> Session:
        """A session that the caller closes; with ``tenant_id`` every transaction of it is in that tenant's scope."""
        return _Scoped(self.engine, expire_on_commit=False, info={TENANT: tenant_id})

    @contextmanager
    def begin(self, tenant_id: int | None = None) -> Iterator[Session]:
        """One transaction: committed at the end of the block, rolled back on an exception."""
        with self.session(tenant_id) as session:
            yield session
            session.commit()

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


class _Scoped(Session):
    """Begins each transaction itself, since a listener of the engine would be asked about every statement too."""


def _check_alive(connection: driver.Connection, _record: object, _proxy: object) -> None:
    """Have the pool make a new connection instead of one that the server has ended: nobody need be told of it."""
    if not connection.is_quiet():
        raise InvalidatePoolError


@event.listens_for(_Scoped, "after_begin")
def _begin(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    if not transaction.nested:
        tenant_id: int | None = session.info[TENANT]
        statements = BEGIN if tenant_id is None else IN_SCOPE.format(tenant_id)
        if not _driver(connection).command(statements.encode()):
            connection.exec_driver_sql(statements)  # tells what is wrong, and SQLAlchemy clears the pool


def lightly(session: Session) -> None:
    """The session's transaction needn't be on disk when it has committed, as what follows would do it all again.

    A later commit that waits for the disk waits for this one too.
    """
    _driver(session.connection()).light = True


def _driver(connection: Connection) -> driver.Connection:
    return cast("driver.Connection", connection.connection.driver_connection)


def beside(session: Session) -> Session:
    """A session of its own transactions in the scope of ``session``; the caller closes it."""
    return _Scoped(session.get_bind(), expire_on_commit=False, info={TENANT: session.info[TENANT]})


def send(session: Session, statement: str, values: Mapping[str, Any]) -> tuple[Any, ...]:
    """The one row that ``statement`` gives, as the driver takes it (``%(name)s``): for what every step sends.

    Raises:
        OperationalError: the database is gone, or gave up.
    """
    try:
        row: tuple[Any, ...] | None = _driver(session.connection()).execute(statement, values).fetchone()
    except psycopg.OperationalError as problem:
        raise OperationalError(statement, None, problem, hide_parameters=True) from problem
    assert row is not None
    return row
