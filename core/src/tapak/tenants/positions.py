"""Who holds which position on a day, and as what.

While a Plh. (acting_daily) is appointed the Plh. acts instead of the definitive holder; a Plt. (acting_vacant) acts
where there is no definitive one. Of several of a kind the one appointed last acts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import Date, Table, and_, bindparam, column, func, or_, select, table
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from tapak.tenants.models import Position, PositionHolder

PREFIXES: Mapping[str, str] = {"definitive": "", "acting_vacant": "Plt. ", "acting_daily": "Plh. "}
PRECEDENCE = ("acting_daily", "definitive", "acting_vacant")

# Accounts lie above this room: their names are read from the table, as the foreign key names it.
ACCOUNT = table("account", column("tenant_id"), column("id"), column("name"), column("nip"), column("active"))


@dataclass(frozen=True)
class Holder:
    """The account that acts for a position on a day. ``kind`` as in PositionHolder; ``title`` without a prefix."""

    position_id: int
    key: str
    title: str
    account_id: int
    name: str
    nip: str
    kind: str
    decree_number: str

    @property
    def label(self) -> str:
        """The title as the holder signs it: ``Plh. Kepala Dinas``."""
        return PREFIXES[self.kind] + self.title


@dataclass(frozen=True)
class Seat:
    """A position with whoever acts for it on a day; ``holder`` is None where it is vacant."""

    position_id: int
    key: str
    title: str
    superior_id: int | None
    substitute_id: int | None
    holder: Holder | None


# Tables, not classes: a statement of mapped classes would ask for every room's classes when this is loaded.
_HOLDERS = cast("Table", PositionHolder.__table__)
_POSITIONS = cast("Table", Position.__table__)
_HOLDING = (
    select(
        _HOLDERS.c.position_id,
        ACCOUNT.c.id,
        ACCOUNT.c.name,
        ACCOUNT.c.nip,
        _HOLDERS.c.kind,
        _HOLDERS.c.decree_number,
        _HOLDERS.c.valid_from,
        _HOLDERS.c.id.label("holder_id"),
    )
    .select_from(_HOLDERS)
    .join(ACCOUNT, and_(ACCOUNT.c.tenant_id == _HOLDERS.c.tenant_id, ACCOUNT.c.id == _HOLDERS.c.account_id))
    .where(
        _HOLDERS.c.valid_from <= bindparam("on", type_=Date),
        or_(_HOLDERS.c.valid_until.is_(None), _HOLDERS.c.valid_until >= bindparam("on", type_=Date)),
        ACCOUNT.c.active,
    )
    .subquery()
)
_ROW = func.jsonb_build_array(
    _POSITIONS.c.id,
    _POSITIONS.c.key,
    _POSITIONS.c.title,
    _POSITIONS.c.superior_id,
    _POSITIONS.c.substitute_id,
    _HOLDING.c.id,
    _HOLDING.c.name,
    _HOLDING.c.nip,
    _HOLDING.c.kind,
    _HOLDING.c.decree_number,
)
_ORDER = (_POSITIONS.c.ordering, _POSITIONS.c.id, _HOLDING.c.valid_from.desc(), _HOLDING.c.holder_id.desc())
SEATS = (
    select(func.jsonb_agg(aggregate_order_by(_ROW, *_ORDER)))
    .select_from(_POSITIONS)
    .outerjoin(_HOLDING, _HOLDING.c.position_id == _POSITIONS.c.id)
)
"""All seats on the day ``on`` as one JSON value, so that another query may ask for them on the way."""


def seats(session: Session, on: date) -> tuple[Seat, ...]:
    """Every position with who acts for it on the local day ``on``, in the tenant's order, in one query."""
    return read_seats(session.scalar(SEATS, {"on": on}))


def read_seats(rows: Sequence[Sequence[Any]] | None) -> tuple[Seat, ...]:
    """The seats that :data:`SEATS` gave."""
    found: dict[int, list[Sequence[Any]]] = {}
    for row in rows or ():
        found.setdefault(row[0], []).append(row)
    return tuple(_seat(each) for each in found.values())


def _seat(rows: Sequence[Sequence[Any]]) -> Seat:
    position_id, key, title, superior_id, substitute_id = rows[0][:5]
    holding = [Holder(position_id, key, title, *row[5:]) for row in rows if row[5] is not None]
    acting = min(holding, key=lambda holder: PRECEDENCE.index(holder.kind), default=None)
    return Seat(position_id, key, title, superior_id, substitute_id, acting)


def holders(session: Session, on: date) -> Mapping[str, Holder]:
    """Who acts for each position on the local day ``on``, by the position's key; a vacant one is missing."""
    return {seat.key: seat.holder for seat in seats(session, on) if seat.holder is not None}


def held_by(account_id: int, known: Iterable[Seat]) -> tuple[Holder, ...]:
    """The positions among ``known`` that the account acts for, in the same order."""
    return tuple(seat.holder for seat in known if seat.holder is not None and seat.holder.account_id == account_id)


def substitute(session: Session, position_id: int, on: date, barred: Callable[[Holder], bool]) -> Holder | None:
    """Who acts instead where the holder of ``position_id`` is ``barred``; None where nobody is named.

    The position's substitute, else that one's substitute and so on, until one has a holder who isn't barred.
    """
    by_id = {seat.position_id: seat for seat in seats(session, on)}
    for instead in _chain(by_id, position_id):
        holder = by_id[instead].holder
        if holder is not None and not barred(holder):
            return holder
    return None


def _chain(by_id: Mapping[int, Seat], position_id: int) -> Iterator[int]:
    seen = {position_id}
    at = by_id[position_id].substitute_id if position_id in by_id else None
    while at is not None and at not in seen:
        yield at
        seen.add(at)
        at = by_id[at].substitute_id
