"""Accounts and their server-side sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_security import RoleMixin, UserMixin
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tapak.db.base import CURRENT_TENANT, Base, TenantRow, tenant_key
from tapak.tenants.models import Agency, PositionHolder


class Account(TenantRow, Base, UserMixin):
    """A person who signs in. ``agency_id`` makes it an applicant's account; officials hold positions.

    ``fs_uniquifier`` is Flask-Security's identity of the account; ``admin`` may shape the tenant.
    """

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("tenant_id", "email"),
        UniqueConstraint("tenant_id", "fs_uniquifier"),
        tenant_key("agency_id", Agency),
    )

    email: Mapped[str]
    password: Mapped[str]
    name: Mapped[str]
    nip: Mapped[str] = mapped_column(server_default="")
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    admin: Mapped[bool] = mapped_column(server_default=text("false"))
    fs_uniquifier: Mapped[str]
    agency_id: Mapped[int | None]
    language: Mapped[str] = mapped_column(server_default="id")
    roles: list[RoleMixin] = []


class WebSession(TenantRow, Base):
    """A signed-in browser or API client; gone at logout.

    ``token_hash`` is the SHA-256 of the cookie's or bearer token's value, which is never stored. ``kind`` is browser
    or token.
    """

    __tablename__ = "web_session"
    __table_args__ = (
        UniqueConstraint("tenant_id", "token_hash"),
        CheckConstraint("kind in ('browser', 'token')", name="kind"),
        tenant_key("account_id", Account),
        Index("ix_web_session_expires_at", "expires_at"),
    )

    token_hash: Mapped[str]
    kind: Mapped[str]
    account_id: Mapped[int | None]
    content: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]


class SignInFailure(Base):
    """Failed sign-ins of late. ``subject`` is ``pair:`` with network and e-mail, ``address:`` with the network alone or
    ``account:`` with the e-mail alone."""

    __tablename__ = "sign_in_failure"

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True, server_default=CURRENT_TENANT)
    subject: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    since: Mapped[datetime] = mapped_column(server_default=func.now())


# A room's tables stand by themselves: a foreign key that points up is added by the room that it points at.
PositionHolder.metadata.tables["position_holder"].append_constraint(tenant_key("account_id", Account))
