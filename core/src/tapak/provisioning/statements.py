"""Statements of the ledger, built once: they lie on the way from a commit to a live name, where each one counts.

:data:`KEEP`, :data:`FINISH` and :data:`PUT_BACK` write changes of resources and lines of the journal in one statement
with the lease, so that nothing is written by a worker that has lost it. ``changes`` and ``lines`` are JSON arrays;
the answer is one row where the lease was held.
"""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Boolean,
    Executable,
    Table,
    Text,
    and_,
    bindparam,
    case,
    column,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from tapak.db.wake import END, EXTEND, PUT_OFF, Wake
from tapak.inventory.models import HeldName, Service
from tapak.provisioning.models import JournalEntry, Resource

_RESOURCE = cast("Table", Resource.__table__)
_JOURNAL = cast("Table", JournalEntry.__table__)
_SERVICE = cast("Table", Service.__table__)
_HELD = cast("Table", HeldName.__table__)


def _rows(parameter: str, **columns: Any) -> Any:
    """The JSON array in ``parameter`` as rows."""
    given = [column(name, kind) for name, kind in columns.items()]
    rows = func.jsonb_to_recordset(bindparam(parameter, type_=JSONB)).table_valued(*given, name=parameter)
    return rows.render_derived(with_types=True)


_CHANGES = _rows(
    "changes",
    id=BigInteger,
    generation=BigInteger,
    state=Text,
    reason=Text,
    reason_code=Text,
    verified=Boolean,
    applied=JSONB(none_as_null=True),
    outputs=JSONB(none_as_null=True),
    sealed_outputs=Text,
    given=JSONB(none_as_null=True),
    probes=JSONB(none_as_null=True),
    drift=JSONB(none_as_null=True),
)
_LINES = _rows(
    "lines",
    resource_id=BigInteger,
    generation=BigInteger,
    fence=BigInteger,
    phase=Text,
    spec=JSONB(none_as_null=True),
    detail=Text,
)


def _changed(held: Any) -> Any:
    """Where a resource was declared anew meanwhile, that stands, and only what was seen is noted."""
    was, now = _RESOURCE.c, _CHANGES.c
    same = was.generation == now.generation
    seen = {
        "applied": case((now.verified, now.applied), else_=was.applied),
        "outputs": func.coalesce(now.outputs, was.outputs),
        "sealed_outputs": case((now.outputs.is_not(None), now.sealed_outputs), else_=was.sealed_outputs),
        "outputs_generation": case((now.outputs.is_not(None), now.generation), else_=was.outputs_generation),
        "given": func.coalesce(now.given, was.given),
        "observed_generation": case((now.verified, now.generation), else_=was.observed_generation),
        "verified_at": case((now.verified, func.clock_timestamp()), else_=was.verified_at),
        "probes": func.coalesce(now.probes, was.probes),
        "drift": case((and_(same, now.verified), null()), (same, func.coalesce(now.drift, was.drift)), else_=was.drift),
        "override": case((and_(same, now.verified), False), else_=was.override),
    }
    told = {name: case((same, now[name]), else_=was[name]) for name in ("state", "reason", "reason_code")}
    return (
        update(_RESOURCE)
        .where(was.id == now.id, exists(select(held.c.fence)))
        .values(**seen, **told, changed_at=func.now())
        .returning(was.id)
    )


def _told(held: Any) -> Any:
    names = [each.name for each in _LINES.c]
    lines = select(*_LINES.c).where(exists(select(held.c.fence)))
    return insert(_JOURNAL).from_select(names, lines).returning(_JOURNAL.c.id)


def _with(lease: Any) -> Executable:
    held = lease.returning(Wake.__table__.c.fence).cte("held")
    return select(held.c.fence).add_cte(_changed(held).cte("changed"), _told(held).cte("told"))


KEEP = _with(EXTEND)
"""Write and hold the lease for ``seconds`` from now."""
FINISH = _with(END)
"""Write and give the lease back; no row where the work was asked for anew."""
PUT_BACK = _with(PUT_OFF)
"""Write and give the lease back, to be looked at again in ``seconds`` (or as asked for anew)."""


def _become(state: str, *where: Any, **more: Any) -> Any:
    return (
        update(_SERVICE)
        .where(_SERVICE.c.id == bindparam("of_service"), _SERVICE.c.state != state, *where)
        .values(state=state, **more)
        .returning(_SERVICE.c.request_id)
    )


def _no_others(*states: str) -> Any:
    mine = (_RESOURCE.c.service_id == bindparam("of_service"), _RESOURCE.c.state.not_in(states))
    return ~select(_RESOURCE.c.id).where(*mine).exists()


def _live() -> Executable:
    stays = _SERVICE.c.suspended_at.is_(None)
    live = _become("live", stays, _no_others("live", "gone"), live_at=func.now()).cte("live")
    reserved = and_(_HELD.c.service_id == bindparam("of_service"), _HELD.c.state == "reserved")
    became = exists(select(literal(1)).select_from(live))
    names = update(_HELD).where(reserved, became).values(state="live").returning(_HELD.c.id)
    return select(live.c.request_id).add_cte(names.cte("names"))


LIVE = _live()
"""The service is live, and the names that were reserved for it; a row with its request where it was not before."""
ENDED = _become("ended", _SERVICE.c.suspended_at.is_(None), _no_others("gone"))
SUSPENDED = _become("suspended", _SERVICE.c.suspended_at.is_not(None), _no_others("live", "gone"))
FAILED = _become("failed")
