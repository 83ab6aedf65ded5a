"""Connections: which server a resource goes to, strict settings, sealed secrets, providers kept open."""

from __future__ import annotations

import dataclasses
import io

import pytest
from sqlalchemy import select

from tapak.connections import checking
from tapak.db.session import Database as Connections
from tapak.provisioning.connections import ProviderPool, check_connection, collect_facts, connections, save_connection
from tapak.provisioning.models import Connection
from tapak.sdk.databases import Database
from tapak.sdk.errors import Invalid, ProviderBroken, ProviderDenied
from tapak.sdk.resources import DesiredResource, RecordSet
from tapak.tenants.models import Tenant
from tapak.tenants.secrets import append_identity, new_identity, read_identities
from tapak.testing.provider import MemoryProvider

from .conftest import NAME, SITE, World


def save(world: World, key: str = "lain", **settings: str) -> Connection:
    with world.database.begin(world.tenant.id) as session:
        return save_connection(
            session, world.tenant, world.plugins, key=key, provider="memory", title=key, settings=settings
        )


def stored(world: World, key: str) -> Connection:
    with world.database.begin(world.tenant.id) as session:
        return next(each for each in connections(session) if each.key == key)


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (RecordSet("lain.example", "a.lain.example", "A", ("192.0.2.1",)), "zona lain.example"),
        (RecordSet("contoh.example", NAME, "SRV", ("0 0 1 x.",)), "rekaman SRV"),
    ],
)
def test_what_no_connection_serves_is_refused_with_what_to_set_up(world: World, spec: RecordSet, told: str) -> None:
    with pytest.raises(Invalid) as refused:
        world.declare(DesiredResource("name", spec))
    assert told in refused.value.message
    assert not world.pending()


def test_a_site_needs_a_connection_without_zones(database: Connections, world: World) -> None:
    world.plugins = dataclasses.replace(world.plugins, providers={})
    with pytest.raises(Invalid, match="site"):
        world.declare(SITE)


def test_kinds_say_which_of_several_connections_serves_what(world: World) -> None:
    with world.database.begin(world.tenant.id) as session:
        for key, kinds in (("web", ["database"]), ("kedua", ["site"])):
            save_connection(
                session,
                world.tenant,
                world.plugins,
                key=key,
                provider="memory",
                title=key,
                settings={"server": key},
                kinds=kinds,
            )
    world.declare(DesiredResource("database", Database("mariadb", "antrean")), SITE)
    rows, second = world.resources(), stored(world, "kedua").id
    assert {row.kind: row.connection_id == second for row in rows.values()} == {"database": False, "site": True}


def test_what_needs_a_site_goes_to_the_host_that_the_site_lies_on(world: World) -> None:
    with world.database.begin(world.tenant.id) as session:
        for key, kinds in (("web", ["database"]), ("kedua", ["site", "database"])):
            settings = {"server": key}
            named = {"provider": "memory", "title": key, "settings": settings, "kinds": kinds}
            save_connection(session, world.tenant, world.plugins, key=key, **named)
    world.declare(SITE)
    own, other = Database("mariadb", "antrean"), Database("mariadb", "lain")
    world.declare(SITE, DesiredResource("own", own, needs=("site",)), DesiredResource("other", other))
    rows, second = world.resources(), stored(world, "kedua").id
    placed = {identity: row.connection_id == second for identity, row in rows.items()}
    assert placed == {SITE.spec.identity: True, own.identity: True, other.identity: False}


def test_a_kind_that_the_provider_does_not_serve_is_refused(world: World) -> None:
    with pytest.raises(Invalid) as refused, world.database.begin(world.tenant.id) as session:
        save_connection(
            session,
            world.tenant,
            world.plugins,
            key="x",
            provider="memory",
            title="x",
            settings={"server": "x"},
            kinds=["backup"],
        )
    assert "backup" in refused.value.fields["kinds"][0]


def test_settings_are_strict(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        save(world, server="x", serverr="y")
    assert "serverr" in refused.value.fields


def test_a_secret_is_sealed_and_a_blank_one_keeps_the_old(world: World, tmp_path, owner_database: Connections) -> None:
    keys = new_identity()
    append_identity(tmp_path / "identities", keys, "test")
    world.tenant.recipient = keys.recipient
    save(world, server="web", password="rahasia-sekali")
    save(world, server="web", password="")
    connection = stored(world, "lain")
    assert "password" not in connection.settings
    assert connection.sealed is not None and b"rahasia-sekali" not in connection.sealed
    pool = ProviderPool(world.plugins, read_identities(tmp_path / "identities"))
    assert pool.get(connection).settings == {"server": "web", "password": "rahasia-sekali"}
    with pytest.raises(ProviderDenied) as refused:
        ProviderPool(world.plugins).get(connection)
    assert "rahasia-sekali" not in refused.value.message + refused.value.log


def test_a_provider_stays_open_until_its_settings_change(world: World) -> None:
    save(world, server="satu")
    pool = ProviderPool(world.plugins)
    first = pool.get(stored(world, "lain"))
    assert pool.get(stored(world, "lain")) is first
    save(world, server="dua")
    assert pool.get(stored(world, "lain")).settings["server"] == "dua"


def test_a_provider_opens_archives_of_its_tenant(world: World) -> None:
    save(world, server="satu")
    pool = ProviderPool(world.plugins, open_archive=lambda tenant, sha256: io.BytesIO(f"{tenant} {sha256}".encode()))
    provider = pool.get(stored(world, "lain"))
    assert provider.open_archive("abc").read() == f"{world.tenant.id} abc".encode()
    with pytest.raises(ProviderDenied):
        ProviderPool(world.plugins).get(stored(world, "lain")).open_archive("abc")


def test_a_connection_is_checked_without_raising(world: World) -> None:
    save(world, server="satu")
    (check,) = check_connection(stored(world, "lain"), world.plugins, ())
    assert check.ok
    without = dataclasses.replace(world.plugins, providers={})
    (check,) = check_connection(stored(world, "lain"), without, ())
    assert not check.ok
    with pytest.raises(ProviderBroken):
        ProviderPool(without).get(stored(world, "lain"))


def test_figures_of_a_server_that_can_not_be_asked_say_why(world: World) -> None:
    with world.database.begin(world.tenant.id) as session:
        asked = connections(session)
    without = dataclasses.replace(world.plugins, providers={})
    facts = collect_facts(asked, ProviderPool(without))
    assert [fact.value for fact in facts] == [None, None]
    assert all("tidak terpasang" in fact.problem for fact in facts)
    assert collect_facts(asked, ProviderPool(world.plugins)) == ()


def test_another_tenants_connections_are_not_seen(world: World, other_tenant: Tenant) -> None:
    MemoryProvider.servers.clear()
    with world.database.begin(other_tenant.id) as session:
        assert list(connections(session)) == []


def test_a_connection_that_is_off_is_asked_nothing_and_given_nothing(world: World) -> None:
    with world.database.begin(world.tenant.id) as session:
        for each in connections(session):
            each.active = False
    with pytest.raises(Invalid) as refused:
        world.declare(SITE)
    assert "server yang aktif" in refused.value.message
    with world.database.begin(world.tenant.id) as session:
        off = session.scalars(select(Connection).where(Connection.key == "web")).one()
        assert (list(connections(session)), off.active) == ([], False)
    with pytest.raises(ProviderDenied) as denied:
        ProviderPool(world.plugins).get(off)
    assert "dinonaktifkan" in denied.value.message


def test_a_test_is_kept_until_the_settings_change(world: World) -> None:
    save(world, server="satu")
    with world.database.session(world.tenant.id) as session:
        connection = checking.find(session, stored(world, "lain").id)
        assert connection is not None
        checking.carry_out(session, connection, world.plugins, ())
        session.commit()
    kept = stored(world, "lain")
    assert (kept.checks, kept.checked_at is not None) == (
        [{"name": "Sambungan", "ok": True, "message": "Server menjawab."}],
        True,
    )
    save(world, server="dua")
    assert stored(world, "lain").checks is None
