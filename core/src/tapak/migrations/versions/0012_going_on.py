"""Requests that go on with a service that was there"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kept = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
    op.add_column("request", sa.Column("before", kept, nullable=True))
