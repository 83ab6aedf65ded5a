"""Closed maintenance keeps whom it concerned; keys of accounts; indexes of what is asked for often"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

SEEN = "phase in ('verified', 'adopted')"
CONCERNED = """
    insert into maintained_service (tenant_id, maintenance_id, service_id)
    select m.tenant_id, m.id, s.id
    from maintenance m join service s on s.tenant_id = m.tenant_id
    where m.state <> 'planned' and s.state <> 'ended' and (m.everything or exists (
        select from resource r join connection c on c.tenant_id = r.tenant_id and c.id = r.connection_id
        where r.tenant_id = s.tenant_id and r.service_id = s.id and r.state <> 'gone' and m.connections ? c.key))
    on conflict do nothing
"""


def upgrade() -> None:
    for table in ("maintenance", "emergency"):
        op.create_foreign_key(
            op.f(f"fk_{table}_tenant_id_account_id"),
            table,
            "account",
            ["tenant_id", "account_id"],
            ["tenant_id", "id"],
        )
    op.execute(sa.text(CONCERNED))
    _index("request", "service_id", "service_id", where="service_id is not null")
    _index("request", "running", "id", where="ended_at is null")
    _index("register_row", "created_at", "register", "created_at")
    _index("journal_entry", "seen", "resource_id", "id", where=SEEN)


def _index(table: str, name: str, *columns: str, where: str | None = None) -> None:
    kept = None if where is None else sa.text(where)
    op.create_index(f"ix_{table}_{name}", table, ["tenant_id", *columns], postgresql_where=kept)
