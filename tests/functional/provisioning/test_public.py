"""Where the public opens a site: the connection says it, without its secrets."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tapak.provisioning.connections import connections, save_connection
from tapak.provisioning.public import site_url
from tapak.sdk.resources import DesiredResource, Site
from tapak.testing.provider import MemoryProvider

from .conftest import NAME, SITE, World


class Published(MemoryProvider):
    """Tells its server in the URL."""

    @classmethod
    def public_url(cls, settings: Mapping[str, Any], site: Site) -> str:
        return f"https://{site.name}/{settings['server']}/"


def published(world: World) -> None:
    world.plugins = dataclasses.replace(world.plugins, providers={"memory": Published})


def told(world: World, site: Site = SITE.spec) -> str:
    with world.database.begin(world.tenant.id) as session:
        return site_url(session, world.plugins, site)


def server_of(world: World, key: str) -> str:
    with world.database.begin(world.tenant.id) as session:
        return str(next(each for each in connections(session) if each.key == key).settings["server"])


def test_a_site_is_where_it_was_declared_and_a_new_one_where_it_would_go(world: World) -> None:
    published(world)
    first = server_of(world, "web")
    assert told(world) == f"https://{NAME}/{first}/"
    world.declare(DesiredResource("site", SITE.spec))
    with world.database.begin(world.tenant.id) as session:
        for key, server, kinds in (("web", first, ["database"]), ("kedua", "kedua", ["site"])):
            save_connection(
                session,
                world.tenant,
                world.plugins,
                key=key,
                provider="memory",
                title=key,
                settings={"server": server},
                kinds=kinds,
            )
    assert told(world) == f"https://{NAME}/{first}/"
    assert told(world, Site("baru.contoh.example")) == "https://baru.contoh.example/kedua/"


def test_without_a_provider_or_with_settings_of_another_version_it_is_plain_http(world: World) -> None:
    assert told(world) == f"http://{NAME}/"
    published(world)
    with world.database.begin(world.tenant.id) as session:
        next(each for each in connections(session) if each.key == "web").settings = {"dahulu": 1}
    assert told(world) == f"http://{NAME}/"
    world.plugins = dataclasses.replace(world.plugins, providers={})
    assert told(world) == f"http://{NAME}/"
