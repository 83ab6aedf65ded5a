"""Terms of services: expiry, reminders, renewals, suspension"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

HERE = "current_setting('tapak.tenant')::bigint"
STATES = "'reserved', 'provisioning', 'live', 'failed', 'suspended', 'ended'"


def upgrade() -> None:
    op.add_column("service", sa.Column("expires_on", sa.Date(), nullable=True))
    op.add_column("service", sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint("ck_service_state", "service")
    op.create_check_constraint(op.f("ck_service_state"), "service", f"state in ({STATES})")
    kept = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
    op.add_column("resource", sa.Column("suspended_spec", kept, nullable=True))
    _table(
        "expiry_reminder",
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("days", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.UniqueConstraint(
            "tenant_id",
            "service_id",
            "expires_on",
            "days",
            name=op.f("uq_expiry_reminder_tenant_id_service_id_expires_on_days"),
        ),
    )
    _table(
        "renewal",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("responsible_officer", sa.Text(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.Column("decided_by", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
    )
    open_ones = sa.text("approved is null")
    op.create_index("ix_renewal_open", "renewal", ["tenant_id", "service_id"], unique=True, postgresql_where=open_ones)
    op.execute("grant update on renewal to tapak_app")


def _table(name: str, *more: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("tenant_id", sa.BigInteger(), server_default=sa.text(HERE), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("service_id", sa.BigInteger(), nullable=False),
        *more,
        sa.ForeignKeyConstraint(
            ["tenant_id", "service_id"],
            ["service.tenant_id", "service.id"],
            name=op.f(f"fk_{name}_tenant_id_service_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f(f"fk_{name}_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f(f"pk_{name}")),
    )
    op.execute(f"alter table {name} enable row level security")
    op.execute(
        f"create policy tenant on {name} to tapak_app using (tenant_id = {HERE}) with check (tenant_id = {HERE})"
    )
    op.execute(f"grant select, insert on {name} to tapak_app")
