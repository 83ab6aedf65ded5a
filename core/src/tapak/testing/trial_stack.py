"""The demo's stack as tests run it: short leases, nothing durable, a web process that ends at once, another moment."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from tapak.demo.servers.postgresql import PostgresqlServer
from tapak.demo.servers.process import Daemon
from tapak.demo.stack import Stack

TRIAL = Path(__file__).parent / "trial"
"""What every process of a deployment runs as it starts (sitecustomize), and gunicorn's settings."""
LEASE = "12"
"""Seconds; an act has a third of them, and the first look at a repository of backups takes three."""


@dataclass(frozen=True)
class TrialStack(Stack):
    """The demo's stack with short leases, so that what a killed worker held is soon taken over.

    A name server's answer is waited for no longer than a small part of them, as in any deployment.
    """

    @cached_property
    def postgresql(self) -> PostgresqlServer:
        """The one database."""
        return replace(super().postgresql, durable=False)

    @property
    def plugins(self) -> Path:
        """A folder on the path of every process: a plugin that is put there is found by those that start then."""
        return self.home / "plugins"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **super().environment,
            "TAPAK_LEASE": LEASE,
            "PYTHONPATH": f"{TRIAL}:{self.plugins}",
            "GUNICORN_CMD_ARGS": f"--config={TRIAL / 'gunicorn_settings.py'}",
            "TAPAK_CLOCK": str(self._clock),
        }

    def processes(self) -> Iterator[Daemon]:
        web, *others = super().processes()
        # At once: in order it would wait for clients that keep a connection open, as those of tests do.
        yield replace(web, stop_signal=signal.SIGKILL)
        yield from others

    def stop(self) -> None:
        """End everything, workers within their jobs too: nothing is looked at any more."""
        for process in self.processes():
            replace(process, stop_signal=signal.SIGKILL).stop()
        super().stop()

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Pages and REST at ``moment`` (aware) and on from there; workers and servers live in the real one."""
        draft = self._clock.with_suffix(".new")
        draft.write_text(f"{(moment - datetime.now(UTC)).total_seconds()}")
        draft.replace(self._clock)
        try:
            yield
        finally:
            self._clock.unlink()

    def restart(self) -> None:
        """End web, relay and workers, and start them anew: what was installed meanwhile is found."""
        for process in self.processes():
            process.stop()
        self.start_processes()

    @property
    def _clock(self) -> Path:
        """How many seconds pages and REST live ahead; nothing where they live in the present."""
        return self.home / "clock"
