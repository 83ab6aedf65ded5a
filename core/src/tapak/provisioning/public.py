"""Where the public opens a site: what the connection that it goes to says."""

from __future__ import annotations

from marshmallow import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from tapak.plugins import Registry
from tapak.provisioning.connections import connection_for, connections
from tapak.provisioning.models import Connection, Resource
from tapak.sdk.errors import Invalid
from tapak.sdk.provider import Provider
from tapak.sdk.resources import Site
from tapak.sdk.settings import secret_fields


def site_url(session: Session, plugins: Registry, site: Site) -> str:
    """The URL of ``site``; at HTTP's own port where no connection serves it, or its settings are no longer valid."""
    connection = _standing(session, site) or _going(session, plugins, site)
    provider = plugins.providers.get(connection.provider) if connection else None
    if connection is None or provider is None:
        return Provider.public_url({}, site)
    schema = provider.settings_schema
    try:
        settings = schema().load(connection.settings, partial=tuple(secret_fields(schema)))
    except ValidationError:
        return Provider.public_url({}, site)
    return provider.public_url(settings, site)


def _standing(session: Session, site: Site) -> Connection | None:
    """Where the site was declared; what it would go to now may be another."""
    of_site = (Resource.kind == site.kind, Resource.identity == site.identity, Resource.state != "gone")
    query = select(Connection).join(Resource, Resource.connection_id == Connection.id).where(*of_site)
    return session.scalars(query).one_or_none()


def _going(session: Session, plugins: Registry, site: Site) -> Connection | None:
    try:
        return connection_for(connections(session), site, plugins)
    except Invalid:
        return None
