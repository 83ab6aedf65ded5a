"""A whole step through the service layer, against a bare ORM loop that writes request, task and event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pytest
from plain import KEY, with_plain
from sqlalchemy import func, select

from tapak.accounts.models import Account
from tapak.accounts.policy import person_of
from tapak.db.session import Database
from tapak.demo.servers.postgresql import PostgresqlServer
from tapak.documents.store import DocumentStore
from tapak.requests import facts, flow, papers
from tapak.requests.desk import Desk
from tapak.requests.models import Request, Task
from tapak.tenants.models import Tenant, Zone
from tapak_tarakan.hosting import HOSTING

AGENCIES = 4
PROCESSES = 2
COPIES = 8000
ROUNDS, SECONDS = 11, 2.0
GAP = 100
"""Room for the ids of one request's tasks among those of its copies."""

HEAD = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
PDF = HEAD + b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(HEAD)

APPLICANT = "pemohon@dinkes.tarakankota.go.id"
KASUBBAG = "kasubbag.umum@dkisp.tarakankota.go.id"
KADIS = "kadis@dkisp.tarakankota.go.id"
KABID = "kabid.aplikasi@dkisp.tarakankota.go.id"
REVIEW = {
    "server_ok": True,
    "bandwidth_ok": True,
    "name_ok": True,
    "address": "127.0.0.1",
    "findings": "Mencukupi.",
    "recommendation": "approve",
}
WAY = (
    ("register_letter", KASUBBAG, {"archive_code": "000.8", "scan_confirmed": True}),
    ("dispose", KADIS, {}),
    ("review", KABID, REVIEW),
)


@dataclass(frozen=True)
class Case:
    """A step to measure; ``form`` is what it is finished with beside the form's first values."""

    title: str
    procedure: str
    step: str
    form: Mapping[str, Any]
    least: float


CASES = (
    Case("plain step", KEY, "dispose", {"note": "Diteruskan kepada Bidang Aplikasi dan Informatika."}, 0.8),
    Case("review (a letter)", "tarakan.hosting", "review", REVIEW, 0.0),
    Case("disposition (a letter, a register row)", "tarakan.hosting", "dispose", {}, 0.0),
)


@dataclass
class Clerk:
    """Takes one request of a tenant to the step that is measured."""

    database: Database
    tenant: Tenant
    store: DocumentStore
    case: Case
    form: dict[str, Any] = field(default_factory=dict)

    def prepare(self) -> Task:
        """The open task; ``form`` is what it is to be finished with."""
        task_id = self._submit()
        for key, who, given in WAY:
            if key == self.case.step:
                self._act(who, self.case.form, task_id, last=True)
                break
            task_id = self._act(who, given, task_id)
        with self.database.begin(self.tenant.id) as session:
            return session.scalars(select(Task).where(Task.id == task_id)).one()

    def _submit(self) -> int:
        with self.database.begin(self.tenant.id) as session:
            desk = self._desk(session, APPLICANT)
            task_id = flow.start_request(desk, self.case.procedure)
            papers.upload(
                desk,
                self.store,
                task_id,
                kind="request_letter",
                filename="surat.pdf",
                stream=BytesIO(PDF),
                limit=1_000_000,
            )
            zone = session.scalars(select(Zone.name).order_by(Zone.id)).first()
            given = {**HOSTING.submission.sample, "name_zone": zone, "letter_date": desk.today.isoformat()}
            done = flow.finish(desk, task_id, given)
            assert done.next_task_id is not None
            return done.next_task_id

    def _act(self, who: str, given: Mapping[str, Any], task_id: int, *, last: bool = False) -> int:
        with self.database.begin(self.tenant.id) as session:
            desk = self._desk(session, who)
            view = flow.task_view(desk, task_id)
            if view.kind.needs_facts:
                facts.store(desk, task_id, ())
            self.form = {**view.kind.initial(view), **given}
            if last:
                return task_id
            done = flow.finish(desk, task_id, self.form)
            assert done.next_task_id is not None
            return done.next_task_id

    def _desk(self, session: Any, who: str) -> Desk:
        account = session.scalars(select(Account).where(Account.email == who)).one()
        return Desk.open(session, self.tenant, with_plain(), person_of(session, account, datetime.now(UTC).date()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_a_step_keeps_up_with_a_bare_orm_loop(
    case: Case,
    bench: Any,
    agencies: Any,
    copies: Any,
    postgresql_server: PostgresqlServer,
    bench_database: str,
    tmp_path: Path,
) -> None:
    url = postgresql_server.dsn("tapak_app", bench_database)
    database = Database(url, pool_size=1)
    tasks: list[tuple[int, int, int]] = []
    form: dict[str, Any] = {}
    for tenant_id in agencies:
        with database.begin() as session:
            tenant = session.get_one(Tenant, tenant_id)
        clerk = Clerk(database, tenant, DocumentStore(tmp_path / "documents"), case)
        tasks += multiply(copies, tenant_id, clerk.prepare())
        form = clerk.form
    copies.settle("request", "revision", "task", "wake")
    Random(1).shuffle(tasks)
    who = next(who for key, who, _ in WAY if key == case.step)
    shares = [tasks[number::PROCESSES] for number in range(PROCESSES)]
    told = [_written(tmp_path / f"{number}.json", url, share, who, form) for number, share in enumerate(shares)]
    ours = bench.crew("steps", told)
    measure = bench.crew("bare_orm", [postgresql_server.dsn("tapak_owner", bench_database)] * PROCESSES)
    measured = bench.race(f"steps, {case.title}", ours, measure, rounds=ROUNDS, seconds=SECONDS)
    assert_whole(database, agencies[0], case.step)
    database.close()
    assert measured.tell(f"at least {case.least}" if case.least else "no bound") >= case.least


def multiply(copies: Any, tenant_id: int, task: Task) -> list[tuple[int, int, int]]:
    """Copies of the task's request with everything that belongs to it; gives (tenant, task, version) of each."""
    ((last,),) = copies.connection.execute(f"select greatest(max(id), (select max(id) from task) / {GAP}) from request")
    request, of_task = f"{last} + n", f"({last} + n) * {GAP} + {{}} - {task.id}"
    theirs = f"row.tenant_id = {tenant_id} and row.request_id = {task.request_id}"
    its = f"row.tenant_id = {tenant_id}"
    moved = of_task.format(task.id)
    copies.rows(
        "request",
        f"{its} and row.id = {task.request_id}",
        COPIES,
        id=request,
        number="row.number || '/' || n",
    )
    copies.rows("revision", theirs, COPIES, id=moved, request_id=request)
    copies.rows("task", theirs, COPIES, id=of_task.format("row.id"), request_id=request)
    copies.rows("wake", f"{its} and row.kind = 'deadline' and row.row_id = {task.id}", COPIES, row_id=moved)
    query = "select id, version from request where tenant_id = %s and id > %s order by id"
    found = copies.connection.execute(query, [tenant_id, last]).fetchall()
    return [(tenant_id, row_id * GAP, version) for row_id, version in found]


def _written(place: Path, url: str, tasks: list[tuple[int, int, int]], actor: str, form: dict[str, Any]) -> str:
    told = {"url": url, "tasks": tasks, "actor": actor, "form": form}
    place.write_text(json.dumps(told, default=lambda value: value.isoformat() if isinstance(value, date) else value))
    return str(place)


def assert_whole(database: Database, tenant_id: int, step: str) -> None:
    """What was measured are whole steps: each left its task finished, and one open task with its deadline."""
    with database.begin(tenant_id) as session:
        finished = select(Task.request_id).where(Task.step == step, Task.state == "finished", Task.working.is_not(None))
        moved = session.scalar(select(func.count()).select_from(Request).where(Request.id.in_(finished)))
        following = select(Task.request_id).where(Task.request_id.in_(finished), Task.deadline.is_not(None))
        assert moved and moved > 100
        assert session.scalar(select(func.count()).select_from(following.subquery())) == moved
