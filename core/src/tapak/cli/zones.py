"""``tapak zone``: taking a zone in, giving its names to units, comparing it with what is known of it,
bringing it to that, and carrying it away."""

from __future__ import annotations

import click

from tapak.cli.lazy import LazyGroup

COMMANDS = {
    "import": "tapak.cli.zone_files:import_",
    "owners": "tapak.cli.zone_owners:owners_",
    "assign": "tapak.cli.zone_owners:assign",
    "diff": "tapak.cli.zone_diff:diff",
    "sync": "tapak.cli.zone_sync:sync",
    "export": "tapak.cli.zone_files:export",
}


@click.group(cls=LazyGroup, places=COMMANDS)
def zone() -> None:
    """DNS zones."""
