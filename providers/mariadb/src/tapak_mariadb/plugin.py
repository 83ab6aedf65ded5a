"""The entry point: MariaDB as a provider."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tapak.sdk.hookspecs import Folders, hookimpl
from tapak.sdk.provider import Provider
from tapak_mariadb.provider import MariadbProvider


@hookimpl
def providers() -> Sequence[type[Provider]]:
    """Databases on MariaDB."""
    return (MariadbProvider,)


@hookimpl
def folders() -> Folders:
    """The English words of its settings."""
    return Folders("mariadb", translations=Path(__file__).parent / "translations")
