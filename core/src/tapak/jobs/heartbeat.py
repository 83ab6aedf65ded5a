"""Holds a lease for as long as work goes on that takes longer than one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import SQLAlchemyError

from tapak.db.session import Database
from tapak.db.wake import Lease, extend_lease

log = structlog.get_logger(__name__)


@contextmanager
def held(
    database: Database, tenant_id: int, lease: Lease, seconds: float, alive: Callable[[], None], longest: float
) -> Iterator[None]:
    """Extend ``lease`` from a thread of its own, three times in its ``seconds``, for ``longest`` at most.

    ``alive`` is called each time. Where the lease was lost the work goes on: what it writes in the end is refused.
    """
    ended = threading.Event()

    def beat() -> None:
        for _ in range(int(longest * 3 / seconds)):
            if ended.wait(seconds / 3):
                return
            try:
                with database.begin(tenant_id) as session:
                    if not extend_lease(session, lease, seconds):
                        return
            except SQLAlchemyError as problem:
                log.warning("lease not extended", kind=lease.kind, row=lease.row_id, problem=type(problem).__name__)
                continue
            alive()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
