"""Files of rows (CSV, XLSX) read by a marshmallow schema: what is wrong is told with row and column."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from xml.etree.ElementTree import ParseError

from marshmallow import Schema, ValidationError

from tapak.sdk.errors import Invalid
from tapak.sdk.fields import choices_of

LARGEST = 10_000_000
"""Bytes of a file."""
MOST_ROWS = 20_000
MOST_LINES = 2 * MOST_ROWS
"""Empty ones count: a sheet of a few bytes can claim a billion."""
MOST_COLUMNS = 256
UNPACKED = 200_000_000
"""Bytes that an XLSX file may hold when it is unpacked."""
TOLD = 20
XLSX = b"PK\x03\x04"
# What openpyxl and the library below it raise at files that were made to hurt.
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ParseError),
    *(KeyError, ValueError, IndexError, TypeError, AttributeError, OverflowError),
)


def read_rows(schema: type[Schema], filename: str, content: bytes) -> list[dict[str, Any]]:
    """The file's rows as ``schema`` stores them. The first row names the columns: labels or names, in any order.

    A choice may be written as its key or its label. Empty rows are left out.

    Raises:
        Invalid: it is no such file, a column is unknown or missing, or a cell breaks a rule; ``fields["file"]`` names
            row (as a spreadsheet counts) and column.
    """
    lines = _xlsx(content) if content.startswith(XLSX) else _csv(content)
    try:
        head = next(lines)
    except StopIteration:
        raise _refused(filename, ["Berkas ini kosong."]) from None
    made = schema()
    columns = _columns(made, head, filename)
    rows: list[dict[str, Any]] = []
    problems: list[str] = []
    for number, cells in enumerate(lines, 2):
        if number <= MOST_LINES and not any(cells):
            continue
        if len(rows) >= MOST_ROWS or number > MOST_LINES:
            raise _refused(filename, [f"Paling banyak {MOST_ROWS} baris."])
        given = {name: _value(made, name, cell) for name, cell in zip(columns, cells, strict=False) if name}
        try:
            rows.append(made.dump(made.load({name: text for name, text in given.items() if text})))
        except ValidationError as wrong:
            problems += _told(made, number, given, wrong.normalized_messages())
        if len(problems) >= TOLD:
            break
    if problems:
        raise _refused(filename, problems[:TOLD])
    if not rows:
        raise _refused(filename, ["Tidak ada baris data di bawah judul kolom."])
    return rows


def _columns(schema: Schema, head: Sequence[str], filename: str) -> list[str]:
    if len(head) > MOST_COLUMNS:
        raise _refused(filename, [f"Paling banyak {MOST_COLUMNS} kolom."])
    known = {_folded(name): name for name in schema.fields}
    known.update({_folded(str(item.metadata.get("label", name))): name for name, item in schema.fields.items()})
    found = [known.get(_folded(title), "") for title in head]
    strays = [title for title, name in zip(head, found, strict=True) if title and not name]
    doubles = sorted({name for name in found if name and found.count(name) > 1})
    labels = {name: str(item.metadata.get("label", name)) for name, item in schema.fields.items()}
    missing = [labels[name] for name, item in schema.fields.items() if item.required and name not in found]
    problems = [
        *(f"Baris 1: kolom “{title}” tidak dikenal." for title in strays),
        *(f"Baris 1: kolom “{labels[name]}” ada dua kali." for name in doubles),
        *(f"Baris 1: kolom “{title}” tidak ada." for title in missing),
    ]
    if problems:
        raise _refused(filename, [*problems, f"Kolom yang dikenal: {', '.join(labels.values())}."])
    return found


def _value(schema: Schema, name: str, cell: str) -> str:
    """A cell as the schema wants it: the label of a choice becomes its key."""
    by_label = {_folded(label): str(value) for value, label in choices_of(schema.fields[name])}
    return by_label.get(_folded(cell), cell)


def _told(schema: Schema, number: int, given: Mapping[str, str], messages: Mapping[str, Any]) -> Iterator[str]:
    for name, lines in messages.items():
        item = schema.fields.get(name)
        label = item.metadata.get("label", name) if item else name
        known = [words for value, words in choices_of(item) if value] if item else []
        if known and given.get(name):
            yield f"Baris {number}, kolom {label}: “{given[name]}” tidak dikenal; isi dengan {' / '.join(known)}."
            continue
        for line in lines if isinstance(lines, list) else [str(lines)]:
            yield f"Baris {number}, kolom {label}: {line}"


def _csv(content: bytes) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content[: problem.start].count(b"\n") + 1
        raise _refused("CSV", [f"Baris {line}: simpan berkas CSV dengan pengodean UTF-8."]) from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield [cell.strip() for cell in cells]
    except csv.Error:
        raise _refused("CSV", [f"Baris {reader.line_num}: susunan CSV tidak terbaca (periksa tanda kutip)."]) from None


def _xlsx(content: bytes) -> Iterator[list[str]]:
    from openpyxl import load_workbook  # noqa: PLC0415 (slow to load, and few processes read any)
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(item.file_size for item in packed.infolist()) > UNPACKED:
                raise _refused("XLSX", ["Isi berkas XLSX ini terlalu besar."])
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        # What a file claims of its size cuts off what it really holds.
        sheet.reset_dimensions()
        for cells in sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True):
            yield [_text(cell) for cell in _filled(cells)]
        book.close()
    except (InvalidFileException, *_BROKEN) as problem:
        raise _refused("XLSX", ["Berkas XLSX ini tidak terbaca; simpan ulang dari aplikasi spreadsheet."]) from problem


def _filled(cells: Sequence[object]) -> Sequence[object]:
    """``cells`` without the empty ones at the end."""
    end = next((place for place in range(len(cells), 0, -1) if cells[place - 1] is not None), 0)
    return cells[:end]


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if not (cell.hour or cell.minute) else f"{cell:%Y-%m-%dT%H:%M}"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("\ufeff", "").split())


def _refused(filename: str, problems: list[str]) -> Invalid:
    told = f"Berkas belum diimpor: {problems[0]}"
    return Invalid(told, log=f"import of {filename} refused: {len(problems)} problems", fields={"file": problems})
