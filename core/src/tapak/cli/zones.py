"""``tapak zone``: taking a zone in, giving its names to units, comparing it with what is known,
bringing it to that, and carrying it away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from tapak.cli.output import as_json, show, told, write
from tapak.cli.scope import each_tenant, identities
from tapak.plugins import registry
from tapak.provisioning.connections import ProviderPool
from tapak.provisioning.models import Connection
from tapak.requests.desk import Desk
from tapak.sdk.errors import NotFound
from tapak.sdk.resources import RecordSet, Spec
from tapak.zones import exporting, importing, owners, syncing, zonefile
from tapak.zones.comparing import Comparison, compare, compare_recent
from tapak.zones.places import lister, serving

of_agency = click.option("--tenant", "slug", required=True, help="The agency's slug.")
PERCENT = click.IntRange(0, 100)
LOOK_AGAIN = 0.1
a_file = click.Path(exists=True, dir_okay=False, path_type=Path)


recent = click.option(
    "--recent", is_flag=True, help="Only what changed since the last look: quick, however large the zone is."
)


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


@zone.command("sync")
@click.argument("name")
@of_agency
@click.option("--delete-foreign", is_flag=True, help="Also remove what stands there and isn't ours.")
@click.option("--max-removals", default=10, show_default=True, type=PERCENT, help="Percent of the zone.")
@click.option("--max-changes", default=30, show_default=True, type=PERCENT, help="Percent of the zone.")
@click.option("--confirm", default="", help="The checksum of the plan that was shown.")
@click.option("--wait", default=60.0, show_default=True, help="Seconds to wait for workers.")
@recent
@as_json
@told
def sync(
    name: str,
    slug: str,
    delete_foreign: bool,
    max_removals: int,
    max_changes: int,
    confirm: str,
    wait: float,
    recent: bool,
    as_json: bool,
) -> None:
    """Put back in zone NAME what is ours; without --confirm only the plan is shown.

    Workers carry it out. Exit status 1 where a plan waits for its confirmation, or not all was done in time.
    """
    limits, pool = syncing.Limits(max_removals, max_changes), ProviderPool(registry(), identities())
    try:
        for session, tenant in each_tenant(slug):
            seen = (compare_recent if recent else compare)(session, pool, name)
            plan = syncing.plan(seen, delete_foreign=delete_foreign)
            handed = syncing.apply(Desk.open(session, tenant, registry()), plan, limits, confirm) if confirm else None
    finally:
        pool.close()
    left = _wait(slug, name, wait) if handed else 0
    summary = {"checksum": plan.checksum, "changes": len(list(plan.changes())), "done": handed is not None}
    summary |= {"pending": left, "left_out": dict(handed.left_out) if handed else {}}
    rows = list(plan.changes())
    if as_json:
        show([{**summary, "plan": rows}], as_json)
    else:
        show(rows, as_json)
        show([summary], as_json)
    if left or not (handed or plan.empty):
        raise SystemExit(1)


def _wait(slug: str, name: str, seconds: float) -> int:
    """How many record sets workers haven't done with after so many seconds."""
    until, left = time.monotonic() + seconds, 0
    while True:
        for session, tenant in each_tenant(slug):
            left = syncing.pending(Desk.open(session, tenant, registry()), name)
        if not left or time.monotonic() >= until:
            return left
        time.sleep(LOOK_AGAIN)


@zone.command("export")
@click.argument("name")
@of_agency
@click.option("--format", "form", type=click.Choice(list(exporting.FORMATS)), default="zonefile", show_default=True)
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option("--known", is_flag=True, help="What Tapak knows, rather than what stands at the server.")
@as_json
@told
def export(name: str, slug: str, form: str, output: Path, known: bool, as_json: bool) -> None:
    """Write zone NAME into a file that any name server, or octoDNS, takes."""
    pool = ProviderPool(registry(), identities())
    try:
        for session, _ in each_tenant(slug):
            connection = serving(session, name)
            records = list(exporting.known(session, name) if known else lister(pool, connection).zone_records(name))
            written = write(output, exporting.blocks(form, name, records))
            show([{"zone": name, "file": str(output), "records": len(records), "bytes": written}], as_json)
    finally:
        pool.close()


@zone.command("diff")
@click.argument("name")
@click.option("--tenant", "slug", help="One agency only.")
@recent
@as_json
@told
def diff(name: str, slug: str | None, recent: bool, as_json: bool) -> None:
    """Compare zone NAME with what is known of it, changing nothing; exit status 1 where what is ours isn't so.

    missing: ours, and not there; changed: ours, and otherwise; foreign: there, and not ours.
    """
    seen = _compared(name, slug, compare_recent if recent else compare)
    rows = [{"tenant": tenant, **row} for tenant, each in seen for row in _rows(each)]
    show(rows, as_json)
    if any(each.changed or each.missing for _, each in seen):
        raise SystemExit(1)


def _compared(
    name: str, slug: str | None, look: Callable[[Session, ProviderPool, str], Comparison]
) -> list[tuple[str, Comparison]]:
    seen, pool = [], ProviderPool(registry(), identities())
    try:
        for session, tenant in each_tenant(slug):
            if slug or session.scalar(select(Connection.id).where(Connection.zones.contains([name]))) is not None:
                seen.append((tenant.slug, look(session, pool, name)))
    finally:
        pool.close()
    if not seen:
        raise NotFound("Zona ini tidak dilayani.", log=f"no connection serves zone {name!r}")
    return seen


def _rows(seen: Comparison) -> list[dict[str, Any]]:
    ours = [("missing", each) for each in seen.missing] + [("changed", each) for each in seen.changed]
    foreign = [("foreign", each.identity, None, each) for each in seen.foreign]
    lines = [*((kind, each.ours.spec.identity, each.ours.spec, each.found) for kind, each in ours), *foreign]
    return [
        {"kind": kind, "identity": identity, "ours": _values(known), "found": _values(found)}
        for kind, identity, known, found in lines
    ]


def _values(spec: Spec | None) -> dict[str, Any] | None:
    return {"ttl": spec.ttl, "values": list(spec.values)} if isinstance(spec, RecordSet) else None
