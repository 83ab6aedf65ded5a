"""The rows of plans and runs: what is due, what came of it, and the line in the register of backups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from tapak.backups.models import FAILED, INTERRUPTED, RUNNING, SUCCEEDED, BackupRun
from tapak.backups.running import Source
from tapak.backups.schedule import is_due, next_run, next_test
from tapak.db.session import TENANT
from tapak.db.wake import wake
from tapak.inventory.models import Service
from tapak.plugins import Registry
from tapak.provisioning import service as provisioning
from tapak.provisioning.models import Connection, Resource
from tapak.requests.models import RegisterRow
from tapak.sdk.backups import BACK_UP, Backup
from tapak.sdk.databases import Database
from tapak.sdk.resources import Site, spec_from_json
from tapak.tenants.models import Tenant

REGISTER = "tapak.backups"
NOT_YET = timedelta(minutes=1)
"""Until a plan that isn't live, or has nothing to be tested, is looked at again."""
AFTER_FAILURE = timedelta(hours=1)


@dataclass(frozen=True)
class Plan:
    """A plan as it was last verified, with what it keeps and the time zone that its times are in.

    The folders of ``spec`` are its own and the document roots of the sites that it needs; ``untold`` are the names of
    the sites whose document root isn't known.
    """

    resource_id: int
    spec: Backup
    connection: Connection
    sources: Sequence[Source]
    zone: ZoneInfo
    request_id: int | None
    untold: tuple[str, ...] = ()


def plan(session: Session, resource_id: int) -> Plan | None:
    """The plan, where it is live."""
    tenant = session.get_one(Tenant, session.info[TENANT])
    query = (
        select(Resource, Connection, Service.request_id)
        .join(Connection, Connection.id == Resource.connection_id)
        .join(Service, Service.id == Resource.service_id)
        .where(Resource.id == resource_id, Resource.state == "live", Resource.applied.is_not(None))
    )
    row = session.execute(query).one_or_none()
    if row is None or row[0].applied is None:
        return None
    resource, connection, request_id = row
    spec = spec_from_json(resource.kind, resource.applied or {})
    if not isinstance(spec, Backup):
        raise ValueError(f"resource {resource_id} is no backup")
    roots = _document_roots(session, resource)
    spec = replace(spec, folders=(*spec.folders, *(root for root in roots.values() if root)))
    untold = tuple(name for name, root in roots.items() if not root)
    sources, zone = _sources(session, resource), ZoneInfo(tenant.time_zone)
    return Plan(resource.id, spec, connection, sources, zone, request_id, untold)


def ask_for_roots(session: Session, known: Plan) -> None:
    """Have the sites whose document root isn't known applied anew, so that their web host tells it."""
    service_id = session.scalars(select(Resource.service_id).where(Resource.id == known.resource_id)).one()
    untold = Resource.service_id == service_id, Resource.kind == Site.kind, Resource.identity.in_(known.untold)
    session.execute(update(Resource).where(*untold).values(outputs_generation=0))
    wake(session, provisioning.WAKE, service_id)


def gone(session: Session, resource_id: int) -> bool:
    """Whether nobody wants the plan any more."""
    return session.scalar(select(Resource.spec).where(Resource.id == resource_id)) is None


def interrupted(session: Session, resource_id: int, kind: str) -> None:
    """Note the runs whose worker died; called under the lease of the next one."""
    dead = update(BackupRun).where(
        BackupRun.resource_id == resource_id, BackupRun.kind == kind, BackupRun.outcome == RUNNING
    )
    told = "Pekerja berhenti sebelum selesai."
    session.execute(dead.values(outcome=INTERRUPTED, problem=told, ended_at=func.clock_timestamp()))


def last(session: Session, resource_id: int, kind: str, *outcomes: str) -> BackupRun | None:
    """The last run of the kind with one of ``outcomes`` (none: any)."""
    query = select(BackupRun).where(BackupRun.resource_id == resource_id, BackupRun.kind == kind)
    if outcomes:
        query = query.where(BackupRun.outcome.in_(outcomes))
    return session.scalars(query.order_by(BackupRun.id.desc()).limit(1)).first()


def due_at(session: Session, known: Plan, kind: str) -> datetime:
    """When the next run, or test, of a live plan is to begin; a time that has passed means now."""
    now = datetime.now(UTC)
    before = last(session, known.resource_id, kind, SUCCEEDED, FAILED)
    if kind != BACK_UP:
        if last(session, known.resource_id, BACK_UP, SUCCEEDED) is None:
            return now + NOT_YET
        return now if before is None else _after(before, next_test(known.spec, before.began_at))
    if before is None or is_due(known.spec, known.zone, before.began_at, now):
        return now
    return _after(before, next_run(known.spec, known.zone, now))


def begin(session: Session, resource_id: int, kind: str) -> int:
    """A row for a run that begins now; gives its id."""
    statement = insert(BackupRun).values(resource_id=resource_id, kind=kind).returning(BackupRun.id)
    return int(session.scalars(statement).one())


def succeed(session: Session, run_id: int, *, snapshot: str, size: int | None, content: dict[str, Any]) -> None:
    """The run came to its end."""
    _end(session, run_id, outcome=SUCCEEDED, snapshot=snapshot, size=size, content=content)


def fail(
    session: Session, run_id: int, problem: str, *, snapshot: str = "", content: dict[str, Any] | None = None
) -> None:
    """The run didn't; ``problem`` tells an officer why."""
    _end(session, run_id, outcome=FAILED, snapshot=snapshot, problem=problem, content=content or {})


def register(session: Session, plugins: Registry, known: Plan, run_id: int) -> None:
    """Write the run into the register of backups, where the plan's service came of a request."""
    if known.request_id is None:
        return
    run = session.get_one(BackupRun, (session.info[TENANT], run_id), populate_existing=True)
    book = plugins.registers[REGISTER]
    schema = book.schema()
    content = schema.dump(schema.load(_line(known, run)))
    words = " ".join(str(content.get(name, "")) for name in book.search).lower()
    session.add(RegisterRow(register=REGISTER, request_id=known.request_id, content=content, words=words))
    session.flush()


def _line(known: Plan, run: BackupRun) -> dict[str, Any]:
    ended = run.ended_at or run.began_at
    return {
        "began_at": run.began_at.astimezone(known.zone).strftime("%Y-%m-%dT%H:%M"),
        "name": known.spec.name,
        "kind": run.kind,
        "outcome": run.outcome,
        "snapshot": run.snapshot,
        "size": run.size or 0,
        "seconds": round((ended - run.began_at).total_seconds()),
        "problem": run.problem[:500],
    }


def _after(before: BackupRun, planned: datetime) -> datetime:
    """A failure is tried again sooner than the plan says."""
    if before.outcome == SUCCEEDED:
        return planned
    return min(planned, (before.ended_at or before.began_at) + AFTER_FAILURE)


def _end(session: Session, run_id: int, **values: Any) -> None:
    done = update(BackupRun).where(BackupRun.id == run_id)
    session.execute(done.values(ended_at=func.clock_timestamp(), **values))


def _document_roots(session: Session, resource: Resource) -> dict[str, str | None]:
    """Where the sites that the plan needs lie, by name, as their web host last told; None where it never did."""
    query = (
        select(Resource.identity, Resource.outputs["document_root"].as_string())
        .where(
            Resource.service_id == resource.service_id,
            Resource.key.in_(resource.needs),
            Resource.kind == Site.kind,
            Resource.applied.is_not(None),
        )
        .order_by(Resource.id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _sources(session: Session, resource: Resource) -> list[Source]:
    query = (
        select(Resource, Connection)
        .join(Connection, Connection.id == Resource.connection_id)
        .where(
            Resource.service_id == resource.service_id,
            Resource.key.in_(resource.needs),
            Resource.kind == Database.kind,
            Resource.applied.is_not(None),
        )
        .order_by(Resource.id)
    )
    found = []
    for row, connection in session.execute(query):
        spec = spec_from_json(row.kind, row.applied or {})
        if isinstance(spec, Database):
            found.append(Source(spec, connection))
    return found
