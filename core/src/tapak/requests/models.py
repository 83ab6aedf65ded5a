"""Requests, their revisions and tasks, deadlines and registers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tapak.accounts.models import Account
from tapak.db.base import Base, OwnedRow, TenantRow, tenant_key
from tapak.documents.models import Document
from tapak.inventory.models import Service
from tapak.tenants.models import Agency, Position


class Snapshot(TenantRow, Base):
    """A procedure's declaration, with the tenant's settings resolved, as requests keep it; never changed."""

    __tablename__ = "snapshot"
    __table_args__ = (UniqueConstraint("tenant_id", "hash"),)

    hash: Mapped[str]
    code: Mapped[str]
    content: Mapped[dict[str, Any]]
    settings: Mapped[dict[str, Any]]


class Request(TenantRow, Base):
    """A request (permohonan). ``version`` counts every change and is what a decision must have seen.

    ``number`` and ``tracking_code`` are empty while it is a draft. ``promised_end`` is the expected end told at
    submission; ``expected_end`` the one now. ``before`` is set where the request goes on with a service that was there:
    the ``request_id`` that it came of until then and its ``resources``, to be given back where this comes to nothing,
    and with the first declaration what was ``declared``. A request for a ``change`` (of
    ``tapak.sdk.concerned.CHANGE_KINDS``) concerns a service of before; ``stood`` is how that was when the change began
    to be carried out.
    """

    __tablename__ = "request"
    __table_args__ = (
        CheckConstraint(
            "state in ('draft', 'submitted', 'in_process', 'returned', 'refused', 'done', 'cancelled')", name="state"
        ),
        tenant_key("snapshot_id", Snapshot),
        tenant_key("agency_id", Agency),
        tenant_key("applicant_id", Account),
        tenant_key("service_id", Service),
        tenant_key("concerns_id", Service),
        Index("ix_request_service_id", "tenant_id", "service_id", postgresql_where=text("service_id is not null")),
        Index("ix_request_concerns_id", "tenant_id", "concerns_id", postgresql_where=text("concerns_id is not null")),
        Index("ix_request_number", "tenant_id", "number", unique=True, postgresql_where=text("number <> ''")),
        Index("ix_request_agency_id", "tenant_id", "agency_id", "id"),
        Index("ix_request_running", "tenant_id", "id", postgresql_where=text("ended_at is null")),
    )

    snapshot_id: Mapped[int]
    procedure: Mapped[str]
    number: Mapped[str] = mapped_column(server_default="")
    tracking_code: Mapped[str] = mapped_column(server_default="")
    subject: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(server_default="draft")
    agency_id: Mapped[int]
    applicant_id: Mapped[int]
    service_id: Mapped[int | None]
    concerns_id: Mapped[int | None]
    change: Mapped[str] = mapped_column(server_default="")
    stood: Mapped[dict[str, Any] | None]
    before: Mapped[dict[str, Any] | None]
    revision: Mapped[int] = mapped_column(server_default=text("0"))
    answers: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    step: Mapped[str]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    submitted_at: Mapped[datetime | None]
    promised_end: Mapped[datetime | None]
    expected_end: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(server_default="")

    @property
    def works_on(self) -> int | None:
        """The service whose resources it brings about: the one that it changes, else its own."""
        return self.concerns_id or self.service_id


class RequestLink(TenantRow, Base):
    """Two requests that belong together; the older one stands first."""

    __tablename__ = "request_link"
    __table_args__ = (
        UniqueConstraint("tenant_id", "request_id", "other_id"),
        CheckConstraint("request_id < other_id", name="ends"),
        tenant_key("request_id", Request),
        tenant_key("other_id", Request),
        Index("ix_request_link_other_id", "tenant_id", "other_id"),
    )

    request_id: Mapped[int]
    other_id: Mapped[int]
    account_id: Mapped[int]
    linked_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Revision(OwnedRow, Base):
    """One submission with all its answers; a return opens the next one, and no row is ever lost."""

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("tenant_id", "request_id", "number"), tenant_key("request_id", Request))

    request_id: Mapped[int]
    number: Mapped[int]
    answers: Mapped[dict[str, Any]]
    submitted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    account_id: Mapped[int]


class Task(OwnedRow, Base):
    """One step's turn with one actor: a position's, or the applicant's unit's (``agency_id``).

    ``draft`` is what the form holds before it is finished; ``input`` what it was finished with. ``waiting`` and
    ``working`` are seconds of working time, kept apart, stored when it ends.

    ``deadline`` is its place in its actor's inbox: ``due_at`` once begun, before that ``start_by``, None once it has
    ended. ``escalated_to`` is the position that sees it too since it is overdue.
    """

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint("state in ('open', 'started', 'finished', 'cancelled')", name="state"),
        CheckConstraint("(position_id is null) <> (agency_id is null)", name="actor"),
        tenant_key("request_id", Request),
        tenant_key("position_id", Position),
        tenant_key("agency_id", Agency),
        Index("ix_task_request_id", "tenant_id", "request_id", "id"),
        Index(
            "ix_task_open",
            "tenant_id",
            "request_id",
            unique=True,
            postgresql_where=text("state in ('open', 'started')"),
        ),
        *(
            Index(
                f"ix_task_{way}",
                "tenant_id",
                way,
                "deadline",
                "id",
                postgresql_where=text(f"{way} is not null and deadline is not null"),
            )
            for way in ("position_id", "agency_id", "escalated_to")
        ),
    )

    request_id: Mapped[int]
    step: Mapped[str]
    revision: Mapped[int]
    position_id: Mapped[int | None]
    agency_id: Mapped[int | None]
    state: Mapped[str] = mapped_column(server_default="open")
    arrived_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    started_by: Mapped[int | None]
    finished_at: Mapped[datetime | None]
    finished_by: Mapped[int | None]
    actor: Mapped[str] = mapped_column(server_default="")
    acting_as: Mapped[str] = mapped_column(server_default="")
    outcome: Mapped[str] = mapped_column(server_default="")
    draft: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    input: Mapped[dict[str, Any] | None]
    facts: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    facts_at: Mapped[datetime | None]
    waiting: Mapped[int | None]
    working: Mapped[int | None]
    start_by: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    deadline: Mapped[datetime | None]
    escalated_to: Mapped[int | None]
    note: Mapped[str] = mapped_column(server_default="")


class Pause(TenantRow, Base):
    """A stretch in which a task's clock stands still. ``until`` None: it still stands."""

    __tablename__ = "pause"
    __table_args__ = (tenant_key("task_id", Task),)

    task_id: Mapped[int]
    since: Mapped[datetime] = mapped_column(server_default=func.now())
    until: Mapped[datetime | None]


class RegisterRow(TenantRow, Base):
    """A row of a register (buku agenda, disposisi, …). ``words`` is what a search looks through.

    ``task_id`` is None where no step wrote it but a worker (a backup that ran). A row that was written by hand belongs
    to no request, and ``author`` says who wrote it, as what.
    """

    __tablename__ = "register_row"
    __table_args__ = (
        tenant_key("request_id", Request),
        CheckConstraint("(request_id is null) = (author <> '')", name="origin"),
        Index("ix_register_row_register", "tenant_id", "register", "id"),
        Index("ix_register_row_created_at", "tenant_id", "register", "created_at"),
        Index("ix_register_row_request_id", "tenant_id", "request_id"),
    )

    register: Mapped[str]
    number: Mapped[str] = mapped_column(server_default="")
    request_id: Mapped[int | None]
    task_id: Mapped[int | None]
    author: Mapped[str] = mapped_column(server_default="")
    content: Mapped[dict[str, Any]]
    words: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SealedEntry(TenantRow, Base):
    """A row of a sealed register: ``sealed`` is an age file to ``recipients``, the agency's keys of that moment.

    ``seq`` counts from 1 in its register. ``hash`` is the SHA-256 of ``sealed``; ``previous`` that of the entry before,
    which also stands inside.
    """

    __tablename__ = "sealed_entry"
    __table_args__ = (UniqueConstraint("tenant_id", "register", "seq"), tenant_key("request_id", Request))

    register: Mapped[str]
    seq: Mapped[int]
    request_id: Mapped[int]
    task_id: Mapped[int]
    previous: Mapped[str]
    hash: Mapped[str]
    recipients: Mapped[list[Any]]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class RegisterImport(TenantRow, Base):
    """A file that was imported into a register; the newest one's rows are what the register holds.

    ``imported_on`` is the tenant's day; ``filename`` and ``sha256`` are the file's.
    """

    __tablename__ = "register_import"
    __table_args__ = (Index("ix_register_import_register", "tenant_id", "register", "id"),)

    register: Mapped[str]
    imported_on: Mapped[date]
    filename: Mapped[str]
    sha256: Mapped[str]
    rows: Mapped[int]
    account_id: Mapped[int | None]
    imported_by: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ImportedRow(TenantRow, Base):
    """A row of an imported file. ``words`` is what a search looks through."""

    __tablename__ = "imported_row"
    __table_args__ = (
        tenant_key("import_id", RegisterImport),
        Index("ix_imported_row_import_id", "tenant_id", "import_id", "id"),
    )

    import_id: Mapped[int]
    content: Mapped[dict[str, Any]]
    words: Mapped[str] = mapped_column(server_default="")


class IdempotencyKey(TenantRow, Base):
    """The answer to a POST that came with an ``Idempotency-Key``, so that sending it again does nothing again.

    ``digest`` is of method, path and body: the same key with another request is refused.
    """

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("tenant_id", "account_id", "key"), tenant_key("account_id", Account))

    account_id: Mapped[int]
    key: Mapped[str]
    digest: Mapped[str]
    status: Mapped[int | None]
    body: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


# A room's tables stand by themselves: a foreign key that points up is added by the room that it points at.
Document.metadata.tables["document"].append_constraint(tenant_key("request_id", Request))
