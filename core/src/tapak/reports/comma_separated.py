"""A report as CSV: its tables one after another, lines as they are made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from tapak.documents.csv_lines import BYTE_ORDER_MARK, csv_line
from tapak.reports.tables import Cell, Report, Table
from tapak.sdk.wording import day_words, moment_words


def lines(report: Report) -> Iterator[str]:
    """The report; a table's title stands above it where there are several."""
    yield BYTE_ORDER_MARK
    for number, table in enumerate(report.tables):
        if len(report.tables) > 1:
            yield from ["\r\n"] if number else []
            yield csv_line([table.title])
        yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    yield csv_line([column.label for column in table.columns])
    for row in table.rows:
        yield csv_line([_cell(cell) for cell in row])
    if table.total:
        yield csv_line([_cell(cell) for cell in table.total])


def _cell(cell: Cell) -> str | int:
    if isinstance(cell, datetime):
        return moment_words(cell)
    if isinstance(cell, date):
        return day_words(cell)
    return "" if cell is None else cell
