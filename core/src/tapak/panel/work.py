"""What workers do for the unit's page: seal a password to a link, and look at a service's servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from pyrage.x25519 import Identity  # type: ignore[import-untyped]
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tapak.db.session import TENANT
from tapak.panel import links
from tapak.panel.models import OneTimeLink, ServiceLook
from tapak.provisioning import outputs
from tapak.provisioning.connections import ProviderPool, collect_facts
from tapak.provisioning.models import Connection, Resource
from tapak.sdk.errors import TapakError
from tapak.sdk.observing import SiteObserver
from tapak.sdk.resources import Account, Fact, Site
from tapak.tenants.secrets import armored

SOON = 0.5
LATER = 60.0
LINES = 40


def fill(session: Session, link_id: int, identities: Sequence[Identity]) -> float | None:
    """Seal the password to its link; seconds until it is tried again, None where nothing is left to do."""
    link = session.get(OneTimeLink, (session.info[TENANT], link_id), with_for_update=True)
    row = session.get(Resource, (session.info[TENANT], link.resource_id)) if link is not None else None
    if link is None or row is None or links.state(link, datetime.now(UTC)) not in ("preparing", "failed"):
        return None
    if row.state == "failed" or row.spec is None:
        link.problem = f"Kata sandi belum dapat disiapkan: {row.reason or 'layanan ini sudah dilepas.'}"
        return LATER if row.spec is not None else None
    if row.state != "live" or row.outputs_generation != row.generation:
        return pause(link.asked_at)
    try:
        link.sealed = _sealed(session, row, link, identities)
    except TapakError as problem:
        link.problem = problem.message
        return LATER
    link.problem = "" if link.sealed else "Kata sandi ini sudah diganti. Minta yang baru."
    return None


def pause(since: datetime) -> float:
    """Seconds until the next look, ever longer while a server is away: a quarter of the time that was waited."""
    waited = (datetime.now(UTC) - since).total_seconds()
    return min(max(waited / 4, SOON), LATER)


def _sealed(session: Session, row: Resource, link: OneTimeLink, identities: Sequence[Identity]) -> str | None:
    """The password for the link alone: an account's was sealed so when it was drawn."""
    if row.kind == Account.kind:
        mine = (row.spec or {}).get("recipient") == link.recipient
        return str(row.outputs["password"]) if mine else None
    opened = outputs.opened(session.info[TENANT], row, identities)
    return armored(link.recipient, str(opened["password"]).encode())


@dataclass(frozen=True)
class Asked:
    """Whom to ask about a service: connections, and which of them has each of its sites."""

    connections: Sequence[Connection]
    sites: Mapping[str, Connection]
    marks: Sequence[str]


def asked(session: Session, service_id: int) -> Asked:
    """Whom to ask about a service; ``marks`` occur in the keys of figures that are its own."""
    query = (
        select(Resource, Connection)
        .join(Connection, Connection.id == Resource.connection_id)
        .where(Resource.service_id == service_id, Resource.state != "gone", Resource.kind != "record_set")
        .order_by(Resource.id)
    )
    found = session.execute(query).all()
    connections = {connection.id: connection for _, connection in found}
    sites = {row.identity: connection for row, connection in found if row.kind == Site.kind}
    return Asked(tuple(connections.values()), sites, [row.identity for row, _ in found])


def look(whom: Asked, pool: ProviderPool) -> tuple[Sequence[Fact], Mapping[str, Any]]:
    """Figures of this service alone, and releases and logs by site; a server that doesn't answer is told as such."""
    names = list(whom.sites)
    told = collect_facts(whom.connections, pool, names)
    mine = [fact for fact in told if any(mark in fact.key for mark in whom.marks)]
    return mine, {name: _site(name, connection, pool) for name, connection in whom.sites.items()}


def _site(name: str, connection: Connection, pool: ProviderPool) -> dict[str, Any]:
    try:
        provider = pool.get(connection)
        seen = provider.glimpse(name, LINES) if isinstance(provider, SiteObserver) else None
    except TapakError as problem:
        pool.discard(connection)
        return {"releases": [], "access": [], "errors": [], "problem": problem.message}
    if seen is None:
        return {"releases": [], "access": [], "errors": [], "problem": "Server ini tidak menyediakan log."}
    releases = [asdict(each) for each in seen.releases]
    return {"releases": releases, "access": list(seen.access), "errors": list(seen.errors), "problem": ""}


def keep(session: Session, service_id: int, figures: Sequence[Fact], sites: Mapping[str, Any]) -> None:
    """Write what was seen, with the time."""
    values = {"figures": [asdict(fact) for fact in figures], "sites": dict(sites), "taken_at": func.clock_timestamp()}
    statement = insert(ServiceLook).values(service_id=service_id, **values)
    names = [ServiceLook.tenant_id, ServiceLook.service_id]
    session.execute(statement.on_conflict_do_update(index_elements=names, set_=values))
