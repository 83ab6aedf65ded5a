"""Where a list goes on, as addresses carry it: a moment and the id of the row there."""

from __future__ import annotations

from datetime import datetime

SEPARATOR = "~"
LARGEST_ID = 2**63 - 1
DIGITS = len(str(LARGEST_ID))

Moment = tuple[datetime, int]


def cursor_text(cursor: Moment | None) -> str | None:
    """``2026-01-02T03:04:05+00:00~7``; None where the list has ended."""
    return f"{cursor[0].isoformat()}{SEPARATOR}{cursor[1]}" if cursor else None


def read_cursor(text: str) -> Moment:
    """What :func:`cursor_text` wrote.

    Raises:
        ValueError: it wrote no such text.
    """
    at, _, row_id = text.partition(SEPARATOR)
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment, read_id(row_id)


def read_id(text: str) -> int:
    """A row's id.

    Raises:
        ValueError: it is none.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= DIGITS) or int(text) > LARGEST_ID:
        raise ValueError(text)
    return int(text)
