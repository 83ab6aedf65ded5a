"""Which connection serves a zone, and its provider as one that can list it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from tapak.plugins import Registry
from tapak.provisioning.connections import ProviderPool
from tapak.provisioning.models import Connection
from tapak.sdk.errors import Invalid, NotFound
from tapak.sdk.provider import Provider, ZoneLister


def serving(session: Session, zone: str) -> Connection:
    """The tenant's connection to the server of ``zone``.

    Raises:
        NotFound: it has none.
    """
    query = select(Connection).where(Connection.zones.contains([zone])).order_by(Connection.id)
    found = session.scalars(query).first()
    if found is None:
        told = f"Zona {zone} tidak dilayani. Tambahkan sambungannya pada berkas instansi lebih dahulu."
        raise NotFound(told, log=f"no connection serves zone {zone!r}")
    return found


def lister(pool: ProviderPool, connection: Connection) -> ZoneLister:
    """The provider of ``connection``, which reads whole zones.

    Raises:
        Invalid: it can't.
        ProviderError: it can't be opened.
    """
    return listing(pool.get(connection), connection.title)


def listing(provider: Provider, title: str) -> ZoneLister:
    """``provider`` as one that reads whole zones.

    Raises:
        Invalid: it can't; ``title`` names it.
    """
    if isinstance(provider, ZoneLister):
        return provider
    told = f"{title} tidak dapat membaca seluruh zona. Pakai berkas zona (--file)."
    raise Invalid(told, log=f"{provider.name} lists no zones")


def record_types(plugins: Registry, connection: Connection) -> frozenset[str]:
    """The types of records that the connection's provider changes."""
    provider = plugins.providers.get(connection.provider)
    return provider.capabilities.record_types if provider else frozenset()
