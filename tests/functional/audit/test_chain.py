"""The audit chain: what is written stays, and whoever touches it is found out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tapak.audit.models import AuditEvent
from tapak.audit.service import record
from tapak.audit.verifier import verify
from tapak.db.session import Database
from tapak.tenants.models import Tenant

Tamper = Callable[[str], None]


def write(database: Database, tenant: Tenant, count: int = 5) -> None:
    for number in range(count):
        with database.begin(tenant.id) as session:
            record(
                session, "trial", person=None, request_id=7, content={"é": [number, None, 1.5]}, shown=number % 2 == 0
            )


def faults(database: Database, tenant: Tenant) -> list[tuple[int, str]]:
    with database.begin(tenant.id) as session:
        return [(problem.seq, problem.fault) for problem in verify(session, tenant.id).problems]


@pytest.fixture
def tamper(owner_database: Database) -> Tamper:
    """Run SQL as the owner with the guards off."""

    def run(sql: str) -> None:
        with owner_database.begin() as session:
            session.execute(text("alter table audit_event disable trigger user"))
            session.execute(text(sql))
            session.execute(text("alter table audit_event enable trigger user"))

    return run


def test_counts_and_links_per_tenant(database: Database, tenant: Tenant, other_tenant: Tenant) -> None:
    write(database, tenant)
    write(database, other_tenant, 2)
    with database.begin(tenant.id) as session:
        report = verify(session, tenant.id)
        assert (report.sound, report.events, report.seq) == (True, 5, 5)
        rows = session.scalars(select(AuditEvent).where(AuditEvent.request_id == 7).order_by(AuditEvent.seq)).all()
        assert [(event.seq, event.shown) for event in rows] == [(1, True), (2, False), (3, True), (4, False), (5, True)]
        assert rows[-1].hash == report.hash
    assert faults(database, other_tenant) == []


def test_an_empty_chain_is_sound(database: Database, tenant: Tenant) -> None:
    assert faults(database, tenant) == []


def test_writers_at_once_make_one_chain(database: Database, tenant: Tenant) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: write(database, tenant, 5), range(8)))
    with database.begin(tenant.id) as session:
        report = verify(session, tenant.id)
    assert (report.sound, report.events) == (True, 40)


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_event set summary = 'lain'",
        "delete from audit_event",
        "truncate audit_event",
        "update audit_head set seq = 0",
        "delete from audit_head",
        "insert into audit_head (seq, hash) values (0, '')",
        "alter table audit_event disable trigger user",
    ],
)
def test_the_app_can_take_nothing_back(database: Database, tenant: Tenant, statement: str) -> None:
    write(database, tenant, 2)
    with pytest.raises(DBAPIError, match=r"permission denied|must be owner"), database.begin(tenant.id) as session:
        session.execute(text(statement))
    assert faults(database, tenant) == []


def test_the_app_can_choose_neither_number_nor_time_nor_hash(database: Database, tenant: Tenant) -> None:
    write(database, tenant, 2)
    with database.begin(tenant.id) as session:
        session.add(AuditEvent(kind="forged", seq=1, hash="f" * 64, previous="e" * 64))
    assert faults(database, tenant) == []


def test_the_owner_is_stopped_too_unless_the_guard_is_taken_away(
    owner_database: Database, database: Database, tenant: Tenant
) -> None:
    write(database, tenant, 1)
    with pytest.raises(DBAPIError, match="never changed"), owner_database.begin() as session:
        session.execute(text("update audit_event set summary = 'lain'"))


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("update audit_event set summary = 'lain' where seq = 3", [(3, "changed")]),
        ("update audit_event set content = '{}' where seq = 2", [(2, "changed")]),
        ("update audit_event set at = at + interval '1 microsecond' where seq = 4", [(4, "changed")]),
        ("update audit_event set shown = not shown where seq = 1", [(1, "changed")]),
        ("update audit_event set account_id = 9 where seq = 5", [(5, "changed")]),
        ("delete from audit_event where seq = 2", [(3, "gap"), (4, "gap"), (5, "gap")]),
        ("delete from audit_event where seq = 1", [(2, "gap"), (3, "gap"), (4, "gap"), (5, "gap")]),
        ("delete from audit_event where seq = 5", [(4, "cut off")]),
        ("delete from audit_event", [(0, "cut off")]),
    ],
)
def test_finds_what_was_tampered_with(
    database: Database, tenant: Tenant, other_tenant: Tenant, tamper: Tamper, sql: str, found: list[tuple[int, str]]
) -> None:
    write(database, tenant)
    tamper(sql)
    assert faults(database, tenant) == found
    assert faults(database, other_tenant) == []


def test_finds_reordered_rows(database: Database, tenant: Tenant, tamper: Tamper) -> None:
    write(database, tenant)
    tamper("update audit_event set seq = -seq where seq in (2, 3)")
    tamper("update audit_event set seq = 5 + seq where seq < 0")
    assert faults(database, tenant) == [(2, "changed"), (3, "changed"), (4, "broken link")]


def test_finds_a_row_that_was_hashed_anew(database: Database, tenant: Tenant, tamper: Tamper) -> None:
    write(database, tenant)
    tamper("update audit_event set summary = 'lain' where seq = 3")
    tamper(
        "update audit_event as e set hash = encode(sha256(convert_to(audit_payload(e), 'UTF8')), 'hex') where seq = 3"
    )
    assert faults(database, tenant) == [(4, "broken link")]
    tamper("update audit_event set summary = 'lain' where seq = 5")
    tamper(
        "update audit_event as e set hash = encode(sha256(convert_to(audit_payload(e), 'UTF8')), 'hex') where seq = 5"
    )
    assert faults(database, tenant) == [(4, "broken link")]


def test_finds_a_last_row_that_was_hashed_anew(database: Database, tenant: Tenant, tamper: Tamper) -> None:
    write(database, tenant)
    tamper("update audit_event set summary = 'lain' where seq = 5")
    tamper(
        "update audit_event as e set hash = encode(sha256(convert_to(audit_payload(e), 'UTF8')), 'hex') where seq = 5"
    )
    assert faults(database, tenant) == [(5, "cut off")]
