"""The entry point: PostgreSQL as a provider."""

from __future__ import annotations

from collections.abc import Sequence

from tapak.sdk.hookspecs import hookimpl
from tapak.sdk.provider import Provider
from tapak_postgresql.provider import PostgresqlProvider


@hookimpl
def providers() -> Sequence[type[Provider]]:
    """Databases on PostgreSQL."""
    return (PostgresqlProvider,)
