"""Explains what is stuck in one tenant, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tapak.backups.models import RUNNING, SUCCEEDED, BackupRun
from tapak.db.wake import Wake
from tapak.documents.models import Document
from tapak.inventory.models import Service
from tapak.jobs.sweep import SWEEP
from tapak.monitoring.usage import WAKE as USAGE
from tapak.provisioning.connections import DRIFT
from tapak.provisioning.models import DRIFTED_CODE, Connection, Resource
from tapak.scanning.models import ScanRun
from tapak.sdk.backups import BACK_UP, TEST_RESTORE
from tapak.settings.service import DUE

OVERDUE = 60.0
"""Seconds past its time from which on a row that nobody is at is stuck."""
MANY = 5
"""Attempts from which on a row is told of."""
RECURRING = (DRIFT, SWEEP, USAGE, BACK_UP, TEST_RESTORE, DUE)
"""Kinds whose rows stand for ever or are tried seldom, so that their attempts say nothing."""
SLOW = 120.0
"""Seconds that a letter may take to be rendered."""


@dataclass(frozen=True)
class Finding:
    """One thing that is stuck. ``kind``: overdue, failing, resource, drift, document, scan or backup.

    ``subject`` names it, ``since`` is ISO 8601; ``problem`` says what is known and ``advice`` who does what.
    """

    kind: str
    subject: str
    since: str
    problem: str
    advice: str

    def as_json(self) -> dict[str, Any]:
        """The finding as plain values."""
        return asdict(self)


def findings(session: Session) -> list[Finding]:
    """Everything stuck in the session's tenant; empty where all is well."""
    found = (_overdue, _failing, _resources, _documents, _scans, _backups)
    return [finding for look in found for finding in look(session)]


def _overdue(session: Session) -> Iterator[Finding]:
    late = func.now() - func.make_interval(0, 0, 0, 0, 0, 0, OVERDUE)
    query = select(Wake).where(Wake.next_at < late, func.coalesce(Wake.lease_until, late) <= late)
    for row in session.scalars(query.order_by(Wake.next_at)):
        yield Finding(
            "overdue",
            f"{row.kind} {row.row_id}",
            row.next_at.isoformat(),
            row.problem or "due, and no worker has taken it",
            "check that `tapak relay`, `tapak work` and Redis run; the row is done as soon as they do",
        )


def _failing(session: Session) -> Iterator[Finding]:
    query = select(Wake).where(Wake.attempts >= MANY, Wake.kind.not_in(RECURRING))
    failing_rounds = select(Wake).where(Wake.kind.in_(RECURRING), Wake.problem != "")
    for row in [*session.scalars(query), *session.scalars(failing_rounds)]:
        yield Finding(
            "failing",
            f"{row.kind} {row.row_id}",
            row.next_at.isoformat(),
            f"{row.attempts} attempts: {row.problem or 'workers die at it'}",
            "mend what the problem names; it is tried again by itself at the time shown",
        )


def _resources(session: Session) -> Iterator[Finding]:
    query = (
        select(Resource, Service, Connection)
        .join(Service, Service.id == Resource.service_id)
        .join(Connection, Connection.id == Resource.connection_id)
        .where((Resource.state == "failed") | Resource.drift.is_not(None))
        .order_by(Resource.id)
    )
    for resource, service, connection in session.execute(query):
        yield Finding(
            "resource" if resource.state == "failed" else "drift",
            f"{resource.kind} {resource.identity} of service {service.id} at {connection.key}",
            resource.changed_at.isoformat(),
            f"{resource.reason_code}: {resource.reason}",
            _advice(resource.reason_code),
        )


def _advice(code: str) -> str:
    return {
        "foreign_resource": "remove it at the server and retry, or have an officer adopt it",
        DRIFTED_CODE: "have an officer repair it, or put it right at the server",
        "provider_denied": "mend the connection's key or rights (`tapak provider check`), then retry",
        "provider_broken": "mend the server's own configuration, then retry",
    }.get(code, "mend what the problem names, then retry on the request's page")


def _documents(session: Session) -> Iterator[Finding]:
    late = func.now() - func.make_interval(0, 0, 0, 0, 0, 0, SLOW)
    slow = (Document.state == "pending") & (Document.created_at < late)
    for row in session.scalars(select(Document).where((Document.state == "failed") | slow).order_by(Document.id)):
        yield Finding(
            "document",
            f"{row.kind} {row.id} of request {row.request_id}",
            row.created_at.isoformat(),
            row.problem or "not rendered yet",
            "check that `tapak work` runs; a failed letter is rendered again on the request's page",
        )


def _scans(session: Session) -> Iterator[Finding]:
    """Applications whose last look-through failed, so that nobody can call them clean."""
    newest = select(func.max(ScanRun.id)).group_by(ScanRun.document_id)
    kept = Document.state == "ready"
    query = select(ScanRun).join(Document, Document.id == ScanRun.document_id).where(ScanRun.id.in_(newest), kept)
    for run in session.scalars(query.where(ScanRun.state == "failed").order_by(ScanRun.id)):
        yield Finding(
            "scan",
            f"{run.filename} (document {run.document_id}) of request {run.request_id}",
            run.asked_at.isoformat(),
            run.problem,
            "tapak scan check; then have it looked through again on its page",
        )


def _backups(session: Session) -> Iterator[Finding]:
    """Plans whose last run, or last test, did not end well."""
    newest = select(func.max(BackupRun.id)).where(BackupRun.outcome != RUNNING)
    query = (
        select(BackupRun, Resource)
        .join(Resource, Resource.id == BackupRun.resource_id)
        .where(BackupRun.id.in_(newest.group_by(BackupRun.resource_id, BackupRun.kind)))
        .where(BackupRun.outcome != SUCCEEDED, Resource.state != "gone")
        .order_by(BackupRun.id)
    )
    for run, resource in session.execute(query):
        yield Finding(
            "backup",
            f"{run.kind} of {resource.identity}",
            run.began_at.isoformat(),
            f"{run.outcome}: {run.problem}",
            "mend what the problem names; it is tried again within the hour",
        )
