"""A report as an XLSX workbook (ECMA-376): a sheet a table, written row by row, so that a large one needs no memory.

Dates and numbers have their types. A text is stored as text whatever it begins with, and marked so that it stays text
when somebody edits it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from tempfile import TemporaryFile
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from tapak.documents.csv_lines import FORMULA
from tapak.reports.tables import DAY, MOMENT, NUMBER, Cell, Column, Report, Table

LONGEST_CELL = 32_767
LONGEST_TITLE = 31
BLOCK = 64 * 1024
FORMATS = {NUMBER: "#,##0", DAY: "dd/mm/yyyy", MOMENT: "dd/mm/yyyy hh:mm"}
WIDTHS = {NUMBER: 14, DAY: 13, MOMENT: 18}
BOLD, TOP = Font(bold=True), Alignment(vertical="top", wrap_text=True)
HEAD = PatternFill("solid", fgColor="E4EFEC")
_NO_TITLE = re.compile(r"[\[\]:*?/\\]")


def content(report: Report) -> Iterator[bytes]:
    """The workbook's bytes, a block at a time."""
    book = Workbook(write_only=True)
    for number, table in enumerate(report.tables, 1):
        _sheet(book, table, number, report)
    _told(book, report)
    with TemporaryFile() as kept:
        book.save(kept)
        kept.seek(0)
        while block := kept.read(BLOCK):
            yield block


def _sheet(book: Workbook, table: Table, number: int, report: Report) -> None:
    sheet: Any = book.create_sheet(_title(table.title, number))
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddHeader.center.text = report.title.replace("&", "&&")
    sheet.oddFooter.center.text = "Halaman &P dari &N"
    for place, column in enumerate(table.columns, 1):
        sheet.column_dimensions[get_column_letter(place)].width = _width(column)
    sheet.append([_cell(sheet, column.label, bold=True) for column in table.columns])
    written = 1
    for row in table.rows:
        sheet.append([_cell(sheet, cell) for cell in row])
        written += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.columns))}{written}"
    if table.total:
        sheet.append([_cell(sheet, cell, bold=True) for cell in table.total])


def _told(book: Workbook, report: Report) -> None:
    """What the workbook is, on a sheet of its own, so that every table begins in its first line."""
    sheet: Any = book.create_sheet("Keterangan")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 22, 80
    stamp = report.stamp
    lines: list[tuple[str, Cell]] = [("Judul", report.title), *report.about]
    lines += [("Dicetak oleh", stamp.by), ("Dicetak pada", stamp.at), ("Zona waktu", stamp.zone)]
    for label, told in lines:
        sheet.append([_cell(sheet, label, bold=True), _cell(sheet, told)])


def _width(column: Column) -> int:
    return 60 if column.wide else max(WIDTHS.get(column.kind, 24), min(40, len(column.label) + 4))


def _title(title: str, number: int) -> str:
    """A sheet's title without the characters that it may not have, and unlike any other."""
    plain = _NO_TITLE.sub(" ", title).strip("' ") or "Tabel"
    return plain if len(plain) <= LONGEST_TITLE else f"{plain[: LONGEST_TITLE - 4].strip()} {number}"


def _cell(sheet: Any, value: Cell, *, bold: bool = False) -> Any:
    cell: Any = WriteOnlyCell(sheet)
    cell.alignment = TOP
    if bold:
        cell.font, cell.fill = BOLD, HEAD
    if isinstance(value, str):
        _text(cell, value)
    elif value is not None:
        cell.value = value
        cell.number_format = FORMATS[_kind(value)]
    return cell


def _kind(value: Cell) -> str:
    return MOMENT if isinstance(value, datetime) else DAY if isinstance(value, date) else NUMBER


def _text(cell: Any, text: str) -> None:
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)[:LONGEST_CELL]
    cell.data_type = "s"  # openpyxl took "=…" for a formula and "#N/A" for an error
    cell.quotePrefix = text.startswith(FORMULA)
