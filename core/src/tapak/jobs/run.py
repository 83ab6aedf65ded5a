"""The one function that RQ calls: take the row's lease, hand it to its handler, and never lose a failure."""

from __future__ import annotations

import signal

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tapak.db.crashpoint import JOB_LEASED, crashpoint
from tapak.db.wake import Lease, backoff, end_lease, take_lease
from tapak.jobs.alarm import HANGING, set_alarm
from tapak.jobs.handlers import HANDLERS
from tapak.jobs.tools import Tools
from tapak.provisioning.reconciler import LeaseLost
from tapak.sdk.errors import ProviderError, TapakError

log = structlog.get_logger(__name__)
_tools: list[Tools] = []


def equip(tools: Tools) -> None:
    """Give this process what its jobs work with."""
    _tools[:] = [tools]


def run(tenant: int, kind: str, row_id: int) -> None:
    """Do one pending row. Without a free lease (done already, or another worker is at it) nothing happens."""
    (tools,) = _tools
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    set_alarm(tools.config.lease * HANGING)
    try:
        with tools.database.session(tenant) as session:
            _run(tools, session, kind, row_id)
    except OperationalError as problem:
        # The database is gone, or ended our connections: the row is due again when the lease has passed.
        log.warning("job dropped", kind=kind, row=row_id, problem=type(problem).__name__)
        tools.database.engine.dispose()
    finally:
        set_alarm(0)


def _run(tools: Tools, session: Session, kind: str, row_id: int) -> None:
    lease = take_lease(session, kind, row_id, tools.config.lease)
    if lease is None:
        session.rollback()
        return
    crashpoint(JOB_LEASED)
    try:
        HANDLERS[kind](tools, session, lease)
    except LeaseLost:
        session.rollback()
        log.warning("lease lost", kind=kind, row=row_id, fence=lease.fence)
    except ProviderError as problem:
        # A server behind a connection, not our code: one line says all, and the row is due again.
        session.rollback()
        log.warning(
            "job put off",
            kind=kind,
            row=row_id,
            attempts=lease.attempts,
            again_in=backoff(lease.attempts),
            code=problem.code,
            problem=problem.log,
        )
        _put_off(tools, session, lease, problem)
    except Exception as problem:
        session.rollback()
        log.exception("job failed", kind=kind, row=row_id, attempts=lease.attempts)
        _put_off(tools, session, lease, problem)


def _put_off(tools: Tools, session: Session, lease: Lease, problem: Exception) -> None:
    """The row tells what went wrong, whoever raised it; only our own errors are known to hold no secret."""
    told = f"{problem.code}: {problem.log}" if isinstance(problem, TapakError) else type(problem).__name__
    if not end_lease(session, lease, again_in=backoff(lease.attempts), problem=told):
        # Rolled back with what failed, or lost: then another worker's lease stands, and there is none to be had.
        taken = take_lease(session, lease.kind, lease.row_id, tools.config.lease)
        if taken is not None:
            end_lease(session, taken, again_in=backoff(taken.attempts), problem=told)
    session.commit()
