"""Acting for one tenant from the command line, as the app's role."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

import click
from pyrage.x25519 import Identity  # type: ignore[import-untyped]
from sqlalchemy import select
from sqlalchemy.orm import Session

from tapak.config import Config
from tapak.db.session import Database
from tapak.tenants.models import Tenant
from tapak.tenants.secrets import read_identities


def each_tenant(slug: str | None = None) -> Iterator[tuple[Session, Tenant]]:
    """Every tenant (or the one named ``slug``) with a session in its scope, committed when the next one is asked for.

    Raises:
        ClickException: there is no such tenant.
    """
    with closing(Database(Config.from_environment().needed("database_url"), pool_size=1)) as database:
        for tenant in _tenants(database, slug):
            with database.begin(tenant.id) as session:
                yield session, tenant


def identities() -> tuple[Identity, ...]:
    """What opens the secrets of connections, as far as this process may."""
    place = Config.from_environment().identities
    return read_identities(place) if place else ()


def _tenants(database: Database, slug: str | None) -> Sequence[Tenant]:
    with database.begin() as session:
        query = select(Tenant).order_by(Tenant.slug)
        tenants = session.scalars(query.where(Tenant.slug == slug) if slug else query).all()
    if slug and not tenants:
        raise click.ClickException(f"no tenant {slug!r}; see: tapak tenant list")
    return tenants
