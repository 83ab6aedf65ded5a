"""Connections to servers, desired resources with what was observed of them, and the journal of every act."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tapak.db.base import Base, OwnedRow, TenantRow, tenant_key
from tapak.inventory.models import Service


class Connection(TenantRow, Base):
    """A provider's connection to one server of the tenant.

    ``settings`` are the open ones; ``sealed`` holds the secret ones as one age file (None: there are none). ``zones``
    are the DNS zones that go to it; a connection without zones takes the kinds that have none: those of ``kinds``, or
    where that is empty all that its provider serves. One that isn't ``active`` is asked nothing. ``checks`` are the
    lines of its last test (``name``, ``ok``, ``message``), None where there was none since its settings were changed.
    """

    __tablename__ = "connection"
    __table_args__ = (UniqueConstraint("tenant_id", "key"),)

    key: Mapped[str]
    provider: Mapped[str]
    title: Mapped[str]
    settings: Mapped[dict[str, Any]]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    zones: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    kinds: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    checks: Mapped[list[Any] | None]
    checked_at: Mapped[datetime | None]


DRIFTED_CODE = "drifted"
"""A resource's ``reason_code`` where it was changed by hand."""


class Resource(OwnedRow, Base):
    """One desired resource of a service.

    ``spec`` is what is wanted (None: to be gone), ``applied`` what was last verified as live (None: never); both as
    ``tapak.sdk.resources.spec_to_json`` writes them. ``generation`` counts what was wanted, ``observed_generation`` is
    the one last verified. ``probes`` is what the last verification saw; ``drift`` what was found changed by hand.
    ``override`` is an officer's act: what stands there, foreign or changed by hand, may be replaced. A row that is
    gone holds its identity no longer. ``removal``: it was declared to be removed. ``suspended_spec`` is what is wanted
    again when its service is restored. After ``remove_after`` it is removed by itself. ``outputs`` and
    ``sealed_outputs`` (an armored age file) are what ``apply`` gave for ``outputs_generation`` (0: nothing yet);
    ``given`` says which generations of others' outputs it was given.
    """

    __tablename__ = "resource"
    __table_args__ = (
        Index(
            "ix_resource_identity",
            "tenant_id",
            "kind",
            "identity",
            unique=True,
            postgresql_where=text("state <> 'gone'"),
        ),
        Index(
            "ix_resource_trouble",
            "tenant_id",
            "id",
            postgresql_where=text("state = 'failed' or drift is not null"),
        ),
        Index(
            "ix_resource_remove_after", "tenant_id", "remove_after", postgresql_where=text("remove_after is not null")
        ),
        UniqueConstraint("tenant_id", "service_id", "key"),
        CheckConstraint(
            "state in ('planned', 'applying', 'verifying', 'live', 'failed', 'removing', 'gone')", name="state"
        ),
        tenant_key("service_id", Service),
        tenant_key("connection_id", Connection),
    )

    service_id: Mapped[int]
    connection_id: Mapped[int]
    key: Mapped[str]
    kind: Mapped[str]
    identity: Mapped[str]
    spec: Mapped[dict[str, Any] | None]
    applied: Mapped[dict[str, Any] | None]
    needs: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    generation: Mapped[int] = mapped_column(server_default=text("1"))
    observed_generation: Mapped[int] = mapped_column(server_default=text("0"))
    state: Mapped[str] = mapped_column(server_default="planned")
    reason: Mapped[str] = mapped_column(server_default="")
    reason_code: Mapped[str] = mapped_column(server_default="")
    outputs: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    sealed_outputs: Mapped[str | None]
    outputs_generation: Mapped[int] = mapped_column(server_default=text("0"))
    given: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    probes: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    drift: Mapped[dict[str, Any] | None]
    override: Mapped[bool] = mapped_column(server_default=text("false"))
    suspended_spec: Mapped[dict[str, Any] | None]
    removal: Mapped[bool] = mapped_column(server_default=text("false"))
    remove_after: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class JournalEntry(OwnedRow, Base):
    """One line of what was done to a resource: written and committed before the act it tells of.

    ``phase``: intent (about to apply ``spec``; None: to remove it), applied, verified, failed, drift, adopted (an
    officer takes a foreign thing over), repair (an officer has a change by hand undone), challenge (about to have
    ``spec`` stand for a moment) or challenge_ended.
    """

    __tablename__ = "journal_entry"
    __table_args__ = (
        tenant_key("resource_id", Resource),
        Index("ix_journal_entry_resource_id", "tenant_id", "resource_id", "id"),
        Index(
            "ix_journal_entry_seen",
            "tenant_id",
            "resource_id",
            "id",
            postgresql_where=text("phase in ('verified', 'adopted')"),
        ),
    )

    resource_id: Mapped[int]
    generation: Mapped[int]
    fence: Mapped[int] = mapped_column(server_default=text("0"))
    phase: Mapped[str]
    spec: Mapped[dict[str, Any] | None]
    detail: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class ZoneState(TenantRow, Base):
    """Where the drift check of a zone stands: the serial up to which changes were looked at.

    ``whole_at`` says when it was last read whole (None: never since that is noted).
    """

    __tablename__ = "zone_state"
    __table_args__ = (UniqueConstraint("tenant_id", "connection_id", "zone"), tenant_key("connection_id", Connection))

    connection_id: Mapped[int]
    zone: Mapped[str]
    serial: Mapped[int]
    checked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    whole_at: Mapped[datetime | None]


class ZoneIntake(TenantRow, Base):
    """A record set on its way from a zone into the inventory: there while a transaction takes it in, never after."""

    __tablename__ = "zone_intake"

    name: Mapped[str]
    type: Mapped[str]
    identity: Mapped[str]
    spec: Mapped[dict[str, Any]]
    service_id: Mapped[int | None]
