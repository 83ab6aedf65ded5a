"""Asking a zone's server anew before one of its names is called free.

Pages and REST hold no keys to servers: a worker looks, as it does every few minutes, and its answer is waited for.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, select

from tapak.db.wake import Wake, wake
from tapak.provisioning.connections import DRIFT
from tapak.provisioning.models import Connection, ZoneState
from tapak.requests.desk import Desk

FRESH = 5.0
"""Seconds for which a look counts as the present."""
PATIENCE = 1.0
"""Seconds that a look is waited for."""
UNTAKEN = 2.0
"""Seconds after which work that is due and that nobody takes means that no worker runs."""
PAUSE = 0.03


@dataclass(frozen=True)
class ZoneCheck:
    """When the zone was last compared with its server (None: never), and whether that was just now."""

    at: datetime | None
    current: bool


def check_zone(desk: Desk, zone: str) -> ZoneCheck:
    """Have a worker look at ``zone``, if none has just done so; where that takes too long the last look stands.

    Commits, so that a worker sees what it is asked.
    """
    session = desk.session
    known = session.execute(_standing(zone)).one_or_none()
    if known is None:
        return ZoneCheck(None, False)
    if known.fresh or not known.idle:
        return ZoneCheck(known.checked_at, bool(known.fresh))
    asked = session.scalar(select(func.clock_timestamp()))
    wake(session, DRIFT, known.id)
    session.commit()
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        time.sleep(PAUSE)
        session.rollback()
        known = session.execute(_standing(zone)).one()
        if known.checked_at is not None and known.checked_at > asked:
            return ZoneCheck(known.checked_at, True)
    return ZoneCheck(known.checked_at, False)


def _standing(zone: str) -> Select[Any]:
    """The zone's connection, its last look, and whether a worker may be asked: not where one is at it or failed."""
    state = and_(ZoneState.connection_id == Connection.id, ZoneState.zone == zone)
    pending = and_(Wake.kind == DRIFT, Wake.row_id == Connection.id)
    idle = and_(Wake.lease_until.is_(None), Wake.problem == "", Wake.next_at > _ago(UNTAKEN))
    return (
        select(
            Connection.id,
            ZoneState.checked_at,
            (ZoneState.checked_at > _ago(FRESH)).label("fresh"),
            idle.label("idle"),
        )
        .outerjoin(ZoneState, state)
        .outerjoin(Wake, pending)
        .where(Connection.zones.contains([zone]))
        .order_by(Connection.id)
        .limit(1)
    )


def _ago(seconds: float) -> Any:
    return func.now() - func.make_interval(0, 0, 0, 0, 0, 0, seconds)
