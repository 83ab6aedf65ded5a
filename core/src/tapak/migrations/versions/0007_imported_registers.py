"""Registers whose rows come from files: imports and their rows, behind the wall"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

HERE = "current_setting('tapak.tenant')::bigint"
TABLES = ("register_import", "imported_row")


def upgrade() -> None:
    op.create_table(
        "register_import",
        sa.Column("tenant_id", sa.BigInteger(), server_default=sa.text(HERE), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("register", sa.Text(), nullable=False),
        sa.Column("imported_on", sa.Date(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("imported_by", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_register_import_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_register_import")),
    )
    op.create_index("ix_register_import_register", "register_import", ["tenant_id", "register", "id"])
    op.create_table(
        "imported_row",
        sa.Column("tenant_id", sa.BigInteger(), server_default=sa.text(HERE), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("content", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "import_id"],
            ["register_import.tenant_id", "register_import.id"],
            name=op.f("fk_imported_row_tenant_id_import_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_imported_row_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_imported_row")),
    )
    op.create_index("ix_imported_row_import_id", "imported_row", ["tenant_id", "import_id", "id"])
    for table in TABLES:
        op.execute(f"alter table {table} enable row level security")
        op.execute(
            f"create policy tenant on {table} to tapak_app using (tenant_id = {HERE}) with check (tenant_id = {HERE})"
        )
        op.execute(f"grant select, insert on {table} to tapak_app")
    op.execute("grant delete on imported_row to tapak_app")
