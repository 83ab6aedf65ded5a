"""``tapak doctor``: what is stuck, why, and who does what about it."""

from __future__ import annotations

import click

from tapak.cli.output import as_json, show, told
from tapak.cli.scope import each_tenant
from tapak.jobs.doctor import findings


@click.command()
@click.option("--tenant", "slug", help="One tenant only.")
@as_json
@told
def doctor(slug: str | None, as_json: bool) -> None:
    """Find and explain anything stuck; exit status 1 where there is something."""
    rows = [
        {"tenant": tenant.slug, **finding.as_json()}
        for session, tenant in each_tenant(slug)
        for finding in findings(session)
    ]
    show(rows, as_json)
    if rows:
        raise SystemExit(1)
