"""The inbox among 1,000,000 tasks of 552 tenants: the page over HTTP, and its query against the one among 10,000."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from statistics import quantiles
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from tapak.accounts.models import Account
from tapak.accounts.policy import person_of
from tapak.accounts.sessions import open_session
from tapak.db.session import Database
from tapak.demo.servers.postgresql import PostgresqlServer
from tapak.demo.servers.process import accepts, free_port, wait_until
from tapak.demo.servers.redis import RedisServer
from tapak.plugins import registry
from tapak.requests import reading
from tapak.requests.desk import Desk
from tapak.requests.snapshots import offered_procedure, pin
from tapak.tenants.models import Tenant

AGENCIES = 1
TENANTS = 552
MANY, FEW = 1_000_000, 10_000
HEAD = 5
"""Flattens the top of the skew: the largest tenant has 1/(1 + HEAD) of what an even harmonic share would sum to."""
GAP = 1000
OFFICER = "kabid.aplikasi@dkisp.tarakankota.go.id"
CALLS, TURNS = 200, 9
CONNECTIONS = 4
ROUNDS, SECONDS = 11, 2.0

PROCESSES = Path(__file__).parent / "processes"

TENANT_TABLES = {
    "tenant_host": {"host": "'kota' || (row.tenant_id - 1 + n) || '.localhost'"},
    "agency": {},
    "account": {"agency_id": f"row.agency_id + n * {GAP}"},
    "position": {
        "superior_id": f"row.superior_id + n * {GAP}",
        "substitute_id": f"row.substitute_id + n * {GAP}",
    },
    "position_holder": {
        "position_id": f"row.position_id + n * {GAP}",
        "account_id": f"row.account_id + n * {GAP}",
    },
    "calendar_day": {},
    "zone": {},
    "snapshot": {},
}

PLAN = """
create temporary table way as select * from (values
    (1, 'register_letter', 'kasubbag_umum'), (2, 'decide', 'kabid_aplikasi'), (3, 'provision', 'kabid_aplikasi'),
    (4, 'hand_over', 'kabid_aplikasi'), (5, 'review', 'kabid_aplikasi'), (6, 'dispose', 'kadis'),
    (7, 'review', 'kabid_aplikasi'), (8, 'hand_over', 'kabid_aplikasi'), (9, 'report', 'kabid_aplikasi')
) as way (place, step, position_key);
create temporary table cycle as
    select row_number() over (order by request, place) - 1 as spot, request, place, place = length and length < 9
        as open from (values (0, 1), (1, 2), (2, 3), (3, 4), (4, 9)) as made (request, length),
        generate_series(1, length) as place;
create temporary table planned as
    select share.tenant_id, share.first + n as id, (share.first + n) / 19 * 5 + cycle.request + 1 as request_id,
        way.step, position.id as position_id, cycle.open,
        now() - make_interval(mins => ((n * 7919) % 400000)::int) as arrived_at
    from share
    cross join lateral generate_series(0, share.count - 1) as n
    join cycle on cycle.spot = (share.first + n) % 19
    join way on way.place = cycle.place
    join position on position.tenant_id = share.tenant_id and position.key = way.position_key;
"""
"""Of 19 tasks in a row four are open, each the last of a request that has come 1 to 4 steps far."""

FILL = (
    """
insert into request (tenant_id, id, snapshot_id, procedure, number, subject, state, agency_id, applicant_id, revision,
    answers, step, version, submitted_at, promised_end, expected_end)
overriding system value
select tenant_id, request_id,
    (select min(id) from snapshot where snapshot.tenant_id = planned.tenant_id), 'tarakan.hosting',
    lpad(request_id::text, 7, '0') || '/HOST/DKISP/XI/2026', 'Permohonan hosting layanan ' || request_id,
    case when bool_or(open) then 'in_process' else 'done' end,
    (select min(id) + request_id % 3 from agency where agency.tenant_id = planned.tenant_id),
    (select min(id) from account where account.tenant_id = planned.tenant_id and agency_id is not null), 1,
    '{"system_name": "Antrean Daring", "name_label": "antrean", "kind": "public_service"}',
    max(step), 3, min(arrived_at), max(arrived_at) + interval '9 days', max(arrived_at) + interval '9 days'
from planned group by tenant_id, request_id
""",
    """
insert into task (tenant_id, id, request_id, step, revision, position_id, state, arrived_at, started_at, finished_at,
    actor, acting_as, outcome, input, waiting, working, start_by, due_at, deadline, escalated_to)
overriding system value
select tenant_id, id, request_id, step, 1, position_id,
    case when open then case when id % 3 = 0 then 'started' else 'open' end else 'finished' end, arrived_at,
    arrived_at + interval '2 hours', case when not open then arrived_at + interval '1 day' end, 'Nama Pejabat',
    'Kepala Bidang Aplikasi dan Informatika', case when open then '' else 'done' end,
    case when not open then '{"note": "Selesai"}'::jsonb end, 7200, 600, arrived_at + interval '1 day',
    case when not open or id % 3 = 0 then arrived_at + interval '3 days' end,
    case when open then arrived_at + case when id % 3 = 0 then interval '3 days' else interval '1 day' end end,
    case when open and id % 5 = 0 then (select superior_id from position where position.tenant_id = planned.tenant_id
        and position.id = planned.position_id) end
from planned
""",
)


def shares(total: int) -> list[int]:
    """Tasks of each tenant, the largest first: as 1 / (rank + HEAD), in all exactly ``total``."""
    weights = [1 / (rank + HEAD) for rank in range(1, TENANTS + 1)]
    ends = [round(total * part / sum(weights)) for part in accumulate(weights)]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def crowd(server: PostgresqlServer, name: str, total: int, copies_of: Any) -> None:
    """Fill database ``name``, which holds one tenant, with ``total`` tasks of all tenants."""
    with server.connect(name) as connection:
        connection.execute("set session_replication_role = replica")
        copies = copies_of(connection)
        copies.rows("tenant", "true", TENANTS - 1, id="row.id + n", slug="'kota' || (row.id - 1 + n)")
        for table, changed in TENANT_TABLES.items():
            own = {"id": f"row.id + n * {GAP}", "tenant_id": "row.tenant_id + n", **changed}
            copies.rows(table, "true", TENANTS - 1, **own)
        connection.execute("create temporary table share (tenant_id bigint, first bigint, count bigint)")
        _copy_shares(connection, shares(total))
        connection.execute(PLAN)
        for statement in FILL:
            connection.execute(statement)
        copies.settle("request", "task", *TENANT_TABLES)
        (count,) = connection.execute("select count(*) from task").fetchone() or (0,)
        assert count == total


def _copy_shares(connection: psycopg.Connection[Any], counts: Sequence[int]) -> None:
    first = 0
    with connection.cursor().copy("copy share from stdin") as rows:
        for number, count in enumerate(counts):
            rows.write_row((1 + number, first, count))
            first += count


@pytest.fixture(scope="module")
def crowds(
    postgresql_server: PostgresqlServer, bench_database: str, agencies: Sequence[int], copies_of: Any
) -> Iterator[dict[int, str]]:
    """Databases by the number of tasks in them."""
    database = Database(postgresql_server.dsn("tapak_app", bench_database))
    with database.begin(1) as session:
        desk = Desk.open(session, session.get_one(Tenant, 1), registry())
        pin(desk, offered_procedure(desk, "tarakan.hosting"))
    database.close()
    made = {total: f"bench_inbox_{total}" for total in (FEW, MANY)}
    for total, name in made.items():
        postgresql_server.create_database(name, template=bench_database)
        crowd(postgresql_server, name, total, copies_of)
    yield made
    for name in made.values():
        postgresql_server.drop_database(name)


class Reader:
    """The officer of the largest tenant, who asks for the inbox through the service."""

    def __init__(self, url: str) -> None:
        self.database = Database(url, pool_size=1)
        with self.database.begin(1) as session:
            self.tenant = session.get_one(Tenant, 1)
            account = session.scalars(select(Account).where(Account.email == OFFICER)).one()
            self.person = person_of(session, account, datetime.now(UTC).date())

    def seconds(self) -> float:
        """What one page took, from transaction to transaction."""
        began = time.perf_counter()
        with self.database.begin(self.tenant.id) as session:
            page = reading.inbox(Desk.open(session, self.tenant, registry(), self.person))
        took = time.perf_counter() - began
        assert len(page.rows) == reading.PAGE
        assert page.after is not None
        return took


def p95(times: Sequence[float]) -> float:
    """The 95th percentile, in milliseconds."""
    return quantiles(times, n=20)[-1] * 1000


def test_the_inbox_query_does_not_grow(
    crowds: dict[int, str], postgresql_server: PostgresqlServer, measured: Any
) -> None:
    readers = {total: Reader(postgresql_server.dsn("tapak_app", name)) for total, name in crowds.items()}
    taken: dict[int, list[float]] = {FEW: [], MANY: []}
    for turn in range(TURNS + 1):
        times: dict[int, list[float]] = {FEW: [], MANY: []}
        for _ in range(CALLS):
            for total, reader in readers.items():
                times[total].append(reader.seconds())
        for total in readers:
            if turn:
                taken[total].append(p95(times[total]))
    for reader in readers.values():
        reader.database.close()
    figure = measured("inbox query, p95, 1,000,000 against 10,000 tasks", taken[MANY], taken[FEW], "ms")
    assert figure.tell("at most 1.5") <= 1.5


@pytest.fixture
def served(
    crowds: dict[int, str], postgresql_server: PostgresqlServer, redis_server: RedisServer, tmp_path: Path
) -> Iterator[int]:
    """The port where gunicorn serves the application over the larger database, as ``tapak serve`` has it run."""
    port = free_port()
    env = {
        **os.environ,
        "TAPAK_DATABASE_URL": postgresql_server.dsn("tapak_app", crowds[MANY]),
        "TAPAK_REDIS_URL": redis_server.url,
        "TAPAK_DOCUMENTS": str(tmp_path / "documents"),
        "TAPAK_SECRET_KEY": "bench",
        "TAPAK_SECURE_COOKIES": "0",
    }
    command = [sys.executable, "-m", "gunicorn", f"--bind=127.0.0.1:{port}", f"--chdir={PROCESSES}"]
    options = ["--workers=2", "--threads=4", "--worker-class=gthread", f"--access-logfile={tmp_path / 'log'}"]
    with subprocess.Popen([*command, *options, "inbox_app:app()"], env=env) as server:
        wait_until(lambda: accepts(port), 60, "gunicorn")
        try:
            yield port
        finally:
            server.terminate()


def test_the_inbox_page_keeps_up_with_rows_in_memory(
    crowds: dict[int, str], postgresql_server: PostgresqlServer, served: int, bench: Any
) -> None:
    database = Database(postgresql_server.dsn("tapak_app", crowds[MANY]), pool_size=1)
    with database.begin(1) as session:
        account = session.scalars(select(Account).where(Account.email == OFFICER)).one()
        content = {"_user_id": account.fs_uniquifier, "_fresh": True}
        token = open_session(session, account, content=content).token
    database.close()
    page = {"port": served, "host": "kota0.localhost", "path": "/kotak-masuk", "cookie": f"tapak={token}"}
    ours = bench.crew("get", [json.dumps({**page, "expected": "/HOST/DKISP/"})] * CONNECTIONS)
    memory = {**page, "path": "/memory", "cookie": "", "expected": "0001000/HOST/DKISP/"}
    measure = bench.crew("get", [json.dumps(memory)] * CONNECTIONS)
    figure = bench.race("inbox pages over HTTP, against memory", ours, measure, rounds=ROUNDS, seconds=SECONDS)
    assert figure.tell("at least 0.5") >= 0.5
