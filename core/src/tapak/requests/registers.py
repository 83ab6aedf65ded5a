"""Registers ("pencatatan dan pendataan") as an agency sees them: those of the procedures that it runs, and core's."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import select

from tapak.accounts.policy import require
from tapak.plugins import CORE
from tapak.requests.desk import Desk
from tapak.requests.models import RegisterRow, Request
from tapak.requests.reading import PAGE, escaped
from tapak.sdk.errors import NotFound
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


def rows(
    desk: Desk, key: str, *, words: str = "", before: int | None = None, limit: int = PAGE
) -> tuple[RegisterRow, ...]:
    """Rows of the register ``key``, newest first; ``words`` must all occur.

    Raises:
        NotFound: there is no such register.
        Forbidden: the person may not read it.
    """
    register(desk, key)
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
    yield _line(["Nomor", "Permohonan", "Dicatat", *labels])
    before: int | None = None
    while found := rows(desk, key, words=words, before=before, limit=BATCH):
        numbers = _numbers(desk, found)
        for row in found:
            cells = [field_words(item, row.content.get(name)) for name, item in schema.fields.items()]
            yield _line([row.number, numbers.get(row.request_id, ""), row.created_at.date().isoformat(), *cells])
        before = found[-1].id


def _numbers(desk: Desk, wanted: Iterable[RegisterRow]) -> dict[int, str]:
    query = select(Request.id, Request.number).where(Request.id.in_({row.request_id for row in wanted}))
    return {found.id: found.number for found in desk.session.execute(query)}


def _line(cells: Iterable[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells])
    return written.getvalue()
