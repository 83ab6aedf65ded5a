"""The relay: tells RQ which rows are due. Its database role sees nothing else, and several may run.

A row is told of and its ``next_at`` pushed ahead in one transaction. Should the job get lost (Redis wiped, worker
killed), the row is simply due again then; should the transaction be lost with the server, it is told of twice.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import cast

import redis
import structlog
from sqlalchemy import Row, Table, bindparam, func, or_, select, update
from sqlalchemy.exc import InterfaceError, OperationalError

from tapak.config import Config
from tapak.db.session import Database, lightly
from tapak.db.wake import Wake
from tapak.jobs.logs import configure
from tapak.jobs.poke import LIST
from tapak.jobs.queue import Queues, connect
from tapak.jobs.signals import on_end_signals

BATCH = 100
IDLE = 1.0
SHORTEST = 0.01
LONGEST_PAUSE = 5.0

_WAKE = cast("Table", Wake.__table__)
_PLACE = (_WAKE.c.tenant_id, _WAKE.c.kind, _WAKE.c.row_id)
_DUE = (
    select(*_PLACE)
    .where(_WAKE.c.next_at <= func.now(), or_(_WAKE.c.lease_until.is_(None), _WAKE.c.lease_until < func.now()))
    .order_by(_WAKE.c.next_at)
    .limit(BATCH)
    .with_for_update(skip_locked=True)
    .cte("due")
)
_TAKE_DUE = (
    update(_WAKE)
    .where(*(each == _DUE.c[each.name] for each in _PLACE))
    .values(next_at=func.now() + func.make_interval(0, 0, 0, 0, 0, 0, bindparam("seconds")))
    .returning(*_PLACE)
)

log = structlog.get_logger(__name__)


class Relay:
    """One relay. ``database`` connects as the relay's role; ``lease`` is seconds until a row is told of again."""

    def __init__(self, database: Database, redis_url: str, *, lease: float) -> None:
        self._database = database
        self._redis = connect(redis_url, timeout=IDLE + 2)
        self._queues = Queues(self._redis)
        self._lease = lease
        self._stopping = threading.Event()
        self._pause = SHORTEST

    def stop(self) -> None:
        """Have :meth:`run` return at its next turn, within a second."""
        self._stopping.set()

    def run(self) -> None:
        """Relay until stopped (in a main thread by SIGTERM or SIGINT too); what is gone is waited for."""
        on_end_signals(self.stop)
        while not self._stopping.is_set():
            try:
                if self.turn() < BATCH:
                    self._sleep()
            except (OperationalError, InterfaceError, redis.RedisError) as problem:
                self._wait_out(problem)
            else:
                self._pause = SHORTEST
        self._redis.close()

    def turn(self) -> int:
        """Tell RQ of the rows that are due; gives how many."""
        if self._queues.full:
            return 0
        with self._database.begin() as session:
            lightly(session)
            due = session.execute(_TAKE_DUE, {"seconds": self._lease}).all()
            if due:
                self._tell(due)
        return len(due)

    def _tell(self, due: Sequence[Row[int, str, int]]) -> None:
        with self._redis.pipeline() as pipeline:
            for tenant_id, kind, row_id in due:
                self._queues.put(tenant_id, kind, row_id, pipeline)
            pipeline.execute()

    def _sleep(self) -> None:
        """Until a commit asks for work, the next row is due, or a second has passed."""
        with suppress(redis.TimeoutError):
            self._redis.blpop([LIST], timeout=self._until_due())

    def _until_due(self) -> float:
        with self._database.begin() as session:
            seconds = session.scalar(
                select(func.extract("epoch", func.min(Wake.next_at) - func.clock_timestamp())).where(
                    Wake.next_at > func.now()
                )
            )
        return IDLE if seconds is None else min(IDLE, max(SHORTEST, float(seconds)))

    def _wait_out(self, problem: Exception) -> None:
        log.warning("relay waits", problem=type(problem).__name__, seconds=self._pause)
        self._stopping.wait(self._pause)
        self._pause = min(LONGEST_PAUSE, self._pause * 2)
        self._database.engine.dispose()


def relay(config: Config) -> Relay:
    """The relay of this process's configuration."""
    return Relay(Database(config.relay_url, pool_size=1), config.redis_url, lease=config.lease)


if __name__ == "__main__":
    configure()
    relay(Config.from_environment()).run()
