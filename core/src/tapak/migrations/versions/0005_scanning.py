"""Files sent in pieces; runs of scanners over documents and what they found"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004_databases"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
TENANT = sa.text("current_setting('tapak.tenant')::bigint")
TABLES = ("partial_upload", "scan_run", "scan_finding")


def _row() -> tuple[sa.Column, ...]:
    return (
        sa.Column("tenant_id", sa.BigInteger(), server_default=TENANT, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
    )


def _keys(table: str, *foreign: tuple[str, str]) -> tuple[sa.Constraint, ...]:
    return (
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=f"fk_{table}_tenant_id"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=f"pk_{table}"),
        *(
            sa.ForeignKeyConstraint(
                ["tenant_id", column], [f"{other}.tenant_id", f"{other}.id"], name=f"fk_{table}_tenant_id_{column}"
            )
            for column, other in foreign
        ),
    )


def _text(name: str, default: str | None = None) -> sa.Column:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _number(name: str, default: str | None = None) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), server_default=sa.text(default) if default else None, nullable=False)


def _moment(name: str, *, now: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=NOW if now else None, nullable=not now)


def upgrade() -> None:
    op.create_table(
        "partial_upload",
        *_row(),
        *(_number(name) for name in ("request_id", "task_id", "account_id")),
        *(_text(name) for name in ("kind", "filename")),
        _number("size"),
        _text("mark", ""),
        sa.Column("checked", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        _moment("created_at"),
        _moment("moved_at"),
        *_keys("partial_upload", ("request_id", "request"), ("task_id", "task"), ("account_id", "account")),
    )
    op.create_index("ix_partial_upload_task_id", "partial_upload", ["tenant_id", "task_id"])
    op.create_table(
        "scan_run",
        *_row(),
        *(_number(name) for name in ("document_id", "request_id")),
        *(_text(name) for name in ("document_kind", "filename", "sha256")),
        _number("revision"),
        _text("state", "pending"),
        _text("problem", ""),
        sa.Column("scanners", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("limits", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("isolation", postgresql.JSONB(none_as_null=True), nullable=True),
        _moment("asked_at"),
        _moment("started_at", now=False),
        _moment("finished_at", now=False),
        sa.CheckConstraint("state in ('pending', 'running', 'done', 'failed')", name="ck_scan_run_state"),
        *_keys("scan_run", ("document_id", "document"), ("request_id", "request")),
    )
    op.create_index("ix_scan_run_document_id", "scan_run", ["tenant_id", "document_id"])
    op.create_index("ix_scan_run_request_id", "scan_run", ["tenant_id", "request_id"])
    op.create_table(
        "scan_finding",
        *_row(),
        _number("run_id"),
        *(_text(name) for name in ("scanner", "rule", "severity", "text")),
        _text("file", ""),
        _number("line", "0"),
        _text("evidence", ""),
        sa.CheckConstraint(
            "severity in ('info', 'low', 'medium', 'high', 'critical')", name="ck_scan_finding_severity"
        ),
        *_keys("scan_finding", ("run_id", "scan_run")),
    )
    op.create_index("ix_scan_finding_run_id", "scan_finding", ["tenant_id", "run_id"])
    for table in TABLES:
        op.execute(f"alter table {table} enable row level security")
        op.execute(
            f"create policy tenant on {table} to tapak_app"
            " using (tenant_id = current_setting('tapak.tenant')::bigint)"
            " with check (tenant_id = current_setting('tapak.tenant')::bigint)"
        )
        op.execute(f"grant select, insert, update on {table} to tapak_app")
    op.execute("grant delete on partial_upload, scan_finding to tapak_app")
