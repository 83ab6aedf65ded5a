"""``tapak register``: the registers of an agency, and files that some of them are filled from."""

from __future__ import annotations

from pathlib import Path

import click

from tapak.cli.output import as_json, show, told
from tapak.cli.scope import each_tenant
from tapak.plugins import registry
from tapak.requests import registers
from tapak.requests.desk import Desk
from tapak.requests.imported import last
from tapak.requests.imports import import_file
from tapak.sdk.errors import NotFound
from tapak.sdk.registers import Register

of_agency = click.option("--tenant", "slug", required=True, help="The agency's slug.")


@click.group()
def register() -> None:
    """Registers of an agency."""


@register.command("list")
@of_agency
@as_json
@told
def list_(slug: str, as_json: bool) -> None:
    """List the registers of the procedures that the agency runs."""
    rows = []
    for session, tenant in each_tenant(slug):
        for book in registers.of_tenant(Desk.open(session, tenant, registry())).values():
            found = last(session, book.key) if book.imported else None
            rows.append({"key": book.key, "title": book.title, "imported_on": found and found.imported_on})
    show(rows, as_json)


@register.command("import")
@click.argument("key")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@of_agency
@as_json
@told
def import_(key: str, file: Path, slug: str, as_json: bool) -> None:
    """Replace what the imported register KEY holds by the rows of FILE (CSV in UTF-8, or XLSX)."""
    for session, tenant in each_tenant(slug):
        desk = Desk.open(session, tenant, registry())
        made = import_file(desk, _imported(desk, key), file.name, file.read_bytes())
        show([{"register": key, "rows": made.rows, "imported_on": made.imported_on}], as_json)


def _imported(desk: Desk, key: str) -> Register:
    found = registers.of_tenant(desk).get(key)
    if found is None or not found.imported:
        raise NotFound(
            "Buku ini tidak ada, atau isinya tidak berasal dari berkas.", log=f"no imported register {key!r}"
        )
    return found
