"""The one class that talks to MariaDB, and the only places where names become SQL."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pymysql

from tapak.sdk.errors import ChangedMeanwhile
from tapak_mariadb.failures import from_exception

SYSTEM = frozenset({"information_schema"})


@dataclass(frozen=True)
class Server:
    """Where a server is and how it is reached."""

    address: str
    port: int
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
    """One session; statements are single, values are bound, errors are told as ``failures`` says."""

    def __init__(self, server: Server, login: Login, *, timeout: float | None = None, database: str | None = None):
        seconds = max(1, round(timeout or server.timeout))
        try:
            self._connection = pymysql.connect(
                host=server.address,
                port=server.port,
                user=login.user,
                password=login.password,
                database=database,
                charset="utf8mb4",
                connect_timeout=max(1, round(min(server.timeout, seconds))),
                read_timeout=seconds,
                write_timeout=seconds,
                autocommit=True,
                # Without a CA the client would take whatever certificate is shown; loopback needs none.
                **({"ssl_ca": server.tls_ca, "ssl_verify_identity": True} if server.tls_ca else {"ssl_disabled": True}),
            )
        except (pymysql.err.MySQLError, OSError) as problem:
            raise from_exception(str(server), problem) from None
        self._server = server

    def rows(self, statement: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement; gives its rows.

        Raises:
            ProviderError: the server refused or didn't answer.
        """
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                return list(cursor.fetchall())
        except (pymysql.err.MySQLError, OSError) as problem:
            raise from_exception(str(self._server), problem) from None

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Alone at ``name`` among those that ask for it this way; the server frees it when the session ends.

        A session that was killed may take the server a moment to notice.

        Raises:
            ChangedMeanwhile: somebody else is at it.
        """
        lock = "tapak." + hashlib.sha256(name.encode()).hexdigest()[:40]
        if self.rows("select get_lock(%s, 1)", (lock,)) != [(1,)]:
            raise ChangedMeanwhile(f"{name} sedang dikerjakan. Akan dicoba lagi.", log=f"{name} is locked")
        try:
            yield
        finally:
            self.rows("select release_lock(%s)", (lock,))

    def close(self) -> None:
        """End the session, whatever state it is in."""
        if self._connection.open:
            self._connection.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def quoted(name: str) -> str:
    """An identifier (MariaDB: Identifier Names, "Quote Character")."""
    return "`" + name.replace("`", "``") + "`"


def pattern(name: str) -> str:
    """A database's name where GRANT reads a pattern: ``_`` and ``%`` would match others."""
    return name.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")


def native_hash(password: str) -> str:
    """What ``mysql_native_password`` stores: with it no statement, and so no log, holds the password itself."""
    return "*" + hashlib.sha1(hashlib.sha1(password.encode()).digest()).hexdigest().upper()  # noqa: S324
