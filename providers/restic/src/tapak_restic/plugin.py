"""The entry point: restic as a provider."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tapak.sdk.hookspecs import Folders, hookimpl
from tapak.sdk.provider import Provider
from tapak_restic.provider import ResticProvider


@hookimpl
def providers() -> Sequence[type[Provider]]:
    """Backups in restic repositories."""
    return (ResticProvider,)


@hookimpl
def folders() -> Folders:
    """The English words of its settings."""
    return Folders("restic", translations=Path(__file__).parent / "translations")
