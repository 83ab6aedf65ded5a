"""Registers whose rows others keep: the newest imported file is what such a register holds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from tapak.accounts.policy import require
from tapak.audit.service import record
from tapak.requests import registers
from tapak.requests.desk import Desk
from tapak.requests.import_files import LARGEST, read_rows
from tapak.requests.imported import last
from tapak.requests.models import ImportedRow, RegisterImport
from tapak.requests.reading import PAGE, escaped
from tapak.sdk.errors import NotFound, TooLarge
from tapak.sdk.registers import Register

BATCH = 1000


def imported_register(desk: Desk, key: str) -> Register:
    """The tenant's register ``key``, whose rows are imported.

    Raises:
        NotFound: there is no such register, or its rows come from requests.
        Forbidden: the person may not read it.
    """
    found = registers.register(desk, key)
    if not found.imported:
        raise NotFound("Isi buku ini tidak berasal dari berkas.", log=f"register {key!r} is not imported")
    return found


def rows(desk: Desk, key: str, *, words: str = "", after: int = 0, limit: int = PAGE) -> Sequence[ImportedRow]:
    """Rows of the newest import, in the file's order; ``words`` must all occur."""
    imported_register(desk, key)
    found = last(desk.session, key)
    if found is None:
        return ()
    query = select(ImportedRow).where(ImportedRow.import_id == found.id, ImportedRow.id > after)
    for word in words.lower().split():
        query = query.where(ImportedRow.words.like(f"%{escaped(word)}%"))
    return desk.session.scalars(query.order_by(ImportedRow.id).limit(limit)).all()


def import_as_person(desk: Desk, key: str, filename: str, content: bytes) -> RegisterImport:
    """Import a file that somebody sends.

    Raises:
        Forbidden: the person may not import.
        NotFound: the tenant has no such register.
        Invalid: the file isn't as the register wants it; ``fields["file"]`` tells rows and columns.
    """
    require(desk.somebody, "register.import", None)
    return import_file(desk, imported_register(desk, key), filename, content)


def import_file(desk: Desk, register: Register, filename: str, content: bytes) -> RegisterImport:
    """Replace what ``register`` holds by the rows of a file (CSV or XLSX); that it was done is on record.

    Raises:
        Invalid: the file isn't as the register wants it; nothing was changed.
        TooLarge: more than the limit.
    """
    if len(content) > LARGEST:
        raise TooLarge(f"Berkas ini terlalu besar; paling besar {LARGEST // 1_000_000} MB.", log="import too large")
    read = read_rows(register.schema, filename, content)
    session, person = desk.session, desk.person
    previous = select(RegisterImport.id).where(RegisterImport.register == register.key)
    session.execute(delete(ImportedRow).where(ImportedRow.import_id.in_(previous)))
    made = RegisterImport(
        register=register.key,
        imported_on=desk.today,
        filename=filename,
        sha256=hashlib.sha256(content).hexdigest(),
        rows=len(read),
        account_id=person.account_id if person else None,
        imported_by=person.name if person else "",
    )
    session.add(made)
    session.flush()
    values = [
        {
            "import_id": made.id,
            "content": row,
            "words": " ".join(str(row.get(name, "")) for name in register.search).lower(),
        }
        for row in read
    ]
    for start in range(0, len(values), BATCH):
        session.execute(insert(ImportedRow), values[start : start + BATCH])
    record(
        session,
        "register.imported",
        person=person,
        summary=f"{register.title}: {len(read)} baris diimpor dari {filename}",
        content={"register": register.key, "sha256": made.sha256, "rows": len(read)},
        shown=False,
    )
    return made
