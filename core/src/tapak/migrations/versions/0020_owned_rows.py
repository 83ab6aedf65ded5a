"""Rows that belong to another row of their tenant need no key to the tenant of their own"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

OWNED = ("audit_event", "journal_entry", "resource", "revision", "task")


def upgrade() -> None:
    for table in OWNED:
        op.drop_constraint(f"fk_{table}_tenant_id", table, type_="foreignkey")
