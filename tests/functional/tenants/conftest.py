"""Accounts and positions of a tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from sqlalchemy.orm import Session

from tapak.accounts.models import Account
from tapak.db.session import Database
from tapak.tenants.models import Position, PositionHolder, Tenant

Hold = Callable[..., Account]


@pytest.fixture
def session(database: Database, tenant: Tenant) -> Iterator[Session]:
    """A transaction of ``tenant`` that is rolled back."""
    with database.session(tenant.id) as opened:
        yield opened


@pytest.fixture
def kadis(session: Session) -> Position:
    """A position."""
    return _position(session, "kadis", "Kepala Dinas")


@pytest.fixture
def kabid(session: Session) -> Position:
    """Another one, whose substitute is the first."""
    return _position(session, "kabid", "Kepala Bidang")


def _position(session: Session, key: str, title: str) -> Position:
    position = Position(key=key, title=title)
    session.add(position)
    session.flush()
    return position


@pytest.fixture
def hold(session: Session) -> Hold:
    """Let a new account hold a position."""

    def add(position: Position, name: str, first: date, last: date | None = None, kind: str = "definitive") -> Account:
        account = Account(email=f"{name}@contoh.example", password="-", name=name, fs_uniquifier=name)
        session.add(account)
        session.flush()
        session.add(
            PositionHolder(
                position_id=position.id, account_id=account.id, kind=kind, valid_from=first, valid_until=last
            )
        )
        session.flush()
        return account

    return add
