"""A report as PDF: letterhead, what it is about, its tables, and on every page its number, who printed it and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from tapak.documents.library import CORE_LETTERS
from tapak.documents.pdf import to_pdf
from tapak.documents.service import letterhead
from tapak.reports.tables import NUMBER, Cell, Column, Report, Table
from tapak.sdk.wording import moment_words
from tapak.tenants.models import Tenant

TEMPLATE = "tapak/printed_tables"
UPRIGHT = 5
"""The columns that a page has room for upright; tables with more lie on their side."""
SHARES = {"text": 3, NUMBER: 2, "day": 2, "moment": 2}
WIDE = 6


def content(report: Report, tenant: Tenant) -> Iterator[bytes]:
    """The PDF's bytes."""
    letter = CORE_LETTERS.letter(TEMPLATE)
    head = letterhead(tenant)
    lying = any(len(table.columns) > UPRIGHT for table in report.tables)
    paper = f"{head['paper']} landscape" if lying else head["paper"]
    yield to_pdf(CORE_LETTERS.html(TEMPLATE, _context(report, head)), letter.styles, paper)


def _context(report: Report, head: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": report.title,
        "letterhead": head,
        "date_iso": report.stamp.at.date().isoformat(),
        "about": [{"label": label, "value": told} for label, told in report.about],
        "printed": f"Dicetak {moment_words(report.stamp.at)} {report.stamp.zone} oleh {report.stamp.by}",
        "tables": [_table(table, named=len(report.tables) > 1) for table in report.tables],
    }


def _table(table: Table, *, named: bool) -> dict[str, Any]:
    total = sum(_share(column) for column in table.columns)
    return {
        "title": table.title if named else "",
        "columns": [
            {"label": column.label, "kind": column.kind, "share": 100 * _share(column) // total}
            for column in table.columns
        ],
        "rows": [[_told(cell) for cell in row] for row in table.rows],
        "total": [_told(cell) for cell in table.total],
    }


def _share(column: Column) -> int:
    return WIDE if column.wide else SHARES[column.kind]


def _told(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return f"{cell:%d/%m/%Y %H.%M}"
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    if isinstance(cell, int):
        return f"{cell:,}".replace(",", ".")
    return cell or ""
