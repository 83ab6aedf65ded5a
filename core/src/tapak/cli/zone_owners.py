"""``tapak zone owners`` and ``assign``: whose the names are that came with zones."""

from __future__ import annotations

from pathlib import Path

import click

from tapak.cli.output import as_json, show, told, write
from tapak.cli.scope import each_tenant
from tapak.cli.zone_options import a_file, of_agency
from tapak.plugins import registry
from tapak.requests.desk import Desk
from tapak.zones import owners


@click.command("owners")
@of_agency
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write CSV to be filled in.")
@click.option("--unassigned", is_flag=True, help="Only names that belong to no unit yet.")
@click.option("--search", default="", help="Only names in which this occurs.")
@click.option("--zone", "below", default="", help="Only names of this zone.")
@as_json
@told
def owners_(slug: str, output: Path | None, unassigned: bool, search: str, below: str, as_json: bool) -> None:
    """List the names that came with zones and whose they are, or write them into a file for the units."""
    asked = owners.Asked(search, unassigned, zone=below)
    for session, tenant in each_tenant(slug):
        desk = Desk.open(session, tenant, registry())
        if output is not None:
            written = write(output, (line.encode() for line in owners.csv_lines(desk, asked)))
            show([{"file": str(output), "bytes": written}], as_json)
            continue
        rows = owners.listed(desk, asked)
        show(
            [{"name": each.name, "unit": each.agency or None, "records": list(each.records)} for each in rows], as_json
        )


@click.command("assign")
@click.argument("file", type=a_file)
@of_agency
@click.option("--confirm", default="", help="The checksum of the plan that was shown.")
@as_json
@told
def assign(file: Path, slug: str, confirm: str, as_json: bool) -> None:
    """Give names to units as FILE (from "tapak zone owners") says; without --confirm only the plan is shown."""
    for session, tenant in each_tenant(slug):
        desk = Desk.open(session, tenant, registry())
        plan = owners.read_file(desk, file.name, file.read_bytes())
        if confirm:
            owners.apply(desk, plan, confirm)
        rows = [{"name": each.name, "before": each.before, "after": each.after} for each in plan.assignments]
        summary = {"checksum": plan.checksum, "changes": len(rows), "unchanged": plan.unchanged, "done": bool(confirm)}
        if as_json:
            show([{**summary, "plan": rows}], as_json)
        else:
            show(rows, as_json)
            show([summary], as_json)
