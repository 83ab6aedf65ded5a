"""Testing a connection, where secrets can be opened: in a worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from pyrage.x25519 import Identity  # type: ignore[import-untyped]
from sqlalchemy import func, update
from sqlalchemy.orm import Session

from tapak.db.session import TENANT
from tapak.plugins import Registry
from tapak.provisioning.connections import check_connection
from tapak.provisioning.models import Connection

LONGEST = 600.0
"""Seconds after which a test is given up, and begun anew by whoever takes over."""


def find(session: Session, connection_id: int) -> Connection | None:
    """The connection that is to be tested, unless it is gone."""
    return session.get(Connection, (session.info[TENANT], connection_id), populate_existing=True)


def carry_out(session: Session, connection: Connection, plugins: Registry, identities: Sequence[Identity]) -> None:
    """Test ``connection`` with no transaction open, and keep what its provider says."""
    session.commit()
    told = [asdict(line) for line in check_connection(connection, plugins, identities)]
    here = (Connection.tenant_id == connection.tenant_id, Connection.id == connection.id)
    session.execute(update(Connection).where(*here).values(checks=told, checked_at=func.clock_timestamp()))
