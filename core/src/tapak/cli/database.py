"""``tapak db``: the database."""

from __future__ import annotations

import click

from tapak import migrations
from tapak.cli.output import told
from tapak.config import Config


@click.group()
def db() -> None:
    """The database."""


@db.command()
@told
def upgrade() -> None:
    """Bring the database to the newest revision (as its owner: TAPAK_OWNER_URL)."""
    click.echo(f"database is at revision {migrations.upgrade(Config.from_environment().needed('owner_url'))}")
