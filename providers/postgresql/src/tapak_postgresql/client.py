"""The one class that talks to PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from tapak.sdk.errors import ChangedMeanwhile
from tapak_postgresql.failures import from_exception

Statement = LiteralString | sql.Composed


@dataclass(frozen=True)
class Server:
    """Where a server is and how it is reached."""

    address: str
    port: int
    tls: str
    tls_ca: str
    timeout: float

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


@dataclass(frozen=True)
class Login:
    """Who talks to the server."""

    user: str
    password: str = field(repr=False)


class Client:
    """One session that commits each statement; values are bound, errors are told as ``failures`` says."""

    def __init__(self, server: Server, login: Login, *, database: str = "postgres", timeout: float | None = None):
        self._server = server
        seconds = timeout or server.timeout
        try:
            self._connection = _connected(server, login, database, seconds)
        except (psycopg.Error, OSError) as problem:
            raise from_exception(str(server), problem) from None

    def rows(self, statement: Statement, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement; gives its rows.

        Raises:
            ProviderError: the server refused or didn't answer.
        """
        try:
            cursor = self._connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []
        except (psycopg.Error, OSError) as problem:
            raise from_exception(str(self._server), problem) from None

    def verifier(self, password: str, user: str) -> str:
        """What the server stores of a password (SCRAM-SHA-256): with it no statement, and so no log, holds it."""
        encrypted = self._connection.pgconn.encrypt_password(password.encode(), user.encode(), b"scram-sha-256")
        return encrypted.decode()

    @contextmanager
    def together(self) -> Iterator[None]:
        """All or none of the statements within the block."""
        self.rows("begin")
        try:
            yield
        except BaseException:
            with suppress(psycopg.Error):
                self._connection.rollback()
            raise
        self.rows("commit")

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Alone at ``name`` among those that ask for it this way; the server frees it when the session ends.

        Raises:
            ChangedMeanwhile: somebody else is at it.
        """
        if self.rows("select pg_try_advisory_lock(hashtextextended(%s, 0))", (f"tapak {name}",)) != [(True,)]:
            raise ChangedMeanwhile(f"{name} sedang dikerjakan. Akan dicoba lagi.", log=f"{name} is locked")
        yield

    def close(self) -> None:
        """End the session, whatever state it is in."""
        self._connection.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _connected(server: Server, login: Login, database: str, seconds: float) -> psycopg.Connection[tuple[Any, ...]]:
    """A session that begins and answers within ``seconds``, or two where that is more (libpq's least)."""
    limit = max(1, round(seconds * 1000))
    return psycopg.connect(
        host=server.address,
        port=server.port,
        user=login.user,
        password=login.password,
        dbname=database,
        sslmode=server.tls,
        gssencmode="disable",
        connect_timeout=max(2, round(min(server.timeout, seconds))),
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
        tcp_user_timeout=max(1000, limit),
        application_name="tapak",
        options=f"-c statement_timeout={limit} -c lock_timeout={limit}",
        autocommit=True,
        prepare_threshold=None,
        sslrootcert=server.tls_ca or None,
    )
