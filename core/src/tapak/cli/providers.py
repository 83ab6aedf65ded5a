"""``tapak provider``: what is installed, and whether connections work."""

from __future__ import annotations

import click

from tapak.cli.output import as_json, show, told
from tapak.cli.packages import new_command
from tapak.cli.scope import each_tenant, identities
from tapak.plugins import registry
from tapak.provisioning.connections import check_connection, connections


@click.group()
def provider() -> None:
    """Providers and the tenants' connections to them."""


provider.command("new")(new_command("provider"))


@provider.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List installed providers and what they can do."""
    rows = [
        {
            "name": each.name,
            "title": each.title,
            "kinds": sorted(each.capabilities.kinds),
            "records": sorted(each.capabilities.record_types),
            "atomic": each.capabilities.atomic,
            "fenced": each.capabilities.fenced,
            "batch": each.capabilities.batch,
        }
        for each in registry().providers.values()
    ]
    show(rows, as_json)


@provider.command("check")
@click.option("--tenant", "slug", help="One tenant only.")
@click.option("--connection", "key", help="The connection with this key only.")
@as_json
@told
def check(slug: str | None, key: str | None, as_json: bool) -> None:
    """Try every connection that is switched on; exit status 1 where something doesn't work."""
    keys = identities()
    rows = []
    for session, tenant in each_tenant(slug):
        for connection in connections(session):
            if key not in (None, connection.key):
                continue
            rows += [
                {
                    "tenant": tenant.slug,
                    "connection": connection.key,
                    "check": each.name,
                    "ok": each.ok,
                    "message": each.message,
                }
                for each in check_connection(connection, registry(), keys)
            ]
    show(rows, as_json)
    if not all(row["ok"] for row in rows):
        raise SystemExit(1)
