"""The typed declarative base, and what every tenant's table has."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, ForeignKeyConstraint, Identity, MetaData, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

CURRENT_TENANT = text("current_setting('tapak.tenant')::bigint")


class Base(DeclarativeBase):
    """States are text with a CHECK, never a PostgreSQL enum: row-level security keeps enums from their indexes."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        int: BigInteger,
        str: Text,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB(none_as_null=True),
        list[Any]: JSONB(none_as_null=True),
    }


class TenantRow:
    """A row of one tenant: the key starts with the tenant, which the database fills in from the session's scope."""

    tenant_id: Mapped[int] = mapped_column(
        ForeignKey("tenant.id"), primary_key=True, server_default=CURRENT_TENANT, sort_order=-2
    )
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True, sort_order=-1)


class OwnedRow:
    """A tenant's row that always belongs to another row of it: by a key of both, or (audit) to its chain's head.

    That one has the key to the tenant; a second would read and lock the tenant's row at every step.
    """

    tenant_id: Mapped[int] = mapped_column(primary_key=True, server_default=CURRENT_TENANT, sort_order=-2)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True, sort_order=-1)


def tenant_key(column: str, target: type[Base] | str) -> ForeignKeyConstraint:
    """A foreign key that can't leave the tenant: ``(tenant_id, column)`` to ``target`` (a name: the class itself)."""
    table = target if isinstance(target, str) else target.__tablename__
    return ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"])
