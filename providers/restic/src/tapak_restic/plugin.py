"""The entry point: restic as a provider."""

from __future__ import annotations

from collections.abc import Sequence

from tapak.sdk.hookspecs import hookimpl
from tapak.sdk.provider import Provider
from tapak_restic.provider import ResticProvider


@hookimpl
def providers() -> Sequence[type[Provider]]:
    """Backups in restic repositories."""
    return (ResticProvider,)
