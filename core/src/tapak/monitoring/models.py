"""What was counted day by day."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from tapak.db.base import Base, TenantRow, tenant_key
from tapak.inventory.models import Service


class UsageDay(TenantRow, Base):
    """What the site ``name`` was asked for on one day of the tenant's clock.

    ``requests`` and ``size`` (bytes sent) are None where the log no longer reached back to that whole day; ``disk`` is
    what it took when it was counted (None: unknown). ``source`` is the title of the server that told.
    """

    __tablename__ = "usage_day"
    __table_args__ = (UniqueConstraint("tenant_id", "name", "day"), tenant_key("service_id", Service))

    service_id: Mapped[int]
    name: Mapped[str]
    day: Mapped[date]
    requests: Mapped[int | None]
    size: Mapped[int | None]
    disk: Mapped[int | None]
    source: Mapped[str]
    counted_at: Mapped[datetime] = mapped_column(server_default=func.now())
