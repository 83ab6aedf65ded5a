"""Changes of settings, and a tenant that may change its own"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

HERE = "current_setting('tapak.tenant')::bigint"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "setting_change",
        sa.Column("tenant_id", sa.BigInteger(), server_default=sa.text(HERE), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        *(sa.Column(name, postgresql.JSONB(none_as_null=True), nullable=False) for name in ("before", "after")),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("undoes", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_setting_change_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_setting_change")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("fk_setting_change_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "undoes"],
            ["setting_change.tenant_id", "setting_change.id"],
            name=op.f("fk_setting_change_tenant_id_undoes"),
        ),
    )
    op.create_index("ix_setting_change_section", "setting_change", ["tenant_id", "section"])
    op.execute("alter table setting_change enable row level security")
    op.execute(
        "create policy tenant on setting_change to tapak_app"
        f" using (tenant_id = {HERE}) with check (tenant_id = {HERE})"
    )
    op.execute("grant select, insert on setting_change to tapak_app")
    op.execute(
        "create trigger append_only before update or delete on setting_change"
        " for each row execute function append_only()"
    )
    _tenants_change_their_own()


def _tenants_change_their_own() -> None:
    """Every tenant is read without a scope, since hosts are resolved there; its settings change only in its own."""
    op.execute("alter table tenant enable row level security")
    op.execute("create policy everyone on tenant for select to tapak_app using (true)")
    op.execute(f"create policy own on tenant for update to tapak_app using (id = {HERE}) with check (id = {HERE})")
    op.execute("grant update (settings) on tenant to tapak_app")
