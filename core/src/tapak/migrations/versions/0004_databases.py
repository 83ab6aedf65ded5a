"""Outputs of resources with their generation, sealed ones apart; runs of backups"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004_databases"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("resource", sa.Column("sealed_outputs", sa.Text(), nullable=True))
    op.add_column("resource", sa.Column("outputs_generation", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column(
        "resource",
        sa.Column(
            "given",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    # Outputs stood there for what was verified last.
    op.execute("update resource set outputs_generation = observed_generation where outputs <> '{}'")
    # A backup that ran is no step's doing.
    op.alter_column("register_row", "task_id", nullable=True)
    _backup_run()


def _backup_run() -> None:
    op.create_table(
        "backup_run",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("current_setting('tapak.tenant')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("resource_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), server_default="running", nullable=False),
        sa.Column("snapshot", sa.Text(), server_default="", nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "content",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("began_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('back_up', 'test_restore')", name=op.f("ck_backup_run_kind")),
        sa.CheckConstraint(
            "outcome in ('running', 'succeeded', 'failed', 'interrupted')", name=op.f("ck_backup_run_outcome")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_backup_run_tenant_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "resource_id"],
            ["resource.tenant_id", "resource.id"],
            name=op.f("fk_backup_run_tenant_id_resource_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_backup_run")),
    )
    op.create_index("ix_backup_run_resource_id", "backup_run", ["tenant_id", "resource_id", "kind", "id"])
    op.execute("alter table backup_run enable row level security")
    op.execute(
        "create policy tenant on backup_run to tapak_app"
        " using (tenant_id = current_setting('tapak.tenant')::bigint)"
        " with check (tenant_id = current_setting('tapak.tenant')::bigint)"
    )
    op.execute("grant select, insert, update on backup_run to tapak_app")
