"""``tapak provider``: what is installed, and whether connections work."""

from __future__ import annotations

import click
from sqlalchemy import select

from tapak.cli.output import as_json, show, told
from tapak.cli.scope import each_tenant, identities
from tapak.plugins import registry
from tapak.provisioning.connections import check_connection
from tapak.provisioning.models import Connection


@click.group()
def provider() -> None:
    """Providers and the tenants' connections to them."""


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
@as_json
@told
def check(slug: str | None, as_json: bool) -> None:
    """Try every connection; exit status 1 where something doesn't work."""
    keys = identities()
    rows = []
    for session, tenant in each_tenant(slug):
        for connection in session.scalars(select(Connection).order_by(Connection.id)):
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
