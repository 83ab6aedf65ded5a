"""``tapak zone``: taking a zone in, giving its names to units, comparing it with what is known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from tapak.cli.output import as_json, show, told, write
from tapak.cli.scope import each_tenant, identities
from tapak.plugins import registry
from tapak.provisioning.connections import ProviderPool
from tapak.provisioning.models import Connection
from tapak.requests.desk import Desk
from tapak.sdk.errors import NotFound
from tapak.sdk.resources import RecordSet
from tapak.zones import importing, owners, zonefile
from tapak.zones.comparing import Comparison, compare
from tapak.zones.places import lister, serving

of_agency = click.option("--tenant", "slug", required=True, help="The agency's slug.")
a_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def zone() -> None:
    """DNS zones."""


@zone.command("import")
@click.argument("name")
@of_agency
@click.option("--file", type=a_file, help="Read this zone file instead of the agency's server.")
@click.option("--from", "source", type=a_file, help="Read another server: JSON with provider and settings.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be taken in.")
@as_json
@told
def import_(name: str, slug: str, file: Path | None, source: Path | None, dry_run: bool, as_json: bool) -> None:
    """Take what stands in zone NAME into the inventory; the zone itself stays as it is."""
    for session, tenant in each_tenant(slug):
        desk = Desk.open(session, tenant, registry())
        with _records(desk, name, file, source) as records:
            done = importing.import_zone(desk, name, records, str(file or source or "server"))
        if dry_run:
            session.rollback()
        counted = {"zone": name, "names": done.names, "records": done.record_sets, "known": done.known}
        left = [f"{reason}: {len(which)}" for reason, which in done.left_out.items()]
        show([{**counted, "left_out": done.left_out if as_json else left}], as_json)


@contextmanager
def _records(desk: Desk, name: str, file: Path | None, source: Path | None) -> Iterator[Iterator[RecordSet]]:
    if file is not None:
        yield zonefile.read(name, file)
    elif source is not None:
        with importing.elsewhere(desk.registry, name, source) as records:
            yield records
    else:
        pool = ProviderPool(desk.registry, identities())
        try:
            yield lister(pool, serving(desk.session, name)).zone_records(name)
        finally:
            pool.close()


@zone.command("owners")
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


@zone.command("assign")
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


@zone.command("diff")
@click.argument("name")
@click.option("--tenant", "slug", help="One agency only.")
@as_json
@told
def diff(name: str, slug: str | None, as_json: bool) -> None:
    """Compare zone NAME with what is known of it, changing nothing; exit status 1 where what is ours isn't so.

    missing: ours, and not there; changed: ours, and otherwise; foreign: there, and not ours.
    """
    seen = _compared(name, slug)
    rows = [{"tenant": tenant, **row} for tenant, each in seen for row in _rows(each)]
    show(rows, as_json)
    if any(each.changed or each.missing for _, each in seen):
        raise SystemExit(1)


def _compared(name: str, slug: str | None) -> list[tuple[str, Comparison]]:
    seen, pool = [], ProviderPool(registry(), identities())
    try:
        for session, tenant in each_tenant(slug):
            if slug or session.scalar(select(Connection.id).where(Connection.zones.contains([name]))) is not None:
                seen.append((tenant.slug, compare(session, pool, name)))
    finally:
        pool.close()
    if not seen:
        raise NotFound("Zona ini tidak dilayani.", log=f"no connection serves zone {name!r}")
    return seen


def _rows(seen: Comparison) -> list[dict[str, Any]]:
    ours = [("missing", each) for each in seen.missing] + [("changed", each) for each in seen.changed]
    foreign = [("foreign", each.identity, None, each) for each in seen.foreign]
    lines = [*((kind, each.ours.identity, each.ours, each.found) for kind, each in ours), *foreign]
    return [
        {"kind": kind, "identity": identity, "ours": _values(known), "found": _values(found)}
        for kind, identity, known, found in lines
    ]


def _values(spec: RecordSet | None) -> dict[str, Any] | None:
    return None if spec is None else {"ttl": spec.ttl, "values": list(spec.values)}
