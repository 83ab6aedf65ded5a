"""Who sends this request: by bearer token, else by browser session."""

from __future__ import annotations

from flask import request
from flask_security import current_user
from sqlalchemy.orm import Session

from tapak.accounts import sessions
from tapak.accounts.models import Account

BEARER = "Bearer "


def bearer_token() -> str:
    """The request's bearer token (RFC 6750), or nothing."""
    header = request.headers.get("Authorization", "")
    return header[len(BEARER) :].strip() if header.startswith(BEARER) else ""


def account_of_request(session: Session) -> Account | None:
    """The account that the request acts for; a wrong or ended token is nobody, whatever cookie comes with it."""
    token = bearer_token()
    if token:
        opened = sessions.find(session, token, "token")
        return opened.account if opened else None
    return current_user if current_user.is_authenticated else None
