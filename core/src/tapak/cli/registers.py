"""``tapak register``: the registers of an agency, and files that some of them are filled from."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from tapak.cli.output import COMMAND_LINE, as_json, day, show, told, write
from tapak.cli.scope import each_tenant
from tapak.plugins import registry
from tapak.reports.formats import FORMATS
from tapak.reports.registers import report
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


@register.command("export")
@click.argument("key")
@of_agency
@click.option("--format", "suffix", type=click.Choice(list(FORMATS)), default="csv", show_default=True)
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option("--search", default="", help="Only rows in which all of these words occur.")
@click.option("--since", type=day, help="Written on this day of the agency or later.")
@click.option("--until", type=day, help="Written on this day of the agency or before.")
@as_json
@told
def export(
    key: str,
    slug: str,
    suffix: str,
    output: Path,
    search: str,
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
) -> None:
    """Write the register KEY into a file, newest row first; sealed ones have "tapak logbook export"."""
    asked = registers.Asked(search, since and since.date(), until and until.date())
    for session, tenant in each_tenant(slug):
        desk = Desk.open(session, tenant, registry())
        made, form = report(desk, registers.plain(registers.of_tenant(desk), key), asked, suffix, COMMAND_LINE)
        written = write(output, form.write(made, tenant))
        show([{"register": key, "file": str(output), "bytes": written}], as_json)


def _imported(desk: Desk, key: str) -> Register:
    found = registers.of_tenant(desk).get(key)
    if found is None or not found.imported:
        raise NotFound(
            "Buku ini tidak ada, atau isinya tidak berasal dari berkas.", log=f"no imported register {key!r}"
        )
    return found
