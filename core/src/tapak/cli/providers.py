"""``tapak provider`` and ``tapak zone``: what is installed, whether connections work, what differs from ours."""

from __future__ import annotations

import click
from pyrage.x25519 import Identity  # type: ignore[import-untyped]
from sqlalchemy import select
from sqlalchemy.orm import Session

from tapak.cli.output import as_json, show, told
from tapak.cli.scope import each_tenant
from tapak.config import Config
from tapak.monitoring.drift import zone_diff
from tapak.plugins import registry
from tapak.provisioning.connections import ProviderPool, check_connection
from tapak.provisioning.models import Connection
from tapak.sdk.errors import NotFound
from tapak.sdk.resources import RecordSet, Spec
from tapak.tenants.secrets import read_identities


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
    identities = _identities()
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
                for each in check_connection(connection, registry(), identities)
            ]
    show(rows, as_json)
    if not all(row["ok"] for row in rows):
        raise SystemExit(1)


@click.group()
def zone() -> None:
    """DNS zones."""


@zone.command("diff")
@click.argument("name")
@as_json
@told
def diff(name: str, as_json: bool) -> None:
    """Compare zone NAME at its server with ours, changing nothing; exit status 1 where ours stands otherwise."""
    rows: list[dict[str, object]] = []
    found = False
    for session, tenant in each_tenant():
        for connection in session.scalars(select(Connection).order_by(Connection.id)):
            if name in connection.zones:
                found = True
                rows += _differences(session, connection, name, tenant.slug)
    if not found:
        raise NotFound("Zona ini tidak dilayani.", log=f"no connection serves zone {name!r}")
    show(rows, as_json)
    if any(row["kind"] == "changed" for row in rows):
        raise SystemExit(1)


def _differences(session: Session, connection: Connection, name: str, tenant: str) -> list[dict[str, object]]:
    pool = ProviderPool(registry(), _identities())
    try:
        seen = zone_diff(session, pool, connection, name)
    finally:
        pool.close()
    changed: list[dict[str, object]] = [
        {
            "tenant": tenant,
            "kind": "changed",
            "identity": each.ours.spec.identity,
            "ours": _values(each.ours.spec),
            "found": _values(each.found),
        }
        for each in seen.different
    ]
    foreign: list[dict[str, object]] = [
        {"tenant": tenant, "kind": "foreign", "identity": spec.identity, "ours": None, "found": _values(spec)}
        for spec in seen.foreign
    ]
    return [*changed, *foreign]


def _values(spec: Spec | None) -> dict[str, object] | None:
    return {"ttl": spec.ttl, "values": list(spec.values)} if isinstance(spec, RecordSet) else None


def _identities() -> tuple[Identity, ...]:
    place = Config.from_environment().identities
    return read_identities(place) if place else ()
