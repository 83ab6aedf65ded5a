"""``tapak logbook``: sealed registers, checked, and exported for the agency with the agency's own key."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from tapak.cli.output import as_json, show, told
from tapak.cli.scope import each_tenant
from tapak.plugins import registry
from tapak.requests import registers
from tapak.requests.desk import Desk
from tapak.requests.unsealing import check, entries, export
from tapak.sdk.registers import Register
from tapak.tenants.secrets import read_identities

of_agency = click.option("--tenant", "slug", required=True, help="The agency's slug.")


@click.group()
def logbook() -> None:
    """Sealed registers (logbooks)."""


@logbook.command("verify")
@of_agency
@as_json
@told
def verify_(slug: str, as_json: bool) -> None:
    """Check the chain of every sealed register; needs no key. Exit status 1 where an entry was changed or lost."""
    rows = []
    for session, tenant in each_tenant(slug):
        for book in _sealed(Desk.open(session, tenant, registry())):
            problems = check(session, book.key)
            rows.append(
                {
                    "register": book.key,
                    "entries": len(entries(session, book.key)),
                    "sound": not problems,
                    "problems": problems,
                }
            )
    show(rows, as_json)
    if not all(row["sound"] for row in rows):
        raise SystemExit(1)


@logbook.command("export")
@of_agency
@click.option("--register", "key", help="The register's key.  [default: the agency's only sealed one]")
@click.option(
    "--identity",
    "keys",
    multiple=True,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of age identities; give the old ones too after a change of keys.",
)
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The age file to write.")
@told
def export_(slug: str, key: str | None, keys: Sequence[Path], output: Path) -> None:
    """Write the whole book as one age file to the agency's keys of today; `age -d -i KEY FILE` opens it (CSV)."""
    identities = [identity for path in keys for identity in read_identities(path)]
    for session, tenant in each_tenant(slug):
        desk = Desk.open(session, tenant, registry())
        book = _chosen(_sealed(desk), key)
        output.write_bytes(export(desk, book, identities))
        click.echo(f"{book.key}: {len(entries(session, book.key))} entries in {output}")


def _sealed(desk: Desk) -> list[Register]:
    return [book for book in registers.of_tenant(desk).values() if book.sealed]


def _chosen(books: Sequence[Register], key: str | None) -> Register:
    found = [book for book in books if key in (None, book.key)]
    if len(found) != 1:
        known = ", ".join(book.key for book in books) or "none"
        raise click.ClickException(f"name one sealed register with --register; the agency has: {known}")
    return found[0]
