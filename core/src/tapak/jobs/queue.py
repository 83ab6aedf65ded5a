"""The one RQ queue: which row is to be looked at, and nothing else. What it loses, the rows give again."""

from __future__ import annotations

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

QUEUE = "tapak"
JOB = "tapak.jobs.run.run"
FULL = 1000
"""Jobs in the queue from which on a relay lets rows wait: workers are behind, and more jobs would not help."""


def connect(redis_url: str, *, timeout: float | None = None) -> redis.Redis:
    """A client that tells of a broken connection at once instead of trying again by itself."""
    return redis.Redis.from_url(
        redis_url, socket_timeout=timeout, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
    )


def open_queue(client: redis.Redis) -> Queue:
    """The queue, for those who put jobs in."""
    return Queue(QUEUE, connection=client, serializer=JSONSerializer)


def put(queue: Queue, tenant: int, kind: str, row_id: int, pipeline: redis.client.Pipeline) -> None:
    """Add one row's job to ``pipeline``. Results and failures aren't kept: both are in the rows."""
    queue.enqueue_call(
        JOB, args=[tenant, kind, row_id], timeout=-1, result_ttl=0, failure_ttl=0, description=kind, pipeline=pipeline
    )
