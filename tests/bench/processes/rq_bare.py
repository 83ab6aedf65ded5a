"""The measure for a wake-up: RQ's SimpleWorker on a queue of its own, with a job that does nothing."""

from __future__ import annotations

import logging
import sys

import redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer

QUEUE = "bare"


def nothing() -> int:
    """The job."""
    return 1


if __name__ == "__main__":
    logging.getLogger("rq.worker").setLevel(logging.WARNING)
    worker = SimpleWorker([QUEUE], connection=redis.Redis.from_url(sys.argv[1]), serializer=JSONSerializer)
    worker.work(logging_level="WARNING")
