"""The driver as Tapak uses it: what psycopg does at every statement or rollback, and no statement here needs."""

from __future__ import annotations

import select
from collections.abc import Sequence
from typing import Any, cast

import psycopg
from psycopg.pq import ExecStatus, TransactionStatus

PREPARED = 400
COMMIT = b"commit"
LIGHTLY = b"set local synchronous_commit = off; commit"


class Connection(psycopg.Connection[Any]):
    """Begins and ends transactions by libpq's plain call: these say nothing that psycopg would have to convert.

    It keeps what it prepared when a transaction ends without a commit, as that of every page that only reads does.
    psycopg forgets its prepared statements at each rollback, as a table made in it may be gone. No process makes tables
    through a pool (migrations have an own connection), so there they were only planned anew for page after page. After
    an error, when the server has ended the transaction by itself, psycopg's own way stands.

    ``light`` says that the next commit needn't wait for the disk.
    """

    light = False

    def is_quiet(self) -> bool:
        """Whether nothing came from the server since the last answer: it says so where it ends a connection."""
        asked = select.poll()
        asked.register(self.pgconn.socket, select.POLLIN)
        return not asked.poll(0)

    def command(self, statements: bytes) -> bool:
        """Whether ``statements``, which give no rows, went through; if not, sending them again tells why."""
        with self.lock:
            return self.pgconn.exec_(statements).status == ExecStatus.COMMAND_OK

    def commit(self) -> None:
        """End the transaction; without one nothing happens.

        Raises:
            psycopg.Error: the server refuses; what was written is given up.
            psycopg.OperationalError: the connection is lost.
        """
        statements, self.light = LIGHTLY if self.light else COMMIT, False
        if self.pgconn.transaction_status != TransactionStatus.INTRANS:
            super().commit()
            return
        with self.lock:
            done = self.pgconn.exec_(statements)
        if self.broken:
            raise psycopg.OperationalError("the connection was lost at a commit")
        if done.status != ExecStatus.COMMAND_OK:
            raise psycopg.errors.error_from_result(done)

    def rollback(self) -> None:
        """Give up what the transaction has written; without one nothing happens.

        Raises:
            psycopg.OperationalError: the connection is lost.
        """
        self.light = False
        if self.pgconn.transaction_status == TransactionStatus.INTRANS:
            with self.lock:
                self.pgconn.exec_(b"rollback")
        if self.pgconn.transaction_status != TransactionStatus.IDLE:
            super().rollback()


def connect(*args: Any, **options: Any) -> Connection:
    """A connection that begins no transaction by itself; takes what :func:`psycopg.connect` takes.

    Raises:
        psycopg.OperationalError: no server answers there, or it refuses.
    """
    connection = Connection.connect(*args, autocommit=True, cursor_factory=Cursor, **options)
    connection.prepared_max = PREPARED
    return connection


class Cursor(psycopg.Cursor[Any]):
    """SQLAlchemy asks every result for its description, and looks at it only the first time that it sees a statement.

    psycopg builds all of it each time: a tenth of what a step costs its process.
    """

    @property
    def description(self) -> list[psycopg.Column] | None:
        result = self.pgresult
        if result is None or result.status != ExecStatus.TUPLES_OK:
            return super().description
        return cast("list[psycopg.Column]", _Columns(self, result.nfields))

    def described(self) -> list[psycopg.Column]:
        """The whole description."""
        return super().description or []


class _Columns(Sequence[psycopg.Column]):
    def __init__(self, cursor: Cursor, count: int) -> None:
        self._cursor, self._count = cursor, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        return self._cursor.described()[index]

    def __iter__(self) -> Any:
        return iter(self._cursor.described())
