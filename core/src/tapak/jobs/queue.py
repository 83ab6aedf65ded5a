"""The RQ queues: which row is to be looked at, and nothing else. What they lose, the rows give again.

What takes long has a queue and workers of its own, so that nobody's letter waits for another's application. No worker
ever serves two queues.
"""

from __future__ import annotations

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

QUEUE = "tapak"
SLOW_QUEUE = "tapak-slow"
SLOW = frozenset({"scan"})
"""Kinds of rows that go to the slow queue."""
JOB = "tapak.jobs.run.run"
FULL = 1000
"""Jobs in a queue from which on a relay lets rows wait."""


def connect(redis_url: str, *, timeout: float | None = None) -> redis.Redis:
    """A client that tells of a broken connection at once instead of trying again by itself."""
    return redis.Redis.from_url(
        redis_url, socket_timeout=timeout, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
    )


class Queues:
    """Both queues, for those who put jobs in."""

    def __init__(self, client: redis.Redis) -> None:
        self._quick, self._slow = (
            Queue(name, connection=client, serializer=JSONSerializer) for name in (QUEUE, SLOW_QUEUE)
        )

    @property
    def full(self) -> bool:
        """Whether workers are so far behind that more jobs would not help."""
        return self._quick.count >= FULL or self._slow.count >= FULL

    def put(self, tenant: int, kind: str, row_id: int, pipeline: redis.client.Pipeline) -> None:
        """Add one row's job to ``pipeline``. Results and failures aren't kept: both are in the rows."""
        queue = self._slow if kind in SLOW else self._quick
        args = [tenant, kind, row_id]
        queue.enqueue_call(JOB, args=args, timeout=-1, result_ttl=0, failure_ttl=0, description=kind, pipeline=pipeline)
