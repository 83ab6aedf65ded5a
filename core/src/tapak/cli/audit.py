"""``tapak audit``: the chain checked on its own."""

from __future__ import annotations

import click

from tapak.audit.verifier import verify
from tapak.cli.output import as_json, show, told
from tapak.cli.scope import each_tenant


@click.group()
def audit() -> None:
    """The audit chain."""


@audit.command("verify")
@click.option("--tenant", "slug", help="One tenant only.")
@as_json
@told
def verify_(slug: str | None, as_json: bool) -> None:
    """Recompute every hash; exit status 1 where a row was changed, removed or put elsewhere."""
    rows = []
    for session, tenant in each_tenant(slug):
        report = verify(session, tenant.id)
        wrong = "; ".join(f"{problem.seq}: {problem.fault}" for problem in report.problems)
        rows.append(
            {
                "tenant": tenant.slug,
                "events": report.events,
                "seq": report.seq,
                "hash": report.hash,
                "sound": report.sound,
                "problems": wrong,
            }
        )
    show(rows, as_json)
    if not all(row["sound"] for row in rows):
        raise SystemExit(1)
