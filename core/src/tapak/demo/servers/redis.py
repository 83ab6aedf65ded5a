"""A Redis of our own: on loopback, behind a password, with an append-only file."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tapak.demo.servers.process import Daemon, account, hand_over, write_private


@dataclass(frozen=True)
class RedisServer:
    """One Redis in ``directory`` (which every user can walk to), on ``port`` of 127.0.0.1."""

    directory: Path
    port: int

    @property
    def user(self) -> str:
        """Who it runs as when we are root."""
        return account("redis")

    @property
    def data(self) -> Path:
        """The append-only files."""
        return self.directory / "data"

    @property
    def daemon(self) -> Daemon:
        """The server's process."""
        return Daemon("redis", self.directory, ["redis-server", str(self.directory / "redis.conf")], user=self.user)

    @property
    def url(self) -> str:
        """Where clients connect; it holds the password."""
        return f"redis://:{self._password()}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it unless it runs.

        Raises:
            ServerProblem: it doesn't start; tells why.
        """
        if self.daemon.running() and self.answers():
            return
        hand_over(self.data, self.user)
        self._configure()
        self.daemon.start(self.answers)

    def stop(self, timeout: float = 10) -> None:
        """End it; what was written stays."""
        self.daemon.stop(timeout)

    def running(self) -> bool:
        """Whether its process lives."""
        return self.daemon.running()

    def answers(self) -> bool:
        """Whether it takes commands (not while it loads its file)."""
        once = Retry(NoBackoff(), 0)
        with contextlib.closing(redis.Redis.from_url(self.url, socket_timeout=2, retry=once)) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    def _password(self) -> str:
        """The password, made at the first time. Whoever can queue a job has our workers run it, so there is one."""
        place = self.directory / "password"
        if not place.exists():
            write_private(place, secrets.token_urlsafe(24))
        return place.read_text()

    def _configure(self) -> None:
        settings = {
            "port": self.port,
            "bind": "127.0.0.1",
            "dir": self.data,
            "appendonly": "yes",
            "save": '""',
            "requirepass": self._password(),
        }
        lines = (f"{name} {value}\n" for name, value in settings.items())
        write_private(self.directory / "redis.conf", "".join(lines), self.user)
