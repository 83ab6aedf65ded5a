"""Connections that take some of the kinds that their provider serves"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kinds = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
    op.add_column("connection", sa.Column("kinds", kinds, server_default=sa.text("'[]'"), nullable=False))
