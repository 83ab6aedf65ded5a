"""Who sends this request: by bearer token, else by browser session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast

from flask import request
from flask import session as browser_session
from flask_security import current_user
from sqlalchemy.orm import Session

from tapak.accounts import sessions
from tapak.accounts.flask_sessions import TapakSession
from tapak.accounts.models import Account
from tapak.tenants import positions
from tapak.tenants.positions import Seat

BEARER = "Bearer "


def bearer_token() -> str:
    """The request's bearer token (RFC 6750), or nothing."""
    header = request.headers.get("Authorization", "")
    return header[len(BEARER) :].strip() if header.startswith(BEARER) else ""


@dataclass(frozen=True)
class SignedIn:
    """Whom the request acts for, and who sits where today."""

    account: Account
    seats: tuple[Seat, ...]


def signed_in(session: Session, on: date) -> SignedIn | None:
    """Whom the request acts for; a wrong or ended token is nobody, whatever cookie comes with it."""
    token = bearer_token()
    if token:
        opened = sessions.find(session, token, on, "token")
        return SignedIn(opened.account, opened.seats) if opened else None
    if not current_user.is_authenticated:
        return None
    found = cast("TapakSession", browser_session).found
    return SignedIn(current_user, found.seats if found else positions.seats(session, on))
