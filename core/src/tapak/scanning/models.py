"""Runs over documents, and what they found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tapak.db.base import Base, TenantRow, tenant_key
from tapak.documents.models import Document


class ScanRun(TenantRow, Base):
    """One run over one document's bytes (``sha256``).

    ``scanners`` holds per scanner ``{name, title, state, version, signatures, signatures_at, problem}``; ``limits`` and
    ``isolation`` what it ran under. ``problem`` is Indonesian.
    """

    __tablename__ = "scan_run"
    __table_args__ = (
        CheckConstraint("state in ('pending', 'running', 'done', 'failed')", name="state"),
        tenant_key("document_id", Document),
        Index("ix_scan_run_document_id", "tenant_id", "document_id"),
        Index("ix_scan_run_request_id", "tenant_id", "request_id"),
    )

    document_id: Mapped[int]
    request_id: Mapped[int]
    document_kind: Mapped[str]
    filename: Mapped[str]
    sha256: Mapped[str]
    revision: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="pending")
    problem: Mapped[str] = mapped_column(server_default="")
    scanners: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    limits: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    isolation: Mapped[dict[str, Any] | None]
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class ScanFinding(TenantRow, Base):
    """One finding of a run, as :class:`tapak.sdk.scanning.Finding` describes it."""

    __tablename__ = "scan_finding"
    __table_args__ = (
        CheckConstraint("severity in ('info', 'low', 'medium', 'high', 'critical')", name="severity"),
        tenant_key("run_id", ScanRun),
        Index("ix_scan_finding_run_id", "tenant_id", "run_id"),
    )

    run_id: Mapped[int]
    scanner: Mapped[str]
    rule: Mapped[str]
    severity: Mapped[str]
    text: Mapped[str]
    file: Mapped[str] = mapped_column(server_default="")
    line: Mapped[int] = mapped_column(server_default="0")
    evidence: Mapped[str] = mapped_column(server_default="")
