"""A PostgreSQL cluster of our own: durable, on loopback and a socket that only we can open."""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql

from tapak.demo.servers.process import Daemon, ServerProblem, account, hand_over, unprivileged

ROLES: Mapping[str, str] = {
    "tapak_owner": "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE",
    "tapak_app": "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE",
    "tapak_relay": "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE",
}
SUPERUSER = "postgres"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
# What a server that is killed loses nothing by, only a machine that dies.
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}
# No role has a password: over TCP nobody gets in, and over the socket whoever may walk to it.
HBA = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
LONGEST_SOCKET = 107


def binaries() -> Path:
    """The folder of the newest installed PostgreSQL server.

    Raises:
        ServerProblem: none is installed.
    """
    found = [place.parent for place in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if not found:
        raise ServerProblem("no PostgreSQL server under /usr/lib/postgresql: install the package 'postgresql'")
    return max(found, key=lambda place: int(re.sub(r"\D", "", place.parent.name) or 0))


@dataclass(frozen=True)
class PostgresqlServer:
    """One cluster in ``directory`` (which every user can walk to), on TCP ``port`` of 127.0.0.1 and a socket.

    One that isn't ``durable`` waits for no disk: for tests, whose machine doesn't die.
    """

    directory: Path
    port: int
    durable: bool = True

    @property
    def user(self) -> str:
        """Who it runs as when we are root (PostgreSQL refuses root)."""
        return account("postgres")

    @property
    def data(self) -> Path:
        """The cluster's files."""
        return self.directory / "data"

    @property
    def sockets(self) -> Path:
        """The folder of the socket; a short one below the system's temporary folder where ours is too deep."""
        place = self.directory / "socket"
        if len(os.fsencode(place / f".s.PGSQL.{self.port}")) <= LONGEST_SOCKET:
            return place
        digest = hashlib.sha256(os.fsencode(place)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"tapak-{os.geteuid()}-{digest}"

    @property
    def daemon(self) -> Daemon:
        """The server's process."""
        kept = SETTINGS if self.durable else {**SETTINGS, **NOT_DURABLE}
        settings = {**kept, "port": str(self.port), "unix_socket_directories": str(self.sockets)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        argv = [str(binaries() / "postgres"), "-D", str(self.data), *options]
        # SIGINT ends sessions and checkpoints; SIGTERM would wait until the last client has left.
        return Daemon("postgresql", self.directory, argv, user=self.user, stop_signal=signal.SIGINT)

    def start(self) -> None:
        """Make the cluster at the first time, start it unless it runs, and make the roles.

        Raises:
            ServerProblem: it can't be made or doesn't start; tells why.
        """
        if self.daemon.running() and self.answers():
            return
        self._prepare()
        self.daemon.start(self.answers)
        with self.connect() as connection:
            for role, rights in ROLES.items():
                known = connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone()
                verb = "alter" if known else "create"
                connection.execute(sql.SQL(f"{verb} role {{}} {rights}").format(sql.Identifier(role)))

    def stop(self, timeout: float = 30) -> None:
        """End it; what was committed stays."""
        self.daemon.stop(timeout)

    def running(self) -> bool:
        """Whether its process lives."""
        return self.daemon.running()

    def answers(self) -> bool:
        """Whether it takes connections."""
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def dsn(self, role: str, dbname: str = "tapak") -> str:
        """The URL that libpq and SQLAlchemy take; it holds no secret."""
        place = urlencode({"host": str(self.sockets), "port": self.port}, safe="/")
        return f"postgresql://{quote(role, safe='')}@/{quote(dbname, safe='')}?{place}"

    def connect(self, dbname: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """A connection of the superuser that commits each statement; the caller closes it."""
        return psycopg.connect(self.dsn(SUPERUSER, dbname), autocommit=True, connect_timeout=10)

    def create_database(self, name: str = "tapak", template: str = "template0") -> None:
        """Make the database ``name`` unless it is there: ``tapak_owner`` owns it, the others may connect.

        A ``template`` other than PostgreSQL's own must have no sessions.
        """
        with self.connect() as connection:
            if connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone() is None:
                make = sql.SQL("create database {} owner tapak_owner template {}")
                connection.execute(make.format(sql.Identifier(name), sql.Identifier(template)))
            for grant in (
                "revoke all on database {} from public",
                "grant connect on database {} to tapak_app, tapak_relay",
            ):
                connection.execute(sql.SQL(grant).format(sql.Identifier(name)))

    def drop_database(self, name: str) -> None:
        """Remove the database ``name`` with all that it holds, ending its sessions."""
        with self.connect() as connection:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def _prepare(self) -> None:
        hand_over(self.sockets, self.user)
        owner = pwd.getpwnam(self.user).pw_uid if unprivileged(self.user) else os.geteuid()
        if self.sockets.stat().st_uid != owner:
            raise ServerProblem(f"{self.sockets} belongs to somebody else: remove it")
        if not self.data.exists():
            self._initialise(self.directory / "data.new")

    def _initialise(self, draft: Path) -> None:
        shutil.rmtree(draft, ignore_errors=True)
        hand_over(draft, self.user)
        command = [str(binaries() / "initdb"), "-D", str(draft), "-U", SUPERUSER, "-A", "trust"]
        made = subprocess.run(  # noqa: S603
            [*unprivileged(self.user), *command, "-E", "UTF8", "--locale=C.UTF-8"],
            cwd=self.directory,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise ServerProblem(f"the PostgreSQL cluster was not made in {draft}:\n{made.stderr.strip()}")
        (draft / "pg_hba.conf").write_text(HBA)
        draft.rename(self.data)
