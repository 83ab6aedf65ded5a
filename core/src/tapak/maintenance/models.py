"""Planned maintenance and whom it concerns."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tapak.accounts.models import Account
from tapak.db.base import Base, TenantRow, tenant_key
from tapak.inventory.models import Service


class Maintenance(TenantRow, Base):
    """Maintenance that an officer planned, from ``starts_at`` to ``ends_at``; ``account_id`` is that officer's.

    ``register`` is the key of the book that it is written into when it is done. It concerns every service where
    ``everything``, else those that use one of ``connections`` (keys) and those of :class:`MaintainedService`.
    ``state``: planned, done (with ``result``) or cancelled (``result`` says why); ``closed_at`` is when that was told.
    """

    __tablename__ = "maintenance"
    __table_args__ = (
        CheckConstraint("state in ('planned', 'done', 'cancelled')", name="state"),
        CheckConstraint("ends_at > starts_at", name="times"),
        tenant_key("account_id", Account),
        Index("ix_maintenance_ends_at", "tenant_id", "ends_at"),
    )

    register: Mapped[str]
    kind: Mapped[str]
    work: Mapped[str]
    place: Mapped[str]
    effect: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    everything: Mapped[bool] = mapped_column(server_default=text("false"))
    connections: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    state: Mapped[str] = mapped_column(server_default="planned")
    result: Mapped[str] = mapped_column(server_default="")
    number: Mapped[str] = mapped_column(server_default="")
    account_id: Mapped[int]
    planned_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    closed_by: Mapped[str] = mapped_column(server_default="")
    closed_at: Mapped[datetime | None]


class MaintainedService(TenantRow, Base):
    """A service that a maintenance names; once that is closed, each that it concerned."""

    __tablename__ = "maintained_service"
    __table_args__ = (
        UniqueConstraint("tenant_id", "maintenance_id", "service_id"),
        tenant_key("maintenance_id", Maintenance),
        tenant_key("service_id", Service),
    )

    maintenance_id: Mapped[int]
    service_id: Mapped[int]
