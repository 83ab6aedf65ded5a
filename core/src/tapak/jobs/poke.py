"""Hands what a commit asked for at once to RQ; the rows alone are what counts, and the relay sees to the rest."""

from __future__ import annotations

from contextlib import suppress

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import event
from sqlalchemy.orm import Session

from tapak.db.session import TENANT
from tapak.db.wake import LATER, WOKEN
from tapak.jobs.queue import Queues

LIST = "tapak:woken"
KEPT = 16
TIMEOUT = 0.2


class Poke:
    """A session listener that puts due rows into the queue, and has relays look anew when a later time was set.

    With Redis gone nothing is lost, since the relay looks by itself; a commit then waits at most a time-out. A row that
    the relay tells of too is worked on once: the second job finds no lease.
    """

    def __init__(self, redis_url: str) -> None:
        self._redis = redis.Redis.from_url(
            redis_url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=Retry(NoBackoff(), 0)
        )
        self._queues = Queues(self._redis)

    def install(self) -> None:
        """Listen to every session of this process."""
        event.listen(Session, "after_commit", self._after_commit)
        event.listen(Session, "after_rollback", self._after_rollback)

    def remove(self) -> None:
        """Stop listening and end the connection."""
        event.remove(Session, "after_commit", self._after_commit)
        event.remove(Session, "after_rollback", self._after_rollback)
        self._redis.close()

    def _after_rollback(self, session: Session) -> None:
        session.info.pop(WOKEN, None)
        session.info.pop(LATER, None)

    def _after_commit(self, session: Session) -> None:
        due, later = session.info.pop(WOKEN, ()), session.info.pop(LATER, False)
        if not due and not later:
            return
        with suppress(redis.RedisError, OSError), self._redis.pipeline(transaction=False) as pipeline:
            for kind, row_id in due:
                self._queues.put(session.info[TENANT], kind, row_id, pipeline)
            if later:
                pipeline.lpush(LIST, "1")
                pipeline.ltrim(LIST, 0, KEPT - 1)
            pipeline.execute()
