"""``tapak tenant``: agencies of this deployment."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import select

from tapak.cli.output import as_json, show, told
from tapak.cli.tenant_file import apply_tenant
from tapak.config import Config
from tapak.db.session import Database
from tapak.plugins import registry
from tapak.sdk.errors import NotFound
from tapak.tenants.models import Tenant, TenantHost


@click.group()
def tenant() -> None:
    """Agencies of this deployment."""


@tenant.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="Fill a ${NAME} of the file.")
@as_json
@told
def apply(file: Path, given: tuple[str, ...], as_json: bool) -> None:
    """Make or change a tenant so that it is as FILE (TOML) says; applying it again changes nothing."""
    config = Config.from_environment()
    if config.identities is None:
        raise click.ClickException("set TAPAK_IDENTITIES to the file that keeps the age identities")
    owner = Database(config.needed("owner_url"), pool_size=1)
    placeholders = dict(item.split("=", 1) for item in given if "=" in item)
    summary = apply_tenant(owner, file, registry(), placeholders=placeholders, identities=config.identities)
    owner.close()
    show([{"what": what, "changed": count} for what, count in summary.items()], as_json)


@tenant.command("list")
@as_json
@told
def list_(as_json: bool) -> None:
    """List tenants."""
    show(_rows(), as_json)


@tenant.command("show")
@click.argument("slug")
@as_json
@told
def show_(slug: str, as_json: bool) -> None:
    """Show one tenant."""
    rows = [row for row in _rows() if row["slug"] == slug]
    if not rows:
        raise NotFound("Instansi tidak ditemukan.", log=f"no tenant {slug!r}")
    show(rows, as_json)


def _rows() -> list[dict[str, object]]:
    database = Database(Config.from_environment().needed("database_url"), pool_size=1)
    with database.begin() as session:
        hosts: dict[int, list[str]] = {}
        for host in session.scalars(select(TenantHost).order_by(TenantHost.host)):
            hosts.setdefault(host.tenant_id, []).append(host.host)
        rows = [
            {
                "slug": each.slug,
                "name": each.name,
                "agency": each.agency,
                "hosts": hosts.get(each.id, []),
                "time_zone": each.time_zone,
                "procedures": each.settings.get("procedures", []),
                "active": each.active,
            }
            for each in session.scalars(select(Tenant).order_by(Tenant.slug))
        ]
    database.close()
    return rows
