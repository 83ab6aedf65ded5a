"""Carrying out a pending run: under a worker's lease, in the sandbox, and never called clean by a failure."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import delete, func, insert
from sqlalchemy.orm import Session

from tapak.audit.service import record
from tapak.db.crashpoint import SCAN_FINISHED, SCAN_STARTED, crashpoint
from tapak.db.session import TENANT
from tapak.documents.store import DocumentStore
from tapak.scanning.limits import Limits
from tapak.scanning.models import ScanFinding, ScanRun
from tapak.scanning.results import Garbled, Results
from tapak.scanning.sandbox import Sandbox, SandboxProblem
from tapak.sdk.errors import NotFound, Unavailable
from tapak.sdk.scanning import Scanner, ScannerRun, totals
from tapak.tenants.models import Tenant

SETTING = "scanning"
TRIES = 5
"""Attempts after which a run has failed, whatever kept it from its end."""
WORK = "work"
LEFT_AFTER = 2 * 24 * 3600.0
ENDED = "Pemeriksaan berhenti sebelum pemindai ini selesai."
AGAIN = "Pemeriksaan berulang kali terhenti di server. Hubungi pengelola sistem."

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Bench:
    """What runs are made with: the deployment's folder for scanners, who the sandbox runs as, and the scanners."""

    folder: Path
    user: str
    scanners: Sequence[type[Scanner]]


def carry_out(
    session: Session, run_id: int, attempts: int, store: DocumentStore, bench: Bench, beat: Callable[[], None]
) -> None:
    """Do the run ``run_id`` and write down what came of it, without committing that.

    ``beat`` is called while the sandbox works and may raise to give up. The session's transaction is committed before.

    Raises:
        Unavailable: a scanner is away for the moment; the run waits for the next attempt.
    """
    run = session.get(ScanRun, (session.info[TENANT], run_id))
    if run is None or run.state in ("done", "failed"):
        return
    if attempts > TRIES:
        _finish(session, run, Results(bench.scanners), AGAIN)
        return
    limits = Limits.from_settings(session.get_one(Tenant, session.info[TENANT]).settings.get(SETTING, {}))
    sandbox = Sandbox(bench.folder, bench.user, bench.scanners, limits, beat)
    run.state, run.started_at = "running", func.now()
    run.limits, run.isolation = limits.as_json(), sandbox.isolation.as_json()
    session.commit()
    crashpoint(SCAN_STARTED)
    results = Results(bench.scanners)
    problem = _let_run(sandbox, store, run, results)
    if not problem and results.passing and attempts < TRIES:
        _wait(session, run, results)
    _finish(session, run, results, problem)
    crashpoint(SCAN_FINISHED)


def sweep(folder: Path, older_than: float = LEFT_AFTER) -> int:
    """Remove what killed workers left unpacked; gives how many runs' folders."""
    removed = 0
    for place in (folder / WORK).glob("run-*"):
        with suppress(FileNotFoundError):
            if time.time() - place.lstat().st_mtime > older_than:
                shutil.rmtree(place) if place.is_dir() and not place.is_symlink() else place.unlink()
                removed += 1
    return removed


def _let_run(sandbox: Sandbox, store: DocumentStore, run: ScanRun, results: Results) -> str:
    """Fill ``results``; what kept the sandbox from its end, in Indonesian."""
    try:
        with store.open(run.tenant_id, run.sha256) as archive, _work(sandbox.folder) as work:
            for event in sandbox.run(archive, work):
                results.take(event)
    except NotFound as problem:
        return problem.message
    except SandboxProblem as problem:
        log.warning("sandbox ended", run=run.id, problem=str(problem))
        return problem.told
    except Garbled as problem:
        log.warning("sandbox garbled", run=run.id, problem=str(problem))
        return "Hasil pemeriksaan tidak dapat dibaca."
    return ""


@contextmanager
def _work(folder: Path) -> Iterator[Path]:
    """A folder of one run's own, taken away afterwards with whatever was unpacked."""
    (folder / WORK).mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="run-", dir=folder / WORK))
    try:
        yield place
    finally:
        shutil.rmtree(place)


def _wait(session: Session, run: ScanRun, results: Results) -> None:
    """Leave the run to a later attempt."""
    run.state, run.problem = "pending", next(each.problem for each in results.runs("") if each.state == "failed")
    session.commit()
    raise Unavailable(run.problem, log="; ".join(results.log))


def _finish(session: Session, run: ScanRun, results: Results, problem: str) -> None:
    """Write down findings and scanners; a run of which any part failed has failed."""
    runs = results.runs(problem or ENDED)
    failed = [each for each in runs if each.state == "failed"]
    run.state = "failed" if problem or failed else "done"
    run.problem = problem or "; ".join(f"{each.title}: {each.problem}" for each in failed)
    run.scanners = [_plain(each) for each in runs]
    run.finished_at = func.now()
    session.execute(delete(ScanFinding).where(ScanFinding.run_id == run.id))
    if results.findings:
        rows = [{**asdict(finding), "run_id": run.id} for finding in results.findings]
        session.execute(insert(ScanFinding), rows)
    words = "selesai" if run.state == "done" else "gagal"
    record(
        session,
        f"scan.{run.state}",
        person=None,
        request_id=run.request_id,
        summary=f"Pemeriksaan keamanan {run.filename} {words}",
        content={"run": run.id, "document": run.document_id, "sha256": run.sha256, **totals(results.findings)},
        shown=False,
    )
    session.flush()


def _plain(run: ScannerRun) -> dict[str, Any]:
    return {**asdict(run), "signatures_at": run.signatures_at.isoformat() if run.signatures_at else None}
