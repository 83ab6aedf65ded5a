"""``tapak zone import`` and ``export``: a zone into the inventory, and out of Tapak."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from tapak.cli.output import as_json, show, told, write
from tapak.cli.scope import each_tenant, identities
from tapak.cli.zone_options import a_file, of_agency
from tapak.plugins import registry
from tapak.provisioning.connections import ProviderPool
from tapak.requests.desk import Desk
from tapak.sdk.resources import RecordSet
from tapak.zones import exporting, importing, zonefile
from tapak.zones.places import lister, serving


@click.command("import")
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


@click.command("export")
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
