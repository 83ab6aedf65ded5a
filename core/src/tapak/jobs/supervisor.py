"""Keeps worker processes running: one that dies is started again, ever more slowly where it dies at once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from tapak.jobs.queue import QUEUE, SLOW_QUEUE
from tapak.jobs.signals import on_end_signals

WORKER = (sys.executable, "-m", "tapak.jobs.worker", QUEUE)
SLOW_WORKER = (sys.executable, "-m", "tapak.jobs.worker", SLOW_QUEUE)
KEYS = "TAPAK_IDENTITIES"
"""What workers of the slow queue, which handle hostile files, never get."""
STEADY = 10.0
"""A process that ran this long (seconds) is started again at once."""
LONGEST_PAUSE = 30.0
GRACE = 60.0
"""Seconds that a process has to finish its job when it is told to end."""

log = structlog.get_logger(__name__)


@dataclass
class _Slot:
    command: Sequence[str]
    env: Mapping[str, str] | None
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    not_before: float = 0.0
    quick_deaths: int = field(default=0)


class Supervisor:
    """``count`` processes of ``command`` and ``slow`` of the slow queue, with this process's environment or ``env``."""

    def __init__(
        self,
        count: int,
        *,
        slow: int = 0,
        command: Sequence[str] = WORKER,
        env: Mapping[str, str] | None = None,
        grace: float = GRACE,
    ) -> None:
        known = os.environ if env is None else env
        keyless = {name: value for name, value in known.items() if name != KEYS}
        self._slots = [
            *(_Slot(command, env) for _ in range(count)),
            *(_Slot(SLOW_WORKER, keyless) for _ in range(slow)),
        ]
        self._grace = grace
        self._stopping = threading.Event()

    @property
    def pids(self) -> tuple[int, ...]:
        """The ids of the processes that run now."""
        found = (slot.process for slot in self._slots)
        return tuple(process.pid for process in found if process is not None and process.poll() is None)

    def run(self) -> None:
        """Keep the processes running until :meth:`stop` or, in a main thread, SIGTERM or SIGINT; then end them."""
        on_end_signals(self.stop)
        while not self._stopping.is_set():
            for slot in self._slots:
                self._keep(slot)
            self._stopping.wait(0.05)
        self._end()

    def stop(self) -> None:
        """Have :meth:`run` end."""
        self._stopping.set()

    def _keep(self, slot: _Slot) -> None:
        now = time.monotonic()
        if slot.process is not None:
            if slot.process.poll() is None:
                return
            self._bury(slot, now)
        if now >= slot.not_before:
            slot.process = subprocess.Popen(slot.command, env=slot.env)  # noqa: S603 - our own words
            slot.started = now

    def _bury(self, slot: _Slot, now: float) -> None:
        quick = now - slot.started < STEADY
        slot.quick_deaths = slot.quick_deaths + 1 if quick else 0
        pause = min(LONGEST_PAUSE, 0.1 * 2 ** min(slot.quick_deaths, 10)) if quick else 0.0
        slot.not_before = now + pause
        status = slot.process.returncode if slot.process else None
        log.warning("worker ended", status=status, again_in=pause)
        slot.process = None

    def _end(self) -> None:
        running = [slot.process for slot in self._slots if slot.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + self._grace
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("worker killed: it did not end in time", pid=process.pid)
                process.kill()
                process.wait()
