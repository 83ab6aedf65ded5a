"""The unit's page of its service: one-time links, and what was seen at the servers"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

HERE = "current_setting('tapak.tenant')::bigint"


def upgrade() -> None:
    kept = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
    moment = sa.DateTime(timezone=True)
    now = sa.text("now()")
    _table(
        "one_time_link",
        "resource",
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", moment, server_default=now, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("opened_by", sa.Text(), server_default="", nullable=False),
        sa.Column("opened_at", moment, nullable=True),
        sa.UniqueConstraint("tenant_id", "recipient", name=op.f("uq_one_time_link_tenant_id_recipient")),
    )
    op.create_index("ix_one_time_link_resource_id", "one_time_link", ["tenant_id", "resource_id", "id"])
    _table(
        "service_look",
        "service",
        sa.Column("figures", kept, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("sites", kept, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("asked_at", moment, server_default=now, nullable=False),
        sa.Column("taken_at", moment, nullable=True),
        sa.UniqueConstraint("tenant_id", "service_id", name=op.f("uq_service_look_tenant_id_service_id")),
    )


def _table(name: str, of: str, *more: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("tenant_id", sa.BigInteger(), server_default=sa.text(HERE), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(f"{of}_id", sa.BigInteger(), nullable=False),
        *more,
        sa.ForeignKeyConstraint(
            ["tenant_id", f"{of}_id"], [f"{of}.tenant_id", f"{of}.id"], name=op.f(f"fk_{name}_tenant_id_{of}_id")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f(f"fk_{name}_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f(f"pk_{name}")),
    )
    op.execute(f"alter table {name} enable row level security")
    op.execute(
        f"create policy tenant on {name} to tapak_app using (tenant_id = {HERE}) with check (tenant_id = {HERE})"
    )
    op.execute(f"grant select, insert, update on {name} to tapak_app")
