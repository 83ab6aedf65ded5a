"""Asking for runs and reading what they found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tapak.db.wake import wake
from tapak.documents.models import DISCARDED, Document
from tapak.scanning.models import ScanFinding, ScanRun
from tapak.sdk.errors import Conflict
from tapak.sdk.scanning import Difference, Finding, ScannerRun, ScanReport, difference

WAKE_KIND = "scan"


def ask(session: Session, document: Document) -> ScanRun:
    """A pending run over the document, which a worker takes; the one that is under way where there is one.

    Raises:
        Conflict: the document has no bytes yet.
    """
    if document.state != "ready" or not document.sha256:
        raise Conflict(
            "Dokumen ini belum lengkap, jadi belum dapat diperiksa.", log=f"document {document.id} not ready"
        )
    under_way = select(ScanRun).where(ScanRun.document_id == document.id, ScanRun.state.in_(("pending", "running")))
    run = session.scalars(under_way).first()
    if run is None:
        run = ScanRun(
            document_id=document.id,
            request_id=document.request_id,
            document_kind=document.kind,
            filename=document.filename,
            sha256=document.sha256,
            revision=document.revision,
        )
        session.add(run)
        session.flush()
        wake(session, WAKE_KIND, run.id)
    return run


def latest(session: Session, document_id: int) -> ScanReport | None:
    """The newest run over the document; None where nobody asked for one."""
    query = select(ScanRun).where(ScanRun.document_id == document_id).order_by(ScanRun.id.desc()).limit(1)
    run = session.scalars(query).first()
    return None if run is None else report(session, run)


def state(session: Session, document_id: int) -> str:
    """The state of the newest run over the document; empty where nobody asked for one."""
    query = select(ScanRun.state).where(ScanRun.document_id == document_id).order_by(ScanRun.id.desc()).limit(1)
    return session.scalar(query) or ""


def reports(session: Session, request_id: int) -> tuple[ScanReport, ...]:
    """The newest run over each of the request's documents that wasn't replaced, in the documents' order."""
    kept = select(Document.id).where(Document.request_id == request_id, Document.state != DISCARDED)
    newest = select(func.max(ScanRun.id)).where(ScanRun.document_id.in_(kept)).group_by(ScanRun.document_id)
    query = select(ScanRun).where(ScanRun.id.in_(newest)).order_by(ScanRun.document_id)
    return tuple(report(session, run) for run in session.scalars(query))


def report(session: Session, run: ScanRun) -> ScanReport:
    """Everything that is known of a run; a finished one beside the run before over a document of the same kind."""
    found = findings(session, run.id)
    return ScanReport(
        id=run.id,
        document_id=run.document_id,
        document_kind=run.document_kind,
        filename=run.filename,
        sha256=run.sha256,
        revision=run.revision,
        state=run.state,
        problem=run.problem,
        findings=found,
        scanners=tuple(_scanner(each) for each in run.scanners),
        isolation=run.isolation,
        asked_at=run.asked_at,
        finished_at=run.finished_at,
        compared=_compared(session, run, found),
    )


def findings(session: Session, run_id: int) -> tuple[Finding, ...]:
    """What the run found, in the order in which it was told."""
    query = select(ScanFinding).where(ScanFinding.run_id == run_id).order_by(ScanFinding.id)
    return tuple(
        Finding(row.rule, row.severity, row.text, row.file, row.line, row.evidence, row.scanner)
        for row in session.scalars(query)
    )


def _compared(session: Session, run: ScanRun, found: Sequence[Finding]) -> Difference | None:
    """Against the last run that came to an end over another document in its place."""
    if run.state != "done":
        return None
    before = (
        select(ScanRun.id)
        .where(ScanRun.request_id == run.request_id, ScanRun.document_kind == run.document_kind)
        .where(ScanRun.document_id < run.document_id, ScanRun.id < run.id, ScanRun.state == "done")
        .order_by(ScanRun.document_id.desc(), ScanRun.id.desc())
        .limit(1)
    )
    earlier = session.scalar(before)
    return None if earlier is None else difference(findings(session, earlier), found)


def _scanner(row: Mapping[str, Any]) -> ScannerRun:
    at = row.get("signatures_at")
    return ScannerRun(**{**row, "signatures_at": datetime.fromisoformat(at) if at else None})
