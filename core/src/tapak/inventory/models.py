"""What was given to whom: services, names and addresses."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tapak.accounts.models import Account
from tapak.db.base import Base, TenantRow, tenant_key
from tapak.tenants.models import Agency

IMPORTED = "tapak.imported"
"""A service's ``procedure`` where it is a name that stood in a zone before Tapak knew it."""


class Service(TenantRow, Base):
    """An active service (Layanan aktif): what an approved request leads to and what its resources belong to.

    Only what was found in a zone (:data:`IMPORTED`; its ``title`` is the name) may belong to no unit yet.

    ``state``: reserved (approved), provisioning, live, failed, suspended, ended. ``expires_on`` is the last day of its
    term (None: it has none); ``suspended_at`` says since when it is to be suspended. ``current`` are answers that
    changes laid over those of its request. ``deactivated_at``: it was ended, and only what is kept for a time remains.
    """

    __tablename__ = "service"
    __table_args__ = (
        CheckConstraint("state in ('reserved', 'provisioning', 'live', 'failed', 'suspended', 'ended')", name="state"),
        CheckConstraint(f"agency_id is not null or procedure = '{IMPORTED}'", name="unit"),
        tenant_key("agency_id", Agency),
        Index("ix_service_agency_id", "tenant_id", "agency_id"),
        Index("ix_service_imported", "tenant_id", "title", postgresql_where=text(f"procedure = '{IMPORTED}'")),
    )

    title: Mapped[str]
    procedure: Mapped[str]
    agency_id: Mapped[int | None]
    request_id: Mapped[int | None]
    state: Mapped[str] = mapped_column(server_default="reserved")
    live_at: Mapped[datetime | None]
    expires_on: Mapped[date | None]
    suspended_at: Mapped[datetime | None]
    current: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    deactivated_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ExpiryReminder(TenantRow, Base):
    """A reminder that a service's term ends: ``days`` before ``expires_on`` (as the agency sets it)."""

    __tablename__ = "expiry_reminder"
    __table_args__ = (
        UniqueConstraint("tenant_id", "service_id", "expires_on", "days"),
        tenant_key("service_id", Service),
    )

    service_id: Mapped[int]
    expires_on: Mapped[date]
    days: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Renewal(TenantRow, Base):
    """A unit's request to go on with a service (pendaftaran ulang); ``approved`` None: not decided yet.

    ``reason`` says why it wasn't approved.
    """

    __tablename__ = "renewal"
    __table_args__ = (
        tenant_key("service_id", Service),
        Index("ix_renewal_open", "tenant_id", "service_id", unique=True, postgresql_where=text("approved is null")),
    )

    service_id: Mapped[int]
    account_id: Mapped[int]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    responsible_officer: Mapped[str]
    approved: Mapped[bool | None]
    reason: Mapped[str] = mapped_column(server_default="")
    decided_by: Mapped[str] = mapped_column(server_default="")
    decided_at: Mapped[datetime | None]


class Emergency(TenantRow, Base):
    """A service that was taken off the net at once (penonaktifan darurat); its letter follows until ``letter_due``.

    ``settled_at``: the letter has come; ``restored_at``: the service was brought back.
    """

    __tablename__ = "emergency"
    __table_args__ = (
        tenant_key("service_id", Service),
        tenant_key("account_id", Account),
        Index("ix_emergency_open", "tenant_id", "service_id", unique=True, postgresql_where=text("settled_at is null")),
    )

    service_id: Mapped[int]
    reason: Mapped[str]
    account_id: Mapped[int]
    declared_by: Mapped[str]
    declared_at: Mapped[datetime] = mapped_column(server_default=func.now())
    letter_due: Mapped[datetime]
    letter_number: Mapped[str] = mapped_column(server_default="")
    letter_date: Mapped[date | None]
    settled_by: Mapped[str] = mapped_column(server_default="")
    settled_at: Mapped[datetime | None]
    restored_at: Mapped[datetime | None]


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
