"""``tapak report``: reports of an agency as files."""

from __future__ import annotations

from pathlib import Path

import click

from tapak.cli.output import COMMAND_LINE, as_json, show, told, write
from tapak.cli.scope import each_tenant
from tapak.plugins import registry
from tapak.reports.formats import FORMATS
from tapak.reports.periodic import OFFERS, fitted, make
from tapak.requests.desk import Desk


@click.command()
@click.argument("key", type=click.Choice(list(OFFERS)))
@click.option("--tenant", "slug", required=True, help="The agency's slug.")
@click.option("--year", type=int, help="This year unless told.")
@click.option("--format", "suffix", type=click.Choice(list(FORMATS)), default="xlsx", show_default=True)
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@as_json
@told
def report(key: str, slug: str, year: int | None, suffix: str, output: Path, as_json: bool) -> None:
    """Write the report KEY: subdomain (of a year), aplikasi (hosted now), or ip (names and addresses now)."""
    for session, tenant in each_tenant(slug):
        desk = Desk.open(session, tenant, registry())
        made, form = fitted(make(desk, key, year, COMMAND_LINE), suffix)
        show([{"report": made.name, "file": str(output), "bytes": write(output, form.write(made, tenant))}], as_json)
