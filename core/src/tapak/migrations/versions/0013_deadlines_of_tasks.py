"""A task carries its own deadline"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

WAYS = ("position_id", "agency_id", "escalated_to")


def upgrade() -> None:
    for name in ("start_by", "deadline"):
        op.add_column("task", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("task", sa.Column("escalated_to", sa.BigInteger(), nullable=True))
    op.execute(
        "update task set start_by = deadline.start_by, deadline = deadline.at, escalated_to = deadline.escalated_to"
        " from deadline where deadline.tenant_id = task.tenant_id and deadline.task_id = task.id"
    )
    op.drop_table("deadline")
    for way in WAYS:
        waits = sa.text(f"{way} is not null and deadline is not null")
        op.create_index(f"ix_task_{way}", "task", ["tenant_id", way, "deadline", "id"], postgresql_where=waits)
    op.execute("alter table request set (fillfactor = 75)")
