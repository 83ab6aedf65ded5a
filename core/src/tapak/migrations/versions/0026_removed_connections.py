"""Connections that nothing ever stood on may be removed"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("grant delete on connection, zone_state to tapak_app")
