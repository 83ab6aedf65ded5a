"""One-time links to passwords, and what was last seen of a service at its servers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tapak.db.base import Base, TenantRow, tenant_key
from tapak.inventory.models import Service
from tapak.provisioning.models import Resource


class OneTimeLink(TenantRow, Base):
    """A link by which a unit sees one password, once.

    Its token is an age identity that is stored nowhere; ``recipient`` is the public half. ``sealed`` (an armored age
    file, None: not there yet, or opened) holds the password for it alone. ``opened_by`` and ``opened_at`` are the
    receipt; ``problem`` says in Indonesian why the password can't be had.
    """

    __tablename__ = "one_time_link"
    __table_args__ = (
        UniqueConstraint("tenant_id", "recipient"),
        tenant_key("resource_id", Resource),
        Index("ix_one_time_link_resource_id", "tenant_id", "resource_id", "id"),
    )

    resource_id: Mapped[int]
    recipient: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    sealed: Mapped[str | None]
    problem: Mapped[str] = mapped_column(server_default="")
    opened_by: Mapped[str] = mapped_column(server_default="")
    opened_at: Mapped[datetime | None]


class ServiceLook(TenantRow, Base):
    """What a worker last saw of a service, for its unit's page.

    ``figures`` are facts as ``tapak.sdk.resources.Fact`` has them; ``sites`` maps a site's name to ``{releases, access,
    errors, problem}``, as ``tapak.sdk.observing`` has them. ``taken_at`` is None until the first look ended.
    """

    __tablename__ = "service_look"
    __table_args__ = (UniqueConstraint("tenant_id", "service_id"), tenant_key("service_id", Service))

    service_id: Mapped[int]
    figures: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    sites: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    taken_at: Mapped[datetime | None]
