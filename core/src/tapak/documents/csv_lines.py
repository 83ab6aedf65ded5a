"""Lines of CSV (RFC 4180) that a spreadsheet takes for text and nothing else."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet would take for the beginning of a formula."""
_WITHIN = re.compile(r"([;\t\r\n][\"\s]*)(?=[=+\-@＝＋－＠])")
"""Where an Indonesian spreadsheet, which splits cells at semicolons, would see one begin."""
BYTE_ORDER_MARK = "\ufeff"
"""Without it spreadsheets read the file in the machine's own code page."""


def guarded(cell: str) -> str:
    """``cell`` as a spreadsheet takes it for text, also one that splits lines elsewhere than at commas."""
    return _WITHIN.sub(r"\1'", f"'{cell}" if cell.startswith(FORMULA) else cell)


def csv_line(cells: Iterable[str | int]) -> str:
    """A line of CSV (RFC 4180), each text guarded; numbers stand as they are."""
    written = io.StringIO()
    csv.writer(written).writerow([guarded(cell) if isinstance(cell, str) else cell for cell in cells])
    return written.getvalue()
