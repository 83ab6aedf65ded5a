"""What drafts are called; why a renewal wasn't approved"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("renewal", sa.Column("reason", sa.Text(), server_default="", nullable=False))
    op.execute(
        "update request set subject = snapshot.content ->> 'service' from snapshot"
        " where (snapshot.tenant_id, snapshot.id) = (request.tenant_id, request.snapshot_id) and request.subject = ''"
    )
