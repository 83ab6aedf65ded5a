"""Which tenant a Host header means."""

from __future__ import annotations

import pytest
from sqlalchemy import event, update

from tapak.db.session import Database
from tapak.tenants.hosts import LIFE_SECONDS, MOST_UNKNOWN, TenantHosts
from tapak.tenants.models import Tenant, TenantHost


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hosts(database: Database, clock: Clock) -> TenantHosts:
    return TenantHosts(database, clock=clock)


@pytest.mark.parametrize(
    "header",
    ["contoh.localhost", "contoh.localhost:8000", "CONTOH.LocalHost", "contoh.localhost.", "contoh.localhost.:80"],
)
def test_port_case_and_final_dot_do_not_matter(hosts: TenantHosts, header: str) -> None:
    found = hosts.find(header)
    assert found is not None
    assert (found.slug, found.time_zone) == ("contoh", "Asia/Makassar")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        ":8000",
        "localhost",
        "x.contoh.localhost",
        "contoh.localhost..",
        "contoh.localhost\n",
        "contoh.localhost\x00",
        " contoh.localhost",
        "contoh.localhost:80:80",
        "contoh.localhost:x",
        "contoh.localhost:٨٠",
        "contoh.localhost@lain.localhost",
        "[::1]",
        "[::1]:8000",
        "127.0.0.1",
        "contoh.localhost,lain.localhost",
        "ćontoh.localhost",
        "K" * 300,
        "a." * 200,
        "' or ''='",
        "%63ontoh.localhost",
    ],
)
def test_anything_else_is_nobody(hosts: TenantHosts, header: str | None) -> None:
    assert hosts.find(header) is None


def test_two_hosts_two_tenants(hosts: TenantHosts) -> None:
    first, second = hosts.find("contoh.localhost"), hosts.find("lain.localhost")
    assert first is not None
    assert second is not None
    assert first.id != second.id


def queries(asked: list[str]) -> list[str]:
    return [statement for statement in asked if statement != "begin"]


def test_remembers_for_a_while_and_then_looks_again(
    hosts: TenantHosts, database: Database, owner_database: Database, clock: Clock
) -> None:
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    assert hosts.find("contoh.localhost") is hosts.find("CONTOH.localhost:1")
    assert hosts.find("baru.localhost") is None
    assert hosts.find("baru.localhost") is None
    assert len(queries(asked)) == 2
    with owner_database.begin() as session:
        tenant = session.query(Tenant).filter_by(slug="contoh").one()
        session.add(TenantHost(host="baru.localhost", tenant_id=tenant.id))
        session.execute(update(Tenant).where(Tenant.slug == "lain").values(active=False))
    clock.now = LIFE_SECONDS
    assert hosts.find("baru.localhost") is not None
    assert hosts.find("lain.localhost") is None
    hosts.forget()
    assert hosts.find("contoh.localhost") is not None


def test_random_hosts_neither_fill_memory_nor_push_tenants_out(hosts: TenantHosts, database: Database) -> None:
    assert hosts.find("contoh.localhost") is not None
    for number in range(MOST_UNKNOWN + 200):
        assert hosts.find(f"x{number}.localhost") is None
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    assert hosts.find("contoh.localhost") is not None
    assert hosts.find(f"x{MOST_UNKNOWN + 199}.localhost") is None
    assert asked == []
    assert hosts.find("x0.localhost") is None
    assert len(queries(asked)) == 1
