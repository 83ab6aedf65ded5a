"""Everything pending is a row here, written with the decision that made it pending.

The relay's role sees this table alone: which tenant, what kind, which row, when. A worker takes a lease by one
conditional UPDATE whose fence comes from one sequence, so that fences are comparable across rows and a later lease
always has the higher one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    CursorResult,
    Executable,
    Index,
    Sequence,
    Table,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from tapak.db.base import CURRENT_TENANT, Base

FENCE = Sequence("wake_fence", metadata=Base.metadata)
WOKEN = "woken"
"""In a session's ``info``: the (kind, row) pairs that its transaction asked to be looked at now."""
LATER = "woken_later"
"""In a session's ``info``: whether its transaction set a time that a waiting relay may not know of."""
LONGEST = 300.0


class Wake(Base):
    """A pending row. ``next_at`` is when to look at it; ``attempts`` counts leases since it was last asked for.

    ``asked`` counts the asking, so that what is asked for while a worker is at it is not lost when it ends.
    """

    __tablename__ = "wake"
    __table_args__ = (Index("ix_wake_next_at", "next_at"),)

    tenant_id: Mapped[int] = mapped_column(primary_key=True, server_default=CURRENT_TENANT)
    kind: Mapped[str] = mapped_column(primary_key=True)
    row_id: Mapped[int] = mapped_column(primary_key=True)
    next_at: Mapped[datetime] = mapped_column(server_default=func.now())
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(server_default=text("0"))
    asked: Mapped[int] = mapped_column(server_default=text("1"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    problem: Mapped[str] = mapped_column(server_default="")


def wake(session: Session, kind: str, row_id: int, *, at: datetime | None = None) -> None:
    """Ask for ``row_id`` to be looked at: now (None), or at ``at``. Asking again moves the time."""
    values = {"kind": kind, "row_id": row_id, "next_at": at or func.now()}
    statement = insert(Wake).values(**values)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[Wake.tenant_id, Wake.kind, Wake.row_id],
            set_={
                "next_at": statement.excluded.next_at,
                "asked": Wake.asked + 1,
                "attempts": 0,
                "problem": "",
            },
        )
    )
    if at is None:
        look_now(session, kind, row_id)


def look_now(session: Session, kind: str, row_id: int) -> None:
    """Have a pending row handed on as soon as the transaction is committed."""
    session.info.setdefault(WOKEN, []).append((kind, row_id))


def forget(session: Session, kind: str, row_id: int) -> None:
    """Nothing is pending for ``row_id`` any more."""
    session.execute(delete(Wake).where(Wake.kind == kind, Wake.row_id == row_id))


@dataclass(frozen=True)
class Lease:
    """A worker's right to one pending row. ``asked`` is how often it had been asked for when the lease began."""

    kind: str
    row_id: int
    fence: int
    asked: int
    attempts: int


def take_lease(session: Session, kind: str, row_id: int, seconds: float) -> Lease | None:
    """A new lease on a pending row, or None where another worker holds it or nothing is pending."""
    row = session.execute(_TAKE, {"of_kind": kind, "of_row": row_id, "seconds": seconds}).one_or_none()
    return None if row is None else Lease(kind, row_id, row.fence, row.asked, row.attempts)


def holds(session: Session, lease: Lease) -> bool:
    """Whether the lease is still this worker's; the row stays locked until the transaction ends."""
    return session.execute(_HOLD, place(lease)).one_or_none() is not None


def extend_lease(session: Session, lease: Lease, seconds: float) -> bool:
    """Hold the lease for ``seconds`` from now; False where it had been lost to a higher fence."""
    return _rows(session, EXTEND, {**place(lease), "seconds": seconds})


def backoff(attempts: int) -> float:
    """Seconds until the next attempt: from half a second, doubled each time, to five minutes."""
    return float(min(LONGEST, 0.5 * 2 ** min(attempts - 1, 16)))


def end_lease(session: Session, lease: Lease, *, again_in: float | None = None, problem: str = "") -> bool:
    """Give the lease back: done (None), or to be looked at again in ``again_in`` seconds because of ``problem``.

    What was asked for meanwhile is looked at again when that asked for. Returns False where the lease had been lost to
    a higher fence: the caller then rolls back.
    """
    if again_in is None and _rows(session, END, place(lease)):
        return True
    session.info[LATER] = True
    return _rows(session, PUT_OFF, {**place(lease), "seconds": again_in or 0.0, "told": problem})


def place(lease: Lease) -> dict[str, Any]:
    """Which row the lease is on, as parameters of the statements below."""
    return {"of_kind": lease.kind, "of_row": lease.row_id, "of_fence": lease.fence, "of_asked": lease.asked}


def _rows(session: Session, statement: Executable, values: dict[str, Any]) -> bool:
    return bool(cast("CursorResult[Any]", session.execute(statement, values)).rowcount)


# Built once: every millisecond counts between a commit and a live name.
_WAKE = cast("Table", Wake.__table__)
_AT = (_WAKE.c.kind == bindparam("of_kind"), _WAKE.c.row_id == bindparam("of_row"))
_MINE = (*_AT, _WAKE.c.fence == bindparam("of_fence"))
_ANEW = _WAKE.c.asked != bindparam("of_asked")
_UNTIL = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, bindparam("seconds"))
# Work that kills its worker comes back ever more slowly; whoever lives sets the time anew at the end.
_IF_IT_DIES = func.now() + func.make_interval(
    0, 0, 0, 0, 0, 0, func.least(LONGEST, 0.5 * func.power(2, func.least(_WAKE.c.attempts, 16)))
)
_TAKE = (
    update(_WAKE)
    .where(*_AT, or_(_WAKE.c.lease_until.is_(None), _WAKE.c.lease_until < func.now()))
    .values(
        fence=FENCE.next_value(),
        lease_until=_UNTIL,
        next_at=func.greatest(_UNTIL, _IF_IT_DIES),
        attempts=_WAKE.c.attempts + 1,
    )
    .returning(_WAKE.c.fence, _WAKE.c.asked, _WAKE.c.attempts)
)
_HOLD = select(_WAKE.c.fence).where(*_MINE).with_for_update()
EXTEND = update(_WAKE).where(*_MINE).values(lease_until=_UNTIL, next_at=case((_ANEW, _WAKE.c.next_at), else_=_UNTIL))
END = delete(_WAKE).where(*_MINE, ~_ANEW)
PUT_OFF = (
    update(_WAKE)
    .where(*_MINE)
    .values(lease_until=None, next_at=case((_ANEW, _WAKE.c.next_at), else_=_UNTIL), problem=bindparam("told"))
)
"""What extends or ends a lease, for statements that write only where it is held; parameters as :func:`place` gives."""
