"""What imported registers hold, for reading."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from tapak.requests.models import ImportedRow, RegisterImport
from tapak.sdk.registers import Imported


def newest(session: Session, key: str) -> Imported | None:
    """What the imported register ``key`` holds; None where nothing was imported yet."""
    found = last(session, key)
    if found is None:
        return None
    query = select(ImportedRow.content).where(ImportedRow.import_id == found.id).order_by(ImportedRow.id)
    return Imported(found.imported_on, found.filename, tuple(session.scalars(query)))


def last(session: Session, key: str) -> RegisterImport | None:
    """The newest import of the register ``key``."""
    query = select(RegisterImport).where(RegisterImport.register == key).order_by(RegisterImport.id.desc()).limit(1)
    return session.scalars(query).one_or_none()
