"""``tapak connection``: an agency's connections to servers, as its admin keeps them on pages."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import Any

import click

from tapak.cli.output import as_json, show, told
from tapak.cli.scope import each_tenant
from tapak.connections import service
from tapak.plugins import registry
from tapak.requests.desk import Desk

of_agency = click.option("--tenant", "slug", required=True, help="The agency's slug.")
HEAD = ("title", "zones", "kinds")


@click.group()
def connection() -> None:
    """An agency's connections to servers; "tapak provider check" tests them."""


@connection.command("list")
@of_agency
@as_json
@told
def list_(slug: str, as_json: bool) -> None:
    """List the agency's connections."""
    for session, tenant in each_tenant(slug):
        looks = service.listed(Desk.open(session, tenant, registry()), as_operator=True)
        show([_row(look) for look in looks], as_json)


@connection.command("show")
@click.argument("key")
@of_agency
@told
def show_(key: str, slug: str) -> None:
    """Print the connection KEY as JSON, without its secrets."""
    for session, tenant in each_tenant(slug):
        look = service.find(Desk.open(session, tenant, registry()), key, as_operator=True)
        told = {**_row(look), "settings": look.row.settings, "checks": look.row.checks}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False, default=str))


@connection.command("set")
@click.argument("key")
@of_agency
@click.option("--file", "source", type=click.File("rb"), required=True, help="TOML; - reads the standard input.")
@as_json
@told
def set_(key: str, slug: str, source: Any, as_json: bool) -> None:
    """Make or change the connection KEY from a file, and have it tested.

    The file has provider, title, and a table of settings; zones and kinds where the provider needs them. Secrets that
    it leaves out stay as they are.
    """
    wanted = _read(source.read())
    head = {name: wanted[name] for name in HEAD if name in wanted}
    for session, tenant in each_tenant(slug):
        desk = Desk.open(session, tenant, registry())
        settings = wanted.get("settings", {})
        look = service.save(desk, key, wanted.get("provider", ""), head, settings, version=None, as_operator=True)
        show([_row(look)], as_json)


@connection.command("on")
@click.argument("key")
@of_agency
@as_json
@told
def on(key: str, slug: str, as_json: bool) -> None:
    """Switch the connection KEY on."""
    _switch(key, slug, True, as_json)


@connection.command("off")
@click.argument("key")
@of_agency
@as_json
@told
def off(key: str, slug: str, as_json: bool) -> None:
    """Switch the connection KEY off: what stands on it goes on, and can't be changed."""
    _switch(key, slug, False, as_json)


@connection.command("remove")
@click.argument("key")
@of_agency
@told
def remove(key: str, slug: str) -> None:
    """Remove the connection KEY with its secrets; only where nothing ever stood on it."""
    for session, tenant in each_tenant(slug):
        service.remove(Desk.open(session, tenant, registry()), key, as_operator=True)


def _switch(key: str, slug: str, active: bool, as_json: bool) -> None:
    for session, tenant in each_tenant(slug):
        look = service.switch(Desk.open(session, tenant, registry()), key, active, as_operator=True)
        show([_row(look)], as_json)


def _read(content: bytes) -> Mapping[str, Any]:
    try:
        wanted = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise click.ClickException(f"the file is no TOML: {problem}") from problem
    strays = sorted(wanted.keys() - {*HEAD, "provider", "settings"})
    if strays or not isinstance(wanted.get("settings", {}), dict):
        raise click.ClickException(f"the file has provider, title, zones, kinds and [settings]; not: {strays}")
    return wanted


def _row(look: service.Look) -> dict[str, Any]:
    row = look.row
    return {
        "key": row.key,
        "provider": row.provider,
        "title": row.title,
        "active": row.active,
        "zones": row.zones,
        "kinds": row.kinds,
        "resources": look.resources,
        "checked_at": row.checked_at,
        "ok": None if row.checks is None else all(line["ok"] for line in row.checks),
    }
