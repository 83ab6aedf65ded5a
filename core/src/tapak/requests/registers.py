"""Registers ("pencatatan dan pendataan") as an agency sees them: those of the procedures that it runs, and core's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import ValidationError
from sqlalchemy import ColumnElement, func, select

from tapak.accounts.policy import BookSubject, may, require
from tapak.audit.service import record
from tapak.plugins import CORE
from tapak.requests.desk import Desk
from tapak.requests.effects import add_row
from tapak.requests.models import RegisterRow, Request
from tapak.requests.reading import PAGE, escaped
from tapak.sdk.errors import Invalid, NotFound, flat_messages
from tapak.sdk.maintenance import MaintenanceRow
from tapak.sdk.registers import Register


@dataclass(frozen=True)
class Asked:
    """Which rows of a register: all ``words`` occur, written from ``since`` to ``until`` (the tenant's days)."""

    words: str = ""
    since: date | None = None
    until: date | None = None


EVERYTHING = Asked()
GENERAL_MAINTENANCE = "tapak.maintenance"


def registers(desk: Desk) -> Mapping[str, Register]:
    """The tenant's registers by key: core's, then those of each plugin whose procedures it runs.

    Raises:
        Forbidden: the person may not read them.
    """
    require(desk.somebody, "register.read", None)
    return of_tenant(desk)


def of_tenant(desk: Desk) -> Mapping[str, Register]:
    """The tenant's registers by key, whoever asks; core's of maintenance only where the plugins bring none."""
    plugins = [key.partition(".")[0] for key in desk.tenant.settings.get("procedures", [])]
    prefixes = list(dict.fromkeys([CORE, *plugins]))
    known = desk.registry.registers
    found = {key: known[key] for prefix in prefixes for key in known if key.partition(".")[0] == prefix}
    if len(of_maintenance(found)) > 1:
        found.pop(GENERAL_MAINTENANCE, None)
    return found


def of_maintenance(known: Mapping[str, Register]) -> Mapping[str, Register]:
    """Those of ``known`` that take maintenance."""
    return {key: book for key, book in known.items() if issubclass(book.schema, MaintenanceRow)}


def register(desk: Desk, key: str) -> Register:
    """The tenant's register ``key``.

    Raises:
        NotFound: it has no such register.
        Forbidden: the person may not read it.
    """
    return _in(registers(desk), key)


def may_write(desk: Desk, book: Register) -> bool:
    """Whether the person may write a row of ``book`` by hand."""
    return may(desk.person, "register.write", subject(desk, book))


def writable(desk: Desk, key: str) -> Register:
    """The tenant's register ``key``, for somebody who is to write in it by hand.

    Raises:
        NotFound: it has no such register.
        Forbidden: the person may not write in it.
    """
    book = register(desk, key)
    require(desk.somebody, "register.write", subject(desk, book))
    return book


def write(desk: Desk, key: str, given: Mapping[str, Any]) -> str:
    """Write a row by hand; gives its number, empty where the register has none.

    Raises:
        NotFound, Forbidden: as for :func:`writable`.
        Invalid: the row breaks a rule; ``fields`` says which.
    """
    book = writable(desk, key)
    person, writers = desk.somebody, _writers(desk, book)
    label = next(held.label for held in person.positions if held.key in writers)
    try:
        number = add_row(desk, book, given, author=f"{person.name} ({label})")
    except ValidationError as error:
        fields = flat_messages(error.normalized_messages())
        raise Invalid("Ada isian yang perlu diperbaiki.", log=f"row of {key} is not valid", fields=fields) from error
    told = f"Catatan {number} ditulis dalam {book.title}".replace("  ", " ")
    record(desk.session, "register.written", person=person, acting_as=label, summary=told, content={"register": key})
    return number


def subject(desk: Desk, book: Register) -> BookSubject:
    """What the policy asks of ``book``."""
    return BookSubject(_writers(desk, book))


def _writers(desk: Desk, book: Register) -> frozenset[str]:
    """The positions that act at this tenant for the register's writers."""
    acting = {
        f"{procedure.key}:{actor.key}": desk.position_key(procedure, actor)
        for procedure in desk.registry.procedures.values()
        for actor in procedure.actors
    }
    return frozenset(acting[writer] for writer in book.writers)


def plain_register(desk: Desk, key: str) -> Register:
    """The tenant's register ``key``, where its rows are neither sealed nor imported.

    Raises:
        NotFound: it has no such register, or its rows are of another kind.
        Forbidden: the person may not read it.
    """
    return plain(registers(desk), key)


def plain(known: Mapping[str, Register], key: str) -> Register:
    """The register ``key`` of ``known``, where its rows are neither sealed nor imported.

    Raises:
        NotFound: there is no such register, or its rows are of another kind.
    """
    book = _in(known, key)
    if book.sealed or book.imported:
        raise NotFound("Isi buku ini ada pada halamannya sendiri.", log=f"register {key!r} has rows of another kind")
    return book


def _in(known: Mapping[str, Register], key: str) -> Register:
    if key not in known:
        raise NotFound("Buku ini tidak ada.", log=f"no register {key!r}")
    return known[key]


def rows(
    desk: Desk, key: str, asked: Asked = EVERYTHING, *, before: int | None = None, limit: int = PAGE
) -> tuple[RegisterRow, ...]:
    """Rows of the register ``key`` that were asked for, newest first.

    Raises:
        NotFound: there is no such register.
        Forbidden: the person may not read it.
    """
    return page(desk, plain_register(desk, key), asked, before=before, limit=limit)


def page(desk: Desk, book: Register, asked: Asked, *, before: int | None, limit: int) -> tuple[RegisterRow, ...]:
    """Rows of ``book`` that were asked for, newest first, whoever asks."""
    query = select(RegisterRow).where(*_where(desk, book, asked)).order_by(RegisterRow.id.desc()).limit(limit)
    if before is not None:
        query = query.where(RegisterRow.id < before)
    return tuple(desk.session.scalars(query))


def count(desk: Desk, book: Register, asked: Asked, most: int) -> int:
    """How many rows were asked for; ``most`` + 1 where there are more than ``most``."""
    found = select(RegisterRow.id).where(*_where(desk, book, asked)).limit(most + 1).subquery()
    return desk.session.scalar(select(func.count()).select_from(found)) or 0


def _where(desk: Desk, book: Register, asked: Asked) -> list[ColumnElement[bool]]:
    found = [RegisterRow.register == book.key]
    found += [RegisterRow.words.like(f"%{escaped(word)}%") for word in asked.words.lower().split()]
    zone = ZoneInfo(desk.tenant.time_zone)
    if asked.since is not None:
        found.append(RegisterRow.created_at >= datetime.combine(asked.since, time.min, zone))
    if asked.until is not None and asked.until < date.max:
        found.append(RegisterRow.created_at < datetime.combine(asked.until + timedelta(days=1), time.min, zone))
    return found


def request_numbers(desk: Desk, wanted: Iterable[RegisterRow]) -> dict[int | None, str]:
    """The numbers of the requests that wrote the rows."""
    query = select(Request.id, Request.number).where(
        Request.id.in_({row.request_id for row in wanted if row.request_id is not None})
    )
    return {found.id: found.number for found in desk.session.execute(query)}
