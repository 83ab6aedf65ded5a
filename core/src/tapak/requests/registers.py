"""Registers ("pencatatan dan pendataan") as an agency sees them: those of the procedures that it runs, and core's."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from marshmallow import ValidationError
from sqlalchemy import select

from tapak.accounts.policy import BookSubject, may, require
from tapak.audit.service import record
from tapak.plugins import CORE
from tapak.requests.desk import Desk
from tapak.requests.effects import add_row
from tapak.requests.models import RegisterRow, Request
from tapak.requests.reading import PAGE, escaped
from tapak.sdk.errors import Invalid, NotFound, flat_messages
from tapak.sdk.forms import words as field_words
from tapak.sdk.registers import Register

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for the beginning of a formula."""
BATCH = 500


def registers(desk: Desk) -> Mapping[str, Register]:
    """The tenant's registers by key: core's, then those of each plugin whose procedures it runs.

    Raises:
        Forbidden: the person may not read them.
    """
    require(desk.somebody, "register.read", None)
    return of_tenant(desk)


def of_tenant(desk: Desk) -> Mapping[str, Register]:
    """The tenant's registers by key, whoever asks."""
    plugins = [key.partition(".")[0] for key in desk.tenant.settings.get("procedures", [])]
    prefixes = list(dict.fromkeys([CORE, *plugins]))
    known = desk.registry.registers
    return {key: known[key] for prefix in prefixes for key in known if key.partition(".")[0] == prefix}


def register(desk: Desk, key: str) -> Register:
    """The tenant's register ``key``.

    Raises:
        NotFound: it has no such register.
        Forbidden: the person may not read it.
    """
    known = registers(desk)
    if key not in known:
        raise NotFound("Buku ini tidak ada.", log=f"no register {key!r}")
    return known[key]


def may_write(desk: Desk, book: Register) -> bool:
    """Whether the person may write a row of ``book`` by hand."""
    return may(desk.person, "register.write", _subject(desk, book))


def writable(desk: Desk, key: str) -> Register:
    """The tenant's register ``key``, for somebody who is to write in it by hand.

    Raises:
        NotFound: it has no such register.
        Forbidden: the person may not write in it.
    """
    book = register(desk, key)
    require(desk.somebody, "register.write", _subject(desk, book))
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


def _subject(desk: Desk, book: Register) -> BookSubject:
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
    book = register(desk, key)
    if book.sealed or book.imported:
        raise NotFound("Isi buku ini ada pada halamannya sendiri.", log=f"register {key!r} has rows of another kind")
    return book


def rows(
    desk: Desk, key: str, *, words: str = "", before: int | None = None, limit: int = PAGE
) -> tuple[RegisterRow, ...]:
    """Rows of the register ``key``, newest first; ``words`` must all occur.

    Raises:
        NotFound: there is no such register.
        Forbidden: the person may not read it.
    """
    plain_register(desk, key)
    query = select(RegisterRow).where(RegisterRow.register == key).order_by(RegisterRow.id.desc()).limit(limit)
    for word in words.lower().split():
        query = query.where(RegisterRow.words.like(f"%{escaped(word)}%"))
    if before is not None:
        query = query.where(RegisterRow.id < before)
    return tuple(desk.session.scalars(query))


def as_csv(desk: Desk, key: str, *, words: str = "") -> Iterator[str]:
    """The register as lines of CSV (RFC 4180), newest first, every field of its schema in Indonesian words.

    A cell that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    schema = register(desk, key).schema()
    labels = [str(item.metadata.get("label", name)) for name, item in schema.fields.items()]
    yield csv_line(["Nomor", "Permohonan", "Dicatat", "Pencatat", *labels])
    before: int | None = None
    while found := rows(desk, key, words=words, before=before, limit=BATCH):
        numbers = _numbers(desk, found)
        for row in found:
            cells = [field_words(item, row.content.get(name)) for name, item in schema.fields.items()]
            origin = [row.number, numbers.get(row.request_id, ""), row.created_at.date().isoformat(), row.author]
            yield csv_line([*origin, *cells])
        before = found[-1].id


def _numbers(desk: Desk, wanted: Iterable[RegisterRow]) -> dict[int | None, str]:
    query = select(Request.id, Request.number).where(
        Request.id.in_({row.request_id for row in wanted if row.request_id is not None})
    )
    return {found.id: found.number for found in desk.session.execute(query)}


def guarded(cell: str) -> str:
    """``cell`` as a spreadsheet takes it for text."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def csv_line(cells: Iterable[str]) -> str:
    """A line of CSV (RFC 4180), each cell guarded."""
    written = io.StringIO()
    csv.writer(written).writerow([guarded(cell) for cell in cells])
    return written.getvalue()
