"""Connections that their admin keeps: switched off, and tested"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("connection", sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.add_column(
        "connection", sa.Column("checks", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True)
    )
    op.add_column("connection", sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
