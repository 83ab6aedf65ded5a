"""Every section that a tenant has: its own, a form for each procedure, and one for each plugin's settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tapak.requests.desk import Desk
from tapak.requests.snapshots import offered
from tapak.sdk.errors import NotFound
from tapak.settings.own import own_sections
from tapak.settings.sections import Content, Section
from tapak.settings.steps import step_section
from tapak.tenants.settings import stored_settings

PLUGIN = "plugin."


def sections(desk: Desk) -> tuple[Section, ...]:
    """All sections, in the order in which a list has them."""
    procedures = offered(desk)
    return (
        *own_sections(desk),
        *(step_section(desk, procedure) for procedure in procedures),
        *_of_plugins(desk, [procedure.key for procedure in procedures]),
    )


def section(desk: Desk, key: str) -> Section:
    """The section ``key``.

    Raises:
        NotFound: the tenant has none of that key.
    """
    for each in sections(desk):
        if each.key == key:
            return each
    raise NotFound("Pengaturan ini tidak ditemukan.", log=f"no section {key!r}")


def stored(desk: Desk, each: Section) -> dict[str, Any]:
    """What the section holds now: only what was set."""
    if not each.plugin:
        return each.read(desk.tenant.settings)
    return each.read(stored_settings(desk.session, desk.tenant, each.plugin, each.schema))


def _of_plugins(desk: Desk, procedures: list[str]) -> Iterator[Section]:
    for plugin in dict.fromkeys(key.partition(".")[0] for key in procedures):
        schema = desk.registry.settings.get(plugin)
        if schema is None:
            continue
        of = frozenset(key for key in procedures if key.partition(".")[0] == plugin)
        services = ", ".join(each.service for each in offered(desk) if each.key in of)
        yield Section(
            f"{PLUGIN}{plugin}", "Aturan layanan", services, schema, dict, _whole, plugin=plugin, procedures=of
        )


def _whole(_stored: Content, values: Content) -> dict[str, Any]:
    return dict(values)
