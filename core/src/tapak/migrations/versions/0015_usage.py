"""Usage of sites, day by day"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

HERE = "current_setting('tapak.tenant')::bigint"


def upgrade() -> None:
    op.create_table(
        "usage_day",
        sa.Column("tenant_id", sa.BigInteger(), server_default=sa.text(HERE), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("service_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("requests", "size", "disk")),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.UniqueConstraint("tenant_id", "name", "day", name=op.f("uq_usage_day_tenant_id_name_day")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "service_id"],
            ["service.tenant_id", "service.id"],
            name=op.f("fk_usage_day_tenant_id_service_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_usage_day_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_usage_day")),
    )
    op.execute("alter table usage_day enable row level security")
    op.execute(
        f"create policy tenant on usage_day to tapak_app using (tenant_id = {HERE}) with check (tenant_id = {HERE})"
    )
    op.execute("grant select, insert on usage_day to tapak_app")
