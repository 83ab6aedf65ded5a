"""``tapak zone diff``: a zone compared with what is known of it. It is called often, so that it loads little."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from tapak.cli.output import as_json, show, told
from tapak.cli.scope import each_tenant, identities
from tapak.cli.zone_options import recent
from tapak.plugins import providers_alone
from tapak.provisioning.connections import ProviderPool
from tapak.provisioning.models import Connection
from tapak.sdk.errors import NotFound
from tapak.sdk.resources import RecordSet, Spec
from tapak.zones.comparing import Comparison, compare, compare_recent


@click.command("diff")
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
    seen, pool = [], ProviderPool(providers_alone(), identities())
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
