"""Names that were found in a zone: services that belong to no unit yet"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

HERE = "current_setting('tapak.tenant')::bigint"


def upgrade() -> None:
    op.alter_column("service", "agency_id", existing_type=sa.BigInteger(), nullable=True)
    op.create_check_constraint(
        op.f("ck_service_unit"), "service", "agency_id is not null or procedure = 'tapak.imported'"
    )
    op.create_index(
        "ix_service_imported",
        "service",
        ["tenant_id", "title"],
        postgresql_where=sa.text("procedure = 'tapak.imported'"),
    )
    op.create_table(
        "zone_intake",
        sa.Column("tenant_id", sa.BigInteger(), server_default=sa.text(HERE), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("name", "type", "identity")),
        sa.Column("spec", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("service_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_zone_intake_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_zone_intake")),
    )
    op.execute("alter table zone_intake enable row level security")
    op.execute(
        f"create policy tenant on zone_intake to tapak_app using (tenant_id = {HERE}) with check (tenant_id = {HERE})"
    )
    op.execute("grant select, insert, update, delete on zone_intake to tapak_app")
