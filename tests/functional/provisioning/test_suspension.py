"""Suspending keeps everything: names leave first, then sites answer 410; one act brings all back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from tapak.inventory.models import Address, HeldName, Service
from tapak.monitoring import expiry
from tapak.provisioning import service as acts
from tapak.provisioning.items import load, ready
from tapak.sdk.resources import DesiredResource, RecordSet, Site

from .conftest import NAME, ZONE

NOW = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)


def live(world, site, name):
    world.declare(site, name)
    world.work()
    assert world.states() == {"site": "live", "name": "live"}


def suspend(world):
    with world.database.begin(world.tenant.id) as session:
        service = session.scalars(select(Service)).one()
        expiry.suspend(session, service, NOW, "uji")


def test_the_name_leaves_before_the_site_is_closed(world, desired):
    site, name = desired
    live(world, site, name)
    suspend(world)
    with world.database.begin(world.tenant.id) as session:
        items = load(session, world.service_id)
        assert [item.key for item in ready(items)] == ["name"]
        for item in items:
            item.state = "gone" if item.key == "name" else item.state
        assert [item.key for item in ready(items)] == ["site"]


def test_a_suspended_service_keeps_its_site_and_its_name(world, desired):
    site, name = desired
    live(world, site, name)
    suspend(world)
    world.work()
    service = world.service()
    assert (service.state, service.suspended_at) == ("suspended", NOW)
    rows = world.resources()
    assert rows[name.spec.identity].state == "gone"
    assert rows[site.spec.identity].applied["suspended"] is True
    assert world.held() == {name.spec.name: "live"}
    assert "service.suspended" in world.events()
    assert "service.ended" not in world.events()


def test_one_act_brings_it_back_as_it_was(world, desired):
    site, name = desired
    live(world, site, name)
    suspend(world)
    world.work()
    with world.database.begin(world.tenant.id) as session:
        session.scalars(select(Service)).one().suspended_at = None
        session.flush()
        acts.restore(session, world.service_id)
    world.work()
    assert world.states() == {"site": "live", "name": "live"}
    assert world.service().state == "live"
    applied = world.resources()[site.spec.identity].applied
    assert applied["suspended"] is False
    assert Site(applied["name"], applied["title"], applied["owner"]) == site.spec


def test_what_is_declared_meanwhile_stays_off_the_net_until_the_service_is_restored(world, desired):
    site, name = desired
    live(world, site, name)
    suspend(world)
    world.work()
    added = DesiredResource("v6", RecordSet(ZONE, NAME, "AAAA", ("2001:db8::10",)), needs=("site",))
    world.declare(site, replace(name, spec=replace(name.spec, ttl=60)), added)
    world.work()
    assert not [spec for spec in world.dns.standing.values() if spec.name == NAME]
    assert world.resources()[site.spec.identity].applied["suspended"] is True
    assert world.service().state == "suspended"
    with world.database.begin(world.tenant.id) as session:
        told = {state.key: (state.done, state.reason) for state in acts.states(session, world.service_id)}
        assert told["name"] == (False, "layanan sedang ditangguhkan; pulihkan dahulu")
        session.scalars(select(Service)).one().suspended_at = None
        session.flush()
        acts.restore(session, world.service_id)
    world.work()
    assert world.states() == {"site": "live", "name": "live", "v6": "live"}
    assert world.resources()[name.spec.identity].applied["ttl"] == 60
    assert world.resources()[site.spec.identity].applied["suspended"] is False


def test_what_is_no_longer_declared_meanwhile_does_not_come_back(world, desired):
    site, name = desired
    live(world, site, name)
    suspend(world)
    world.work()
    world.declare(site)
    with world.database.begin(world.tenant.id) as session:
        session.scalars(select(Service)).one().suspended_at = None
        session.flush()
        acts.restore(session, world.service_id)
    world.work()
    assert world.states() == {"site": "live"}


def test_a_kept_name_is_released_only_when_it_has_gone(world, desired):
    site, name = desired
    old = DesiredResource("old", RecordSet(ZONE, f"lama.{ZONE}", "A", ("192.0.2.11",)), for_days=30)
    with world.database.begin(world.tenant.id) as session:
        session.add(HeldName(name=old.spec.name, service_id=world.service_id))
        session.add(Address(address="192.0.2.11", shared=False, service_id=world.service_id))
    world.declare(site, name, old)
    world.work()
    assert world.held()[old.spec.name] == "live"
    with world.database.begin(world.tenant.id) as session:
        session.add(HeldName(name=f"disetujui.{ZONE}", service_id=world.service_id))
        expiry.look(session, world.tenant, datetime.now(UTC) + timedelta(days=31))
    assert (world.held()[old.spec.name], address(world)) == ("live", world.service_id)
    world.work()
    assert world.states() == {"site": "live", "name": "live"}
    assert (world.held()[old.spec.name], address(world)) == ("quarantined", None)
    assert (world.held()[name.spec.name], f"disetujui.{ZONE}" in world.held()) == ("live", True)


def address(world):
    with world.database.begin(world.tenant.id) as session:
        return session.scalars(select(Address.service_id)).one()


def test_suspending_twice_changes_nothing(world, desired):
    site, name = desired
    live(world, site, name)
    suspend(world)
    world.work()
    generations = {identity: row.generation for identity, row in world.resources().items()}
    suspend(world)
    assert {identity: row.generation for identity, row in world.resources().items()} == generations
