"""Suspending keeps everything: names leave first, then sites answer 410; one act brings all back."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from tapak.inventory.models import Service
from tapak.monitoring import expiry
from tapak.provisioning import service as acts
from tapak.provisioning.items import load, ready
from tapak.sdk.resources import Site

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


def test_suspending_twice_changes_nothing(world, desired):
    site, name = desired
    live(world, site, name)
    suspend(world)
    world.work()
    generations = {identity: row.generation for identity, row in world.resources().items()}
    suspend(world)
    assert {identity: row.generation for identity, row in world.resources().items()} == generations
