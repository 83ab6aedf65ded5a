"""Tenants, their hosts and zones, units, positions with dated holders, calendar, settings and running numbers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tapak.db.base import Base, TenantRow, tenant_key


class Tenant(Base):
    """One agency (Pemda's Diskominfo). Readable without a scope, since a request's host is resolved here.

    ``letterhead`` holds ``lines`` (list of text), ``place`` and ``paper`` (A4 or F4); ``calendar`` the working week as
    ``tapak.engine.working_time`` writes it; ``recipient`` is the age recipient that secrets are sealed to.
    """

    __tablename__ = "tenant"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    agency: Mapped[str]
    time_zone: Mapped[str]
    letterhead: Mapped[dict[str, Any]]
    calendar: Mapped[dict[str, Any]]
    settings: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    recipient: Mapped[str] = mapped_column(server_default="")
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class TenantHost(Base):
    """A host name (without port) that means one tenant."""

    __tablename__ = "tenant_host"

    host: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    tenant: Mapped[Tenant] = relationship(lazy="joined")


class Zone(TenantRow, Base):
    """A zone below which names are given. ``legacy`` zones are served on but take no new names."""

    __tablename__ = "zone"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    name: Mapped[str]
    legacy: Mapped[bool] = mapped_column(server_default=text("false"))


class Agency(TenantRow, Base):
    """A unit that applies (Perangkat Daerah). ``kind`` is dinas, badan, rsud, kecamatan, kelurahan, desa or other."""

    __tablename__ = "agency"
    __table_args__ = (UniqueConstraint("tenant_id", "key"),)

    key: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="dinas")
    address: Mapped[str] = mapped_column(server_default="")


class Position(TenantRow, Base):
    """An official position (jabatan).

    ``superior_id`` takes what is overdue, ``substitute_id`` the decisions on an own request.
    """

    __tablename__ = "position"
    __table_args__ = (
        UniqueConstraint("tenant_id", "key"),
        tenant_key("superior_id", "position"),
        tenant_key("substitute_id", "position"),
    )

    key: Mapped[str]
    title: Mapped[str]
    unit: Mapped[str] = mapped_column(server_default="")
    superior_id: Mapped[int | None]
    substitute_id: Mapped[int | None]
    ordering: Mapped[int] = mapped_column(server_default=text("0"))


class PositionHolder(TenantRow, Base):
    """Who holds a position from ``valid_from`` to ``valid_until`` (inclusive; None: until further notice), and as what.

    ``kind``: definitive, acting_vacant (Plt.) or acting_daily (Plh.); ``decree_number`` is the appointing decree's.
    """

    __tablename__ = "position_holder"
    __table_args__ = (
        CheckConstraint("kind in ('definitive', 'acting_vacant', 'acting_daily')", name="kind"),
        CheckConstraint("valid_until is null or valid_until >= valid_from", name="dates"),
        tenant_key("position_id", Position),
        Index("ix_position_holder_account_id", "tenant_id", "account_id"),
    )

    position_id: Mapped[int]
    account_id: Mapped[int]
    kind: Mapped[str] = mapped_column(server_default="definitive")
    decree_number: Mapped[str] = mapped_column(server_default="")
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    position: Mapped[Position] = relationship(lazy="joined", overlaps="*", viewonly=True)


class CalendarDay(TenantRow, Base):
    """A day on which nobody works. ``kind``: national, joint_leave (cuti bersama) or regional.

    ``estimated`` days are not yet confirmed by decree.
    """

    __tablename__ = "calendar_day"
    __table_args__ = (UniqueConstraint("tenant_id", "day"),)

    day: Mapped[date]
    kind: Mapped[str]
    name: Mapped[str]
    estimated: Mapped[bool] = mapped_column(server_default=text("false"))


class PluginSetting(TenantRow, Base):
    """The stored settings of one plugin (``plugin`` is its prefix), validated by its schema."""

    __tablename__ = "plugin_setting"
    __table_args__ = (UniqueConstraint("tenant_id", "plugin"),)

    plugin: Mapped[str]
    content: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class NumberSeries(TenantRow, Base):
    """A running number (agenda, outgoing letters, a procedure's requests), from 1 each year, never a gap.

    How it is written is the tenant's setting ``numbers`` (tokens in ``tapak.engine.numbering``).
    """

    __tablename__ = "number_series"
    __table_args__ = (UniqueConstraint("tenant_id", "series", "year"),)

    series: Mapped[str]
    year: Mapped[int]
    last: Mapped[int] = mapped_column(server_default=text("0"))
