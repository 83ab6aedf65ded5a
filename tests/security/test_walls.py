"""PostgreSQL's own walls between tenants, on every table of a deployment in which both tenants have worked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime

import psycopg
import pytest
from psycopg import errors, sql
from sqlalchemy import select

from tapak.db.session import Database
from tapak.demo.servers.process import wait_until
from tapak.demo.stack import DATABASE
from tapak.documents.models import Document
from tapak.inventory.models import Emergency, ExpiryReminder, Renewal, Service
from tapak.requests.models import ImportedRow, RegisterImport, Request, RequestLink, SealedEntry, Task
from tapak.scanning import service
from tapak.scanning.models import ScanRun
from tapak.tenants.models import Tenant
from tapak.testing.deployment import Agency, Deployment

OF_THE_PLATFORM = {"alembic_version", "tenant", "tenant_host"}
# What a walk to a live name leaves nothing in.
MAY_BE_EMPTY = {
    *("backup_run", "idempotency_key", "maintained_service", "maintenance", "one_time_link", "pause"),
    *("plugin_setting", "service_look", "setting_change"),
    *("sign_in_failure", "usage_day", "wake", "zone_intake", "zone_state"),
}
HIDDEN = (errors.UndefinedObject, errors.InvalidTextRepresentation)
REFUSED = (errors.InsufficientPrivilege, errors.RestrictViolation)


@pytest.fixture(scope="module")
def worked(deployment: Deployment) -> Deployment:
    """A deployment in which each tenant has a request that has gone to its end, and one under way."""
    deployment.case().to_end()
    deployment.case().to("dispose")
    deployment.case(deployment.other).to_end()
    deployment.case(deployment.other).to("dispose")
    for agency in (deployment.one, deployment.other):
        begin_upload(deployment, agency)
        scan(deployment, agency)
        keep_books(deployment, agency)
    return deployment


def keep_books(deployment: Deployment, agency: Agency) -> None:
    """What the first tenant's procedures never fill: an imported and a sealed register, a reminder and a renewal."""
    database = Database(deployment.stack.environment["TAPAK_DATABASE_URL"], pool_size=1)
    with database.begin() as session:
        tenant = session.scalars(select(Tenant.id).where(Tenant.slug == agency.slug)).one()
    today = date(2026, 11, 20)
    with database.begin(tenant) as session:
        made = RegisterImport(register="x.y", imported_on=today, filename="a.csv", sha256="0" * 64, rows=1)
        task, service_id = session.scalars(select(Task)).first(), session.scalars(select(Service.id)).first()
        assert task is not None
        first, second = session.scalars(select(Request.id).order_by(Request.id).limit(2)).all()
        by = session.scalars(select(Request.applicant_id).where(Request.id == first)).one()
        session.add(made)
        session.flush()
        entry = {"seq": 1, "previous": "", "hash": "0" * 64, "recipients": [], "sealed": b"age"}
        session.add_all(
            [
                ImportedRow(import_id=made.id, content={"a": 1}),
                SealedEntry(register="x.y", request_id=task.request_id, task_id=task.id, **entry),
                ExpiryReminder(service_id=service_id, expires_on=today, days=60),
                Renewal(service_id=service_id, account_id=1, asked_by="X", responsible_officer="X"),
                RequestLink(request_id=first, other_id=second, account_id=1, linked_by="X"),
                Emergency(
                    service_id=service_id, reason="X", account_id=by, declared_by="X", letter_due=datetime.now(UTC)
                ),
            ]
        )
    database.close()


def begin_upload(deployment: Deployment, agency: Agency) -> None:
    """A file of which nothing has come yet."""
    case = deployment.case(agency)
    case.start()
    with deployment.caller(case.applicant, agency) as caller:
        told = {"kind": "request_letter", "filename": "a.pdf", "size": 10}
        caller.post(f"/tasks/{case.request()['tasks'][0]['id']}/uploads", json=told).raise_for_status()


def scan(deployment: Deployment, agency: Agency) -> None:
    """A paper that was looked through, with what was found."""
    database = Database(deployment.stack.environment["TAPAK_DATABASE_URL"], pool_size=1)
    with database.begin() as session:
        tenant = session.scalars(select(Tenant.id).where(Tenant.slug == agency.slug)).one()
    with database.begin(tenant) as session:
        paper = session.scalars(select(Document).where(Document.state == "ready")).first()
        assert paper is not None
        run = service.ask(session, paper).id

    def found() -> bool:
        with database.begin(tenant) as session:
            return session.get_one(ScanRun, (tenant, run)).state == "done" and bool(service.findings(session, run))

    wait_until(found, 60, "a paper to be looked through")
    database.close()


@pytest.fixture(scope="module")
def owner(worked: Deployment) -> Iterator[psycopg.Connection]:
    """The owner's connection, past the walls."""
    with psycopg.connect(worked.stack.postgresql.dsn("tapak_owner", DATABASE), autocommit=True) as connection:
        yield connection


@pytest.fixture
def app(worked: Deployment) -> Iterator[psycopg.Connection]:
    """A connection of the processes' role."""
    with psycopg.connect(worked.stack.postgresql.dsn("tapak_app", DATABASE)) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def relay(worked: Deployment) -> Iterator[psycopg.Connection]:
    """A connection of the relay's role."""
    with psycopg.connect(worked.stack.postgresql.dsn("tapak_relay", DATABASE)) as connection:
        yield connection
        connection.rollback()


def column(connection: psycopg.Connection, query: str, *given: object) -> list:
    return [row[0] for row in connection.execute(query, given).fetchall()]


@pytest.fixture(scope="module")
def tables(owner: psycopg.Connection) -> list[str]:
    """Every table that isn't the platform's."""
    found = column(
        owner, "select relname from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"
    )
    return sorted(set(found) - OF_THE_PLATFORM)


@pytest.fixture(scope="module")
def ids(owner: psycopg.Connection, worked: Deployment) -> tuple[int, int]:
    """The tenants' ids."""
    one, other = (
        column(owner, "select id from tenant where slug = %s", each.slug)[0] for each in (worked.one, worked.other)
    )
    return one, other


def table(name: str) -> sql.Identifier:
    return sql.Identifier(name)


def count(connection: psycopg.Connection, name: str, tenant: int) -> int:
    query = sql.SQL("select count(*) from {} where tenant_id = %s").format(table(name))
    return connection.execute(query, (tenant,)).fetchone()[0]


def enter(connection: psycopg.Connection, tenant: int) -> None:
    connection.execute("select set_config('tapak.tenant', %s, true)", (str(tenant),))


def test_every_table_belongs_to_tenants_and_has_a_wall(owner: psycopg.Connection, tables: list[str]) -> None:
    assert len(tables) > 20
    walled = column(owner, "select relname from pg_class where relrowsecurity and relkind = 'r'")
    with_tenant = column(
        owner,
        "select table_name from information_schema.columns where column_name = 'tenant_id' and table_schema = 'public'",
    )
    policies = column(
        owner,
        "select tablename from pg_policies"
        " where 'tapak_app' = any(roles) and qual is not null and with_check is not null",
    )
    assert set(tables) - set(with_tenant) == set()
    assert set(tables) - set(walled) == set()
    assert set(tables) - set(policies) == set()


def test_foreign_keys_between_tenants_tables_carry_the_tenant(owner: psycopg.Connection, tables: list[str]) -> None:
    query = """
        select conname, conrelid::regclass::text, confrelid::regclass::text, array(
            select own.attname || '=' || theirs.attname
            from unnest(conkey, confkey) as pair(own, theirs)
            join pg_attribute own on own.attrelid = conrelid and own.attnum = pair.own
            join pg_attribute theirs on theirs.attrelid = confrelid and theirs.attnum = pair.theirs)
        from pg_constraint where contype = 'f'"""
    keys = [row for row in owner.execute(query).fetchall() if row[1] in tables and row[2] in tables]
    assert len(keys) > 20
    assert [name for name, _own, _theirs, pairs in keys if "tenant_id=tenant_id" not in pairs] == []


def test_without_a_tenant_every_table_refuses(app: psycopg.Connection, tables: list[str], ids: tuple[int, int]) -> None:
    for name in tables:
        for statement in ("select 1 from {}", "select count(*) from {}", "select 1 from {} where tenant_id = %s"):
            given = (ids[0],) if "%s" in statement else ()
            with pytest.raises(HIDDEN):
                app.execute(sql.SQL(statement).format(table(name)), given).fetchall()
            app.rollback()


def test_a_tenant_sees_its_own_rows_only(
    app: psycopg.Connection, owner: psycopg.Connection, tables: list[str], ids: tuple[int, int]
) -> None:
    one, other = ids
    empty = {name for name in tables if not count(owner, name, other)}
    assert empty <= MAY_BE_EMPTY
    enter(app, one)
    for name in tables:
        assert count(app, name, other) == 0, name
        seen = app.execute(sql.SQL("select distinct tenant_id from {}").format(table(name))).fetchall()
        assert seen in ([(one,)], []), name


def test_a_tenant_changes_its_own_rows_only(
    app: psycopg.Connection, owner: psycopg.Connection, tables: list[str], ids: tuple[int, int]
) -> None:
    one, other = ids
    for name in tables:
        before = count(owner, name, other)
        for statement in (
            "update {} set tenant_id = tenant_id where tenant_id = %s",
            "delete from {} where tenant_id = %s",
        ):
            enter(app, one)
            with suppress(*REFUSED):
                assert app.execute(sql.SQL(statement).format(table(name)), (other,)).rowcount == 0, name
            app.rollback()
        assert count(owner, name, other) == before


def test_a_tenant_gives_no_row_to_another(app: psycopg.Connection, tables: list[str], ids: tuple[int, int]) -> None:
    one, other = ids
    tried = 0
    for name in tables:
        enter(app, one)
        if not count(app, name, one):
            app.rollback()
            continue
        with pytest.raises(REFUSED):
            app.execute(sql.SQL("update {} set tenant_id = %s").format(table(name)), (other,))
        app.rollback()
        columns = column(
            app,
            "select column_name from information_schema.columns where table_name = %s and is_generated = 'NEVER'",
            name,
        )
        values = sql.SQL(", ").join(sql.Placeholder() if each == "tenant_id" else table(each) for each in columns)
        copied = sql.SQL("insert into {0} ({1}) overriding system value select {2} from {0} limit 1").format(
            table(name), sql.SQL(", ").join(map(table, columns)), values
        )
        enter(app, one)
        with pytest.raises((*REFUSED, errors.UniqueViolation)) as refused:
            app.execute(copied, (other,))
        assert not isinstance(refused.value, errors.UniqueViolation), name
        app.rollback()
        tried += 1
    assert tried > 20


def test_processes_own_nothing_and_leave_the_platform_alone(app: psycopg.Connection) -> None:
    assert column(app, "select relname from pg_class where relowner = 'tapak_app'::regrole") == []
    for statement in (
        "update tenant set active = false",
        "update tenant set settings = '{}'",
        "delete from tenant_host",
        "insert into tenant (slug) values ('x')",
        "alter table request disable row level security",
        "drop policy tenant on request",
        "set role tapak_owner",
        "set session authorization tapak_owner",
        "create table mine (id int)",
    ):
        with pytest.raises(psycopg.Error):
            app.execute(statement)
        app.rollback()


@pytest.mark.parametrize("name", ["audit_event", "journal_entry", "register_row", "revision", "snapshot"])
def test_what_was_written_down_stays(
    app: psycopg.Connection, owner: psycopg.Connection, name: str, ids: tuple[int, int]
) -> None:
    for connection in (app, owner):
        for statement in ("update {} set tenant_id = tenant_id", "delete from {}"):
            if connection is app:
                enter(app, ids[0])
            with pytest.raises(REFUSED):
                connection.execute(sql.SQL(statement).format(table(name)))
            connection.rollback()


def test_the_relay_sees_what_is_due_and_nothing_else(relay: psycopg.Connection, tables: list[str]) -> None:
    relay.execute("select tenant_id, kind, row_id, next_at from wake").fetchall()
    relay.execute("update wake set next_at = next_at")
    relay.rollback()
    for name in [*sorted(OF_THE_PLATFORM), *tables]:
        for statement in ("select 1 from {}", "insert into {} default values", "delete from {}"):
            if name == "wake" and statement.startswith("select"):
                continue
            with pytest.raises(errors.InsufficientPrivilege):
                relay.execute(sql.SQL(statement).format(table(name)))
            relay.rollback()
    for name in ("tenant_id", "fence", "lease_until", "problem"):
        with pytest.raises(errors.InsufficientPrivilege):
            relay.execute(sql.SQL("update wake set {0} = {0}").format(table(name)))
        relay.rollback()
