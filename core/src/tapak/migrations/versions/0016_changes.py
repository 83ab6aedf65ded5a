"""Changes of services: the service that a request concerns, data that was changed, what goes by itself; emergencies"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

HERE = "current_setting('tapak.tenant')::bigint"
JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("request", sa.Column("concerns_id", sa.BigInteger(), nullable=True))
    op.add_column("request", sa.Column("change", sa.Text(), server_default="", nullable=False))
    op.add_column("request", sa.Column("stood", JSON, nullable=True))
    op.create_foreign_key(
        op.f("fk_request_tenant_id_concerns_id"),
        "request",
        "service",
        ["tenant_id", "concerns_id"],
        ["tenant_id", "id"],
    )
    op.create_index(
        "ix_request_concerns_id",
        "request",
        ["tenant_id", "concerns_id"],
        postgresql_where=sa.text("concerns_id is not null"),
    )
    op.add_column("service", sa.Column("current", JSON, server_default=sa.text("'{}'"), nullable=False))
    op.add_column("service", sa.Column("deactivated_at", MOMENT, nullable=True))
    op.add_column("resource", sa.Column("remove_after", MOMENT, nullable=True))
    op.create_index(
        "ix_resource_remove_after",
        "resource",
        ["tenant_id", "remove_after"],
        postgresql_where=sa.text("remove_after is not null"),
    )
    _emergencies()


def _emergencies() -> None:
    op.create_table(
        "emergency",
        sa.Column("tenant_id", sa.BigInteger(), server_default=sa.text(HERE), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("service_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("declared_by", sa.Text(), nullable=False),
        sa.Column("declared_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("letter_due", MOMENT, nullable=False),
        sa.Column("letter_number", sa.Text(), server_default="", nullable=False),
        sa.Column("letter_date", sa.Date(), nullable=True),
        sa.Column("settled_by", sa.Text(), server_default="", nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("restored_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "service_id"],
            ["service.tenant_id", "service.id"],
            name=op.f("fk_emergency_tenant_id_service_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_emergency_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_emergency")),
    )
    op.create_index(
        "ix_emergency_open",
        "emergency",
        ["tenant_id", "service_id"],
        unique=True,
        postgresql_where=sa.text("settled_at is null"),
    )
    op.execute("alter table emergency enable row level security")
    op.execute(
        f"create policy tenant on emergency to tapak_app using (tenant_id = {HERE}) with check (tenant_id = {HERE})"
    )
    op.execute("grant select, insert, update on emergency to tapak_app")
