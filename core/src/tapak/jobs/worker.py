"""A worker process: RQ's SimpleWorker on one of our queues (``python -m tapak.jobs.worker QUEUE``)."""

from __future__ import annotations

import logging
import sys

import structlog
from rq import Queue, SimpleWorker
from rq.exceptions import DeserializationError
from rq.job import Job
from rq.serializers import JSONSerializer

from tapak.config import Config
from tapak.jobs.handlers import HANDLERS
from tapak.jobs.logs import configure
from tapak.jobs.poke import Poke
from tapak.jobs.queue import JOB, QUEUE, SLOW_QUEUE, connect
from tapak.jobs.run import equip
from tapak.jobs.tools import Tools

EVENTS = ("success", "failure", "stopped")
log = structlog.get_logger(__name__)


class Worker(SimpleWorker):
    """Works in its own process, without a fork per job; takes no commands over Redis.

    RQ's own time limit isn't used: it raises inside whatever runs, where ``except Exception`` swallows it.
    """

    max_connection_wait_time = 2.0
    log_result_lifespan = False

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run our one function and nothing else: whoever can reach Redis could name any other."""
        if not _ours(job):
            log.error("job refused: not ours", job=job.id)
            job.delete()
            return
        super().execute_job(job, queue)

    def subscribe(self) -> None:
        """Commands over Redis are not taken."""

    def unsubscribe(self) -> None:
        """Nothing was subscribed."""


def _ours(job: Job) -> bool:
    """Whether the job is a call of our function on one row, without callbacks."""
    try:
        function, args = job.func_name, job.args
        more = (job.instance, job.kwargs, *(getattr(job, f"_{event}_callback_name") for event in EVENTS))
    except DeserializationError:
        return False
    if function != JOB or any(more) or len(args) != 3:
        return False
    tenant, kind, row_id = args
    return isinstance(tenant, int) and kind in HANDLERS and isinstance(row_id, int)


def work(tools: Tools, queue: str) -> None:
    """Work on ``queue`` until SIGTERM or SIGINT, finishing the job at hand.

    It ends too when Redis breaks off within a job.
    """
    equip(tools)
    poke = Poke(tools.config.redis_url)
    poke.install()
    try:
        worker = Worker(
            [queue],
            connection=connect(tools.config.redis_url),
            serializer=JSONSerializer,
            log_job_description=False,
        )
        worker.work(logging_level="WARNING")
    finally:
        poke.remove()
        tools.close()


def main() -> None:
    """The process's entry; the queue's name is the first argument."""
    (queue,) = sys.argv[1:] or [QUEUE]
    if queue not in (QUEUE, SLOW_QUEUE):
        raise SystemExit(f"no queue {queue!r}")
    configure()
    logging.getLogger("rq.worker").setLevel(logging.WARNING)
    work(Tools.from_config(Config.from_environment()), queue)


if __name__ == "__main__":
    main()
