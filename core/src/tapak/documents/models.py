"""Every paper: uploaded, scanned or made; and files on their way here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tapak.accounts.models import Account
from tapak.db.base import Base, TenantRow, tenant_key

DISCARDED = "discarded"


class PartialUpload(TenantRow, Base):
    """A file that is sent in pieces and isn't whole yet; ``size`` is what it will have, in bytes.

    Its bytes lie in the document store under the row's id, and their number is the offset. ``mark`` is the sender's own
    word for the file, by which it is found again. ``checked`` says whether every piece so far came with its digest.
    """

    __tablename__ = "partial_upload"
    __table_args__ = (
        tenant_key("account_id", Account),
        Index("ix_partial_upload_task_id", "tenant_id", "task_id"),
    )

    request_id: Mapped[int]
    task_id: Mapped[int]
    account_id: Mapped[int]
    kind: Mapped[str]
    filename: Mapped[str]
    size: Mapped[int]
    mark: Mapped[str] = mapped_column(server_default="")
    checked: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    moved_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Document(TenantRow, Base):
    """A paper of a request. Its bytes lie in the document store under ``sha256``.

    A made paper starts ``pending`` with ``template`` and ``context`` and becomes ``ready`` when a worker has rendered
    it; ``number`` was taken in the transaction that asked for it. An upload that another one replaced, or whose draft
    was deleted, is ``discarded``; its bytes are swept a day later, and ``sha256`` is empty then. ``reader_position`` is
    the key of the position that it reports to, or empty.
    """

    __tablename__ = "document"
    __table_args__ = (
        CheckConstraint("state in ('pending', 'ready', 'failed', 'discarded')", name="state"),
        tenant_key("account_id", Account),
        Index("ix_document_request_id", "tenant_id", "request_id"),
        Index("ix_document_reader_position", "tenant_id", "reader_position", "id"),
        Index(
            "ix_document_discarded",
            "tenant_id",
            "id",
            postgresql_where=text("state = 'discarded' and sha256 <> ''"),
        ),
    )

    request_id: Mapped[int]
    task_id: Mapped[int | None]
    account_id: Mapped[int | None]
    kind: Mapped[str]
    title: Mapped[str] = mapped_column(server_default="")
    filename: Mapped[str]
    media_type: Mapped[str] = mapped_column(server_default="application/pdf")
    size: Mapped[int] = mapped_column(server_default=text("0"))
    sha256: Mapped[str] = mapped_column(server_default="")
    revision: Mapped[int] = mapped_column(server_default=text("0"))
    state: Mapped[str] = mapped_column(server_default="ready")
    problem: Mapped[str] = mapped_column(server_default="")
    number: Mapped[str] = mapped_column(server_default="")
    template: Mapped[str] = mapped_column(server_default="")
    context: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    for_applicant: Mapped[bool] = mapped_column(server_default=text("true"))
    reader_position: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
