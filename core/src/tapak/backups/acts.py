"""What a worker does when a plan is looked at: wait, run, or test, and note what came of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import NoReturn

from sqlalchemy.orm import Session

from tapak.backups import service
from tapak.backups.models import SUCCEEDED
from tapak.backups.running import Runner
from tapak.backups.service import NOT_YET, Plan
from tapak.plugins import Registry
from tapak.provisioning.connections import ProviderPool
from tapak.sdk.backups import BACK_UP
from tapak.sdk.errors import ProviderUnavailable, TapakError

DIFFERENT = "Hasil pemulihan berbeda dari cadangan: {first}{more}. Periksa repositori lalu buat cadangan baru."
UNWRITABLE = "Mesin pekerja tidak dapat membaca atau menulis berkas ({why}). Periksa ruang dan hak folder sementaranya."
UNTOLD = "Server web belum memberi tahu letak berkas {names}, sehingga tidak ada yang dicadangkan; ditanyakan lagi."
Held = Callable[[], AbstractContextManager[None]]


def look(
    session: Session, pool: ProviderPool, plugins: Registry, resource_id: int, kind: str, held: Held
) -> datetime | None:
    """Do what is due of the plan; gives when it is to be looked at next, None where nobody wants it any more.

    ``session`` is in the transaction that took the lease; what came of it is left in an open one for the caller to
    commit with the lease's end. ``held`` holds the lease while a run goes on.
    """
    service.interrupted(session, resource_id, kind)
    known = service.plan(session, resource_id)
    if known is None:
        return None if service.gone(session, resource_id) else datetime.now(UTC) + NOT_YET
    due = service.due_at(session, known, kind)
    if due > datetime.now(UTC):
        return due
    act = _back_up if kind == BACK_UP else _test_restore
    run_id = service.begin(session, resource_id, kind)
    session.commit()
    runner = Runner(pool, known.connection, known.spec, resource_id)
    try:
        act(session, runner, known, run_id, held)
    except TapakError as problem:
        session.rollback()
        _discard(pool, known)
        service.fail(session, run_id, problem.message)
    except OSError as problem:
        session.rollback()
        service.fail(session, run_id, UNWRITABLE.format(why=problem.strerror or type(problem).__name__))
    service.register(session, plugins, known, run_id)
    return service.due_at(session, known, kind)


def _back_up(session: Session, runner: Runner, known: Plan, run_id: int, held: Held) -> None:
    if known.untold:
        _ask_again(session, known)
    with held():
        kept = runner.back_up(known.sources)
    snapshot = kept.snapshot
    service.succeed(session, run_id, snapshot=snapshot.id, size=snapshot.size, content=kept.content)


def _ask_again(session: Session, known: Plan) -> NoReturn:
    """A site that never told where it lies is applied anew by its service's next run; until then nothing is kept.

    Raises:
        ProviderUnavailable: always; a plan without its sites' files would be no backup of them.
    """
    service.ask_for_roots(session, known)
    session.commit()
    names = ", ".join(known.untold)
    raise ProviderUnavailable(UNTOLD.format(names=names), log=f"no document root of {names}")


def _test_restore(session: Session, runner: Runner, known: Plan, run_id: int, held: Held) -> None:
    run = service.last(session, known.resource_id, BACK_UP, SUCCEEDED)
    assert run is not None
    session.commit()
    with held():
        found = runner.test_restore(run.snapshot, run.content, known.sources)
    if found["different"]:
        more = f" (dan {len(found['different']) - 1 + found['more']} lainnya)" if len(found["different"]) > 1 else ""
        problem = DIFFERENT.format(first=found["different"][0], more=more)
        service.fail(session, run_id, problem, snapshot=run.snapshot, content=found)
    else:
        service.succeed(session, run_id, snapshot=run.snapshot, size=run.size, content=found)


def _discard(pool: ProviderPool, known: Plan) -> None:
    """After a failure the next run opens its connections anew."""
    for connection in (known.connection, *(source.connection for source in known.sources)):
        pool.discard(connection)
