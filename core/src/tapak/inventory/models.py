"""What was given to whom: services, names and addresses."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from tapak.db.base import Base, TenantRow, tenant_key
from tapak.tenants.models import Agency


class Service(TenantRow, Base):
    """An active service (Layanan aktif): what an approved request leads to and what its resources belong to.

    ``state``: reserved (approved), provisioning, live, failed, ended.
    """

    __tablename__ = "service"
    __table_args__ = (
        CheckConstraint("state in ('reserved', 'provisioning', 'live', 'failed', 'ended')", name="state"),
        tenant_key("agency_id", Agency),
        Index("ix_service_agency_id", "tenant_id", "agency_id"),
    )

    title: Mapped[str]
    procedure: Mapped[str]
    agency_id: Mapped[int]
    request_id: Mapped[int | None]
    state: Mapped[str] = mapped_column(server_default="reserved")
    live_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class HeldName(TenantRow, Base):
    """A name that is given, reserved or known to be taken: the inventory's answer to "is it free?".

    ``state``: reserved, live, quarantined (until ``until``) or foreign (found in the zone, not ours).
    """

    __tablename__ = "held_name"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name"),
        CheckConstraint("state in ('reserved', 'live', 'quarantined', 'foreign')", name="state"),
        tenant_key("service_id", Service),
    )

    name: Mapped[str]
    service_id: Mapped[int | None]
    state: Mapped[str] = mapped_column(server_default="reserved")
    until: Mapped[datetime | None]


class Address(TenantRow, Base):
    """A public address of the tenant. ``shared`` ones serve many names; others belong to one service at most."""

    __tablename__ = "address"
    __table_args__ = (UniqueConstraint("tenant_id", "address"), tenant_key("service_id", Service))

    address: Mapped[str]
    shared: Mapped[bool]
    service_id: Mapped[int | None]
    note: Mapped[str] = mapped_column(server_default="")
