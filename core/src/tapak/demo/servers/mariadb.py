"""A MariaDB of our own: durable, on loopback and a socket, with an administrator that has no more than it needs."""

from __future__ import annotations

import secrets
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tapak.demo.servers.process import Daemon, ServerProblem, account, hand_over, tail, write_private

PREFIX = "tapak_"
ADMINISTRATOR = "tapak_admin"
ROOT = "root"
SETTINGS: Mapping[str, str] = {
    "bind-address": "127.0.0.1",
    "character-set-server": "utf8mb4",
    "innodb-buffer-pool-size": "64M",
    "innodb-flush-log-at-trx-commit": "1",
    "max-connections": "100",
    "skip-name-resolve": "1",
    "local-infile": "0",
    # Clients that were killed must not hold a table for hours.
    "wait-timeout": "600",
}
# One statement a line: the server reads it as it makes its files.
ONE_ROOT = """delete from mysql.global_priv where user = 'root' and host <> 'localhost';
flush privileges;
alter user root@localhost identified by '{password}';
"""
RIGHTS = (
    "grant create user, connection admin on *.* to {admin}",
    "grant select on mysql.* to {admin}",
    "grant all privileges on `{pattern}`.* to {admin} with grant option",
)


@dataclass(frozen=True)
class MariadbServer:
    """One MariaDB in ``directory`` (which every user can walk to), on ``port`` of 127.0.0.1 and a socket."""

    directory: Path
    port: int

    @property
    def user(self) -> str:
        """Who it runs as when we are root."""
        return account("mysql")

    @property
    def data(self) -> Path:
        """The server's files."""
        return self.directory / "data"

    @property
    def log(self) -> Path:
        """What the server tells; with ``general_log`` every statement that it was given."""
        return self.daemon.log

    @property
    def daemon(self) -> Daemon:
        """The server's process."""
        argv = ["mariadbd", f"--defaults-file={self._configuration}"]
        return Daemon("mariadb", self.directory, argv, user=self.user)

    @property
    def password(self) -> str:
        """The administrator's; made at the first time."""
        return self._secret("password")

    @property
    def root_password(self) -> str:
        """The superuser's, for whoever tests; the product never sees it."""
        return self._secret("root_password")

    @property
    def _configuration(self) -> Path:
        return self.directory / "my.cnf"

    def start(self) -> None:
        """Make its files at the first time, start it unless it runs, and make the administrator.

        Raises:
            ServerProblem: it can't be made or doesn't start; tells why.
        """
        if self.daemon.running() and self.answers():
            return
        for its in ("run", "tmp"):
            hand_over(self.directory / its, self.user)
        self._configure()
        if not self.data.exists():
            self._initialise()
        self.daemon.start(self.answers)
        self._make_administrator()

    def stop(self, timeout: float = 30) -> None:
        """End it; what was committed stays."""
        self.daemon.stop(timeout)

    def running(self) -> bool:
        """Whether its process lives."""
        return self.daemon.running()

    def answers(self) -> bool:
        """Whether it takes connections."""
        return self._client("select 1").returncode == 0

    def execute(self, statements: str) -> str:
        """Run SQL as the superuser; gives rows as the client prints them, tabs between columns.

        Raises:
            ServerProblem: the server refused; tells why.
        """
        done = self._client(statements)
        if done.returncode:
            raise ServerProblem(f"MariaDB refused: {done.stderr.strip()}")
        return done.stdout

    def _client(self, statements: str) -> subprocess.CompletedProcess[str]:
        command = ["mariadb", f"--defaults-file={self._configuration}", "--batch", "--skip-column-names"]
        return subprocess.run(command, input=statements, capture_output=True, text=True, check=False)  # noqa: S603

    def _initialise(self) -> None:
        draft = self.directory / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        hand_over(draft, self.user)
        first = self.directory / "first.sql"
        write_private(first, ONE_ROOT.format(password=self.root_password), self.user)
        command = [
            "mariadb-install-db",
            f"--defaults-file={self._configuration}",
            f"--datadir={draft}",
            f"--user={self.user}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            f"--extra-file={first}",
        ]
        made = subprocess.run(command, cwd=self.directory, capture_output=True, text=True, check=False)  # noqa: S603
        if made.returncode:
            raise ServerProblem(f"MariaDB's files were not made:\n{made.stdout[-500:]}{made.stderr}{tail(self.log)}")
        first.unlink()
        draft.rename(self.data)

    def _make_administrator(self) -> None:
        admin = f"'{ADMINISTRATOR}'@'127.0.0.1'"
        pattern = PREFIX.replace("_", "\\_") + "%"
        make = f"create user if not exists {admin}; alter user {admin} identified by '{self.password}';"
        self.execute(make + ";".join(right.format(admin=admin, pattern=pattern) for right in RIGHTS))

    def _configure(self) -> None:
        server = {
            **SETTINGS,
            "port": str(self.port),
            "datadir": str(self.data),
            "socket": str(self._socket),
            "pid-file": str(self.directory / "run" / "mariadbd.pid"),
            # A server that starts clears temporary files away, also those of another one that shares its folder.
            "tmpdir": str(self.directory / "tmp"),
        }
        client = {"socket": str(self._socket), "user": ROOT, "password": self.root_password}
        sections = {"mariadbd": server, "client": client}
        lines = [
            line
            for section, values in sections.items()
            for line in (f"[{section}]", *(f"{name}={value}" for name, value in values.items()))
        ]
        write_private(self._configuration, "\n".join(lines) + "\n", self.user)

    @property
    def _socket(self) -> Path:
        return self.directory / "run" / "m.sock"

    def _secret(self, name: str) -> str:
        place = self.directory / name
        if not place.exists():
            write_private(place, secrets.token_urlsafe(24))
        return place.read_text()
