"""The entry point: MariaDB as a provider."""

from __future__ import annotations

from collections.abc import Sequence

from tapak.sdk.hookspecs import hookimpl
from tapak.sdk.provider import Provider
from tapak_mariadb.provider import MariadbProvider


@hookimpl
def providers() -> Sequence[type[Provider]]:
    """Databases on MariaDB."""
    return (MariadbProvider,)
