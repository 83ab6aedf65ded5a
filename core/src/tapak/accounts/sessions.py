"""Sessions as rows, for browsers' cookies and for bearer tokens alike. Whoever ends one ends it everywhere."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from tapak.accounts.models import Account, WebSession
from tapak.tenants.positions import SEATS, Seat, read_seats

IDLE = timedelta(hours=8)
ABSOLUTE = timedelta(hours=24)
SEEN_EVERY = timedelta(minutes=1)
TOKEN_BYTES = 32
LONGEST_TOKEN = 128

_LIVE = (
    select(WebSession, Account, WebSession.seen_at < func.now() - SEEN_EVERY, SEATS.scalar_subquery())
    .join(Account, and_(Account.tenant_id == WebSession.tenant_id, Account.id == WebSession.account_id))
    .where(
        WebSession.token_hash == bindparam("token_hash"),
        WebSession.kind == bindparam("kind"),
        WebSession.expires_at > func.now(),
        WebSession.seen_at > func.now() - IDLE,
        Account.active,
    )
)


@dataclass(frozen=True)
class Opened:
    """A new session. ``token`` is stored nowhere but with the client; ``expires_at`` is the end at the latest."""

    token: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Opened(expires_at={self.expires_at!r})"


@dataclass(frozen=True)
class Found:
    """A live session with its account, and with who sits where today.

    ``unseen``: its use was last noted over a minute ago (see :func:`note`).
    """

    row: WebSession
    account: Account
    unseen: bool
    seats: tuple[Seat, ...]


def open_session(
    session: Session, account: Account, kind: str = "browser", content: Mapping[str, Any] | None = None
) -> Opened:
    """A new session of ``account``; ``kind`` is browser or token, ``content`` JSON values."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = WebSession(
        token_hash=_hash(token),
        kind=kind,
        account_id=account.id,
        content=dict(content or {}),
        expires_at=func.now() + ABSOLUTE,
    )
    session.add(row)
    session.flush()
    return Opened(token, row.expires_at)


def find(session: Session, token: str, on: date, kind: str = "browser") -> Found | None:
    """The session with that token, in one query; None where it ended, idled too long or its account is switched off.

    ``on`` is the tenant's local day.
    """
    if not 0 < len(token) <= LONGEST_TOKEN:
        return None
    found = session.execute(_LIVE, {"token_hash": _hash(token), "kind": kind, "on": on}).one_or_none()
    if found is None:
        return None
    row, account, unseen, known = found
    return Found(row, account, unseen, read_seats(known))


def note(session: Session, found: Found) -> None:
    """Write that the session is in use, unless that was written within the last minute; the caller commits."""
    if found.unseen:
        old = and_(WebSession.id == found.row.id, WebSession.seen_at < func.now() - SEEN_EVERY)
        session.execute(
            update(WebSession).where(old).values(seen_at=func.now()).execution_options(synchronize_session=False)
        )


def keep(session: Session, row: WebSession, content: Mapping[str, Any]) -> None:
    """Store the session's content (JSON values)."""
    session.execute(
        update(WebSession)
        .where(WebSession.id == row.id)
        .values(content=dict(content))
        .execution_options(synchronize_session=False)
    )


def end(session: Session, token: str) -> None:
    """End the session with that token."""
    session.execute(delete(WebSession).where(WebSession.token_hash == _hash(token)))


def end_all(session: Session, account_id: int) -> None:
    """End every session of the account."""
    session.execute(delete(WebSession).where(WebSession.account_id == account_id))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
