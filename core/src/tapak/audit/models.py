"""The append-only chain: one event for everything that anybody did, hashed onto the event before it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tapak.db.base import CURRENT_TENANT, Base, OwnedRow


class AuditEvent(OwnedRow, Base):
    """One act. ``seq`` counts from 1 per tenant; ``hash`` = SHA-256 over the previous hash and this event's payload.

    A trigger fills ``seq``, ``at``, ``previous`` and ``hash``; the app may insert and select, never update or delete.
    ``acting_as`` is the position, with Plt. or Plh. where the person stood in. ``shown`` events belong to the
    request's timeline that the applicant sees.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        UniqueConstraint("tenant_id", "seq"),
        Index("ix_audit_event_request_id", "tenant_id", "request_id", "seq"),
    )

    seq: Mapped[int] = mapped_column(server_default=text("0"))
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    kind: Mapped[str]
    request_id: Mapped[int | None]
    account_id: Mapped[int | None]
    actor: Mapped[str] = mapped_column(server_default="")
    acting_as: Mapped[str] = mapped_column(server_default="")
    summary: Mapped[str] = mapped_column(server_default="")
    content: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    shown: Mapped[bool] = mapped_column(server_default=text("true"))
    previous: Mapped[str] = mapped_column(server_default="")
    hash: Mapped[str] = mapped_column(server_default="")


class AuditHead(Base):
    """The end of a tenant's chain; only the trigger touches it."""

    __tablename__ = "audit_head"

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True, server_default=CURRENT_TENANT)
    seq: Mapped[int]
    hash: Mapped[str]
