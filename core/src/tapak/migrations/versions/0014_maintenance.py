"""Planned maintenance, and the services that it names"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

HERE = "current_setting('tapak.tenant')::bigint"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    _table(
        "maintenance",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("register", "kind", "work", "place", "effect")),
        sa.Column("starts_at", moment, nullable=False),
        sa.Column("ends_at", moment, nullable=False),
        sa.Column("everything", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("connections", postgresql.JSONB(none_as_null=True), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("state", sa.Text(), server_default="planned", nullable=False),
        sa.Column("result", sa.Text(), server_default="", nullable=False),
        sa.Column("number", sa.Text(), server_default="", nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("planned_by", sa.Text(), nullable=False),
        sa.Column("created_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("closed_at", moment, nullable=True),
        sa.CheckConstraint("state in ('planned', 'done', 'cancelled')", name=op.f("ck_maintenance_state")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_maintenance_times")),
    )
    op.create_index("ix_maintenance_ends_at", "maintenance", ["tenant_id", "ends_at"])
    op.execute("grant update on maintenance to tapak_app")
    _table(
        "maintained_service",
        sa.Column("maintenance_id", sa.BigInteger(), nullable=False),
        sa.Column("service_id", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint(
            "tenant_id",
            "maintenance_id",
            "service_id",
            name=op.f("uq_maintained_service_tenant_id_maintenance_id_service_id"),
        ),
        *(_key("maintained_service", name) for name in ("maintenance", "service")),
    )


def _key(table: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", f"{other}_id"],
        [f"{other}.tenant_id", f"{other}.id"],
        name=op.f(f"fk_{table}_tenant_id_{other}_id"),
    )


def _table(name: str, *more: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("tenant_id", sa.BigInteger(), server_default=sa.text(HERE), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *more,
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f(f"fk_{name}_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f(f"pk_{name}")),
    )
    op.execute(f"alter table {name} enable row level security")
    op.execute(
        f"create policy tenant on {name} to tapak_app using (tenant_id = {HERE}) with check (tenant_id = {HERE})"
    )
    op.execute(f"grant select, insert on {name} to tapak_app")
