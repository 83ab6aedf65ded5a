"""Links between requests that belong together"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

HERE = "current_setting('tapak.tenant')::bigint"


def upgrade() -> None:
    ends = ("request_id", "other_id")
    op.create_table(
        "request_link",
        sa.Column("tenant_id", sa.BigInteger(), server_default=sa.text(HERE), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *(sa.Column(end, sa.BigInteger(), nullable=False) for end in ends),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("linked_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("request_id < other_id", name=op.f("ck_request_link_ends")),
        *(
            sa.ForeignKeyConstraint(
                ["tenant_id", end], ["request.tenant_id", "request.id"], name=op.f(f"fk_request_link_tenant_id_{end}")
            )
            for end in ends
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_request_link_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_request_link")),
        sa.UniqueConstraint(
            "tenant_id", "request_id", "other_id", name=op.f("uq_request_link_tenant_id_request_id_other_id")
        ),
    )
    op.create_index("ix_request_link_other_id", "request_link", ["tenant_id", "other_id"])
    op.execute("alter table request_link enable row level security")
    op.execute(
        f"create policy tenant on request_link to tapak_app using (tenant_id = {HERE}) with check (tenant_id = {HERE})"
    )
    op.execute("grant select, insert, delete on request_link to tapak_app")
