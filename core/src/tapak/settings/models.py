"""Changes of settings, as they were made: never altered, never lost."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, func
from sqlalchemy.orm import Mapped, mapped_column

from tapak.db.base import Base, TenantRow, tenant_key


class SettingChange(TenantRow, Base):
    """One change of one section. ``before`` and ``after`` hold the settings that differ; one that isn't there has its
    default.

    ``effective_from`` is the tenant's day on which it counts; until then a row of ``wake`` waits for it. ``undoes`` is
    the change that it takes back. ``account_id`` None means the command line; ``made_by`` is the name at that time.
    """

    __tablename__ = "setting_change"
    __table_args__ = (
        tenant_key("account_id", "account"),
        tenant_key("undoes", "setting_change"),
        Index("ix_setting_change_section", "tenant_id", "section"),
    )

    section: Mapped[str]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    effective_from: Mapped[date]
    note: Mapped[str]
    account_id: Mapped[int | None]
    made_by: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    undoes: Mapped[int | None]
