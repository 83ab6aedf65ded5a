"""What commands about zones have in common."""

from __future__ import annotations

from pathlib import Path

import click

of_agency = click.option("--tenant", "slug", required=True, help="The agency's slug.")
recent = click.option(
    "--recent", is_flag=True, help="Only what changed since the last look: quick, however large the zone is."
)
a_file = click.Path(exists=True, dir_okay=False, path_type=Path)
