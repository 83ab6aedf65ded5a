"""The browser's account, asked for in a way that also holds while an error is told."""

from __future__ import annotations

from typing import cast

from flask import g
from flask_security import current_user

from tapak.accounts.models import Account

BROKEN = "database_away"


def account() -> Account | None:
    """The signed-in account; nobody while the database is away."""
    if g.get(BROKEN):
        return None
    return cast("Account", current_user) if current_user and current_user.is_authenticated else None
