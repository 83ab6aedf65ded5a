"""Holds leases for as long as work goes on that takes longer than one: one thread of a process sees to all of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog
from sqlalchemy.exc import SQLAlchemyError

from tapak.db.session import Database
from tapak.db.wake import Lease, extend_lease

log = structlog.get_logger(__name__)

OFTEN = 3
"""How often a lease is extended in its time, once it is looked at late enough."""


@contextmanager
def held(
    database: Database, tenant_id: int, lease: Lease, seconds: float, alive: Callable[[], None], longest: float
) -> Iterator[None]:
    """Extend ``lease`` from another thread, three times in its ``seconds``, for ``longest`` at most.

    ``alive`` is called each time. Where the lease was lost the work goes on: what it writes in the end is refused.
    """
    beat = _Beat(database, tenant_id, lease, seconds, alive, time.monotonic() + longest)
    _HEART.add(beat)
    try:
        yield
    finally:
        _HEART.remove(beat)


@dataclass(eq=False)
class _Beat:
    database: Database
    tenant_id: int
    lease: Lease
    seconds: float
    alive: Callable[[], None]
    until: float
    held_at: float = field(default_factory=time.monotonic)
    ended: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def look(self) -> None:
        """Extend the lease where a third of its time is over before the next look."""
        with self.lock:
            now = time.monotonic()
            if self.ended or now < self.held_at + self.seconds / OFTEN / 2:
                return
            try:
                with self.database.begin(self.tenant_id) as session:
                    self.ended = now >= self.until or not extend_lease(session, self.lease, self.seconds)
            except SQLAlchemyError as problem:
                lease = self.lease
                log.warning("lease not extended", kind=lease.kind, row=lease.row_id, problem=type(problem).__name__)
                return
            self.held_at = now
            if not self.ended:
                self.alive()


class _Heart:
    """A thread that was started for each lease would cost more than most of what is done under one.

    It looks by itself twice in a third of the shortest lease's time, so that nobody waits for it to hear of another.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._beats: list[_Beat] = []
        self._shortest = float("inf")
        self._thread: threading.Thread | None = None

    def add(self, beat: _Beat) -> None:
        """From now on it is seen to."""
        with self._changed:
            self._beats.append(beat)
            if beat.seconds < self._shortest:
                self._shortest = beat.seconds
                self._changed.notify()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()

    def remove(self, beat: _Beat) -> None:
        """It is done; a look at it that goes on is waited for."""
        with self._changed:
            self._beats.remove(beat)
        with beat.lock:
            beat.ended = True

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait(self._shortest / OFTEN / 2)
                beats = tuple(self._beats)
            for beat in beats:
                beat.look()


_HEART = _Heart()
