"""What is cleared away each day: ended sessions, old counts, kept answers, ended links, papers and unfinished files."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func
from sqlalchemy.orm import Session

from tapak.accounts import service as accounts
from tapak.db.wake import Wake, wake
from tapak.documents import pieces, uploads
from tapak.documents.store import DocumentStore
from tapak.panel import links
from tapak.requests.models import IdempotencyKey

SWEEP = "sweep"
"""The wake kind, with one row a tenant."""
ROW = 0
EVERY = 24 * 3600.0
ANSWERS_KEPT = timedelta(hours=24)


def begin_sweeping(session: Session, tenant_id: int) -> None:
    """Have the tenant swept from now on, where it isn't yet."""
    if session.get(Wake, (tenant_id, SWEEP, ROW)) is None:
        wake(session, SWEEP, ROW)


def sweep(session: Session, store: DocumentStore) -> None:
    """Clear away what is past in the session's tenant, and in the store."""
    accounts.sweep(session)
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < func.now() - ANSWERS_KEPT))
    links.sweep(session)
    uploads.sweep(session, store)
    pieces.sweep(session, store)
    store.sweep()
