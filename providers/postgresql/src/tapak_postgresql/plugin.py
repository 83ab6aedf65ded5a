"""The entry point: PostgreSQL as a provider."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tapak.sdk.hookspecs import Folders, hookimpl
from tapak.sdk.provider import Provider
from tapak_postgresql.provider import PostgresqlProvider


@hookimpl
def providers() -> Sequence[type[Provider]]:
    """Databases on PostgreSQL."""
    return (PostgresqlProvider,)


@hookimpl
def folders() -> Folders:
    """The English words of its settings."""
    return Folders("postgresql", translations=Path(__file__).parent / "translations")
