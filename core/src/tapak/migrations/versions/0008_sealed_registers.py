"""Sealed registers: entries that nobody changes, behind the wall"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

HERE = "current_setting('tapak.tenant')::bigint"


def upgrade() -> None:
    op.create_table(
        "sealed_entry",
        sa.Column("tenant_id", sa.BigInteger(), server_default=sa.text(HERE), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("register", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("recipients", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "request_id"],
            ["request.tenant_id", "request.id"],
            name=op.f("fk_sealed_entry_tenant_id_request_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_sealed_entry_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sealed_entry")),
        sa.UniqueConstraint("tenant_id", "register", "seq", name=op.f("uq_sealed_entry_tenant_id_register_seq")),
    )
    op.execute("alter table sealed_entry enable row level security")
    op.execute(
        f"create policy tenant on sealed_entry to tapak_app using (tenant_id = {HERE}) with check (tenant_id = {HERE})"
    )
    op.execute("grant select, insert on sealed_entry to tapak_app")
    op.execute(
        "create trigger append_only before update or delete on sealed_entry for each row execute function append_only()"
    )
