"""Papers that were replaced or belonged to a deleted draft: the row stays, the bytes are swept."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("ck_document_state", "document")
    op.create_check_constraint(
        op.f("ck_document_state"), "document", "state in ('pending', 'ready', 'failed', 'discarded')"
    )
    op.create_index(
        "ix_document_discarded",
        "document",
        ["tenant_id", "id"],
        postgresql_where="state = 'discarded' and sha256 <> ''",
    )
