"""What every run of a backup, and every test of one, came to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from tapak.db.base import Base, TenantRow, tenant_key
from tapak.provisioning.models import Resource

RUNNING, SUCCEEDED, FAILED, INTERRUPTED = "running", "succeeded", "failed", "interrupted"


class BackupRun(TenantRow, Base):
    """One run. ``kind`` is ``back_up`` or ``test_restore``; ``size`` is in bytes; ``problem`` in Indonesian.

    ``content`` of a run: folders with their number of files, and row counts by database. Of a test: how many files
    and tables were compared, and the first that differ.
    """

    __tablename__ = "backup_run"
    __table_args__ = (
        CheckConstraint("kind in ('back_up', 'test_restore')", name="kind"),
        CheckConstraint("outcome in ('running', 'succeeded', 'failed', 'interrupted')", name="outcome"),
        tenant_key("resource_id", Resource),
        Index("ix_backup_run_resource_id", "tenant_id", "resource_id", "kind", "id"),
    )

    resource_id: Mapped[int]
    kind: Mapped[str]
    outcome: Mapped[str] = mapped_column(server_default=RUNNING)
    snapshot: Mapped[str] = mapped_column(server_default="")
    size: Mapped[int | None]
    problem: Mapped[str] = mapped_column(server_default="")
    content: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    began_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    ended_at: Mapped[datetime | None]
