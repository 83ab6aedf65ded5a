"""Rows of registers that belong to no request: who wrote them by hand"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("register_row", "request_id", nullable=True)
    op.add_column("register_row", sa.Column("author", sa.Text(), server_default="", nullable=False))
    op.create_check_constraint(op.f("ck_register_row_origin"), "register_row", "(request_id is null) = (author <> '')")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_register_row_origin"), "register_row")
    op.drop_column("register_row", "author")
    op.alter_column("register_row", "request_id", nullable=False)
