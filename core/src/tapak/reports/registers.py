"""A register as a report: what was asked for on the screen, with every field of its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tapak.reports.formats import FORMATS, Format
from tapak.reports.tables import DAY, MOMENT, NUMBER, TEXT, Cell, Column, Report, Stamp, Table
from tapak.requests import registers
from tapak.requests.desk import Desk
from tapak.requests.models import RegisterRow
from tapak.requests.registers import Asked
from tapak.sdk.fields import Appointment, Count, Day, Prose, choices_of
from tapak.sdk.fields import Table as Rows
from tapak.sdk.forms import words
from tapak.sdk.registers import Register
from tapak.sdk.wording import day_words

BATCH = 500
PRINTED = "pdf"
KINDS = {Count: NUMBER, Day: DAY, Appointment: MOMENT}
ORIGIN = (Column("Nomor"), Column("Permohonan"), Column("Dicatat", MOMENT), Column("Pencatat"))


def find(desk: Desk, key: str, asked: Asked, suffix: str) -> tuple[Report, Format]:
    """The register ``key`` for whoever is at the desk, with the format ``suffix``.

    Raises:
        NotFound: there is no such register, or its rows are sealed or imported.
        Forbidden: the person may not read it.
        Invalid: the format doesn't take so many rows.
    """
    book = registers.plain_register(desk, key)
    return report(desk, book, asked, suffix, desk.somebody.name)


def report(desk: Desk, book: Register, asked: Asked, suffix: str, printed_by: str) -> tuple[Report, Format]:
    """``book`` as a report, whoever asks; on paper it has the columns of the screen, else every field.

    Raises:
        Invalid: the format doesn't take so many rows.
    """
    wanted = FORMATS[suffix]
    if wanted.most is not None:
        wanted.fits(registers.count(desk, book, asked, wanted.most))
    fields = book.schema().fields
    wished = [fields[name] for name in (book.columns if suffix == PRINTED else fields)]
    columns = (*ORIGIN, *(_column(field) for field in wished))
    shown = [place for place, column in enumerate(columns) if _is_shown(column, book, suffix)]
    lines = _lines(desk, book, asked, [(field, _kind(field)) for field in wished])
    table = Table(book.title, [columns[place] for place in shown], ([row[at] for at in shown] for row in lines))
    stamp = Stamp.of(desk.now, desk.tenant.time_zone, printed_by)
    return Report(book.key, book.title, [table], stamp, about(asked)), wanted


def about(asked: Asked) -> Sequence[tuple[str, str]]:
    """What was asked for, in words."""
    since, until = day_words(asked.since), day_words(asked.until)
    period = f"{since or 'awal'} sampai {until or 'sekarang'}" if since or until else "Seluruhnya"
    return [("Periode pencatatan", period), *([("Pencarian", asked.words)] if asked.words else [])]


def _is_shown(column: Column, book: Register, suffix: str) -> bool:
    """On paper no column stays empty: numbers only where the register has them."""
    return suffix != PRINTED or column is not ORIGIN[0] or bool(book.number_series)


def _column(field: Any) -> Column:
    return Column(str(field.metadata.get("label", field.name)), _kind(field), isinstance(field, (Prose, Rows)))


def _kind(field: Any) -> str:
    known = (kind for each, kind in KINDS.items() if isinstance(field, each))
    return TEXT if choices_of(field) else next(known, TEXT)


def _lines(desk: Desk, book: Register, asked: Asked, fields: Sequence[tuple[Any, str]]) -> Iterator[list[Cell]]:
    zone = ZoneInfo(desk.tenant.time_zone)
    before: int | None = None
    while found := registers.page(desk, book, asked, before=before, limit=BATCH):
        numbers = registers.request_numbers(desk, found)
        for row in found:
            yield [
                *_origin(row, numbers, zone),
                *(_cell(field, kind, row.content.get(field.name)) for field, kind in fields),
            ]
            desk.session.expunge(row)
        before = found[-1].id


def _origin(row: RegisterRow, numbers: dict[int | None, str], zone: ZoneInfo) -> list[Cell]:
    written = row.created_at.astimezone(zone).replace(tzinfo=None, microsecond=0)
    return [row.number, numbers.get(row.request_id, ""), written, row.author]


def _cell(field: Any, kind: str, value: Any) -> Cell:
    """A stored value with its type; what doesn't fit the field any more stays text."""
    try:
        if kind == DAY and value:
            return date.fromisoformat(str(value))
        if kind == MOMENT and value:
            return datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return value if kind == NUMBER and isinstance(value, int) else words(field, value)
