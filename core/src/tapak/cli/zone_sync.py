"""``tapak zone sync``: a zone is brought to what is known of it, by a plan that is shown and confirmed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import click

from tapak.cli.output import as_json, show, told
from tapak.cli.scope import each_tenant, identities
from tapak.cli.zone_options import of_agency, recent
from tapak.plugins import providers_alone
from tapak.provisioning.connections import ProviderPool
from tapak.requests.desk import Desk
from tapak.zones import syncing
from tapak.zones.comparing import compare, compare_recent

PERCENT = click.IntRange(0, 100)
LOOK_AGAIN = 0.1


@click.command("sync")
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
    limits, plugins = syncing.Limits(max_removals, max_changes), providers_alone()
    pool = ProviderPool(plugins, identities())
    try:
        for session, tenant in each_tenant(slug):
            seen = (compare_recent if recent else compare)(session, pool, name)
            plan = syncing.plan(seen, delete_foreign=delete_foreign)
            handed = syncing.apply(Desk.open(session, tenant, plugins), plan, limits, confirm) if confirm else None
    finally:
        pool.close()
    left = _wait(slug, name, wait) if handed else 0
    summary = {"checksum": plan.checksum, "changes": len(list(plan.changes())), "done": handed is not None}
    summary |= {"pending": left, "left_out": dict(handed.left_out) if handed else {}}
    rows = list(plan.changes())
    if as_json:
        show([{**summary, "plan": rows}], as_json)
    else:
        show([{name: _short(told) for name, told in row.items()} for row in rows], as_json)
        show([summary], as_json)
    if left or not (handed or plan.empty):
        raise SystemExit(1)


def _short(told: Any) -> Any:
    """A record set without what its identity says already."""
    return {name: told[name] for name in ("ttl", "values")} if isinstance(told, Mapping) else told


def _wait(slug: str, name: str, seconds: float) -> int:
    """How many record sets workers haven't done with after so many seconds."""
    until, left = time.monotonic() + seconds, 0
    while True:
        for session, tenant in each_tenant(slug):
            left = syncing.pending(Desk.open(session, tenant, providers_alone()), name)
        if not left or time.monotonic() >= until:
            return left
        time.sleep(LOOK_AGAIN)
