"""The entry point: ACME as a provider."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tapak.sdk.hookspecs import Folders, hookimpl
from tapak.sdk.provider import Provider
from tapak_acme.provider import AcmeProvider


@hookimpl
def providers() -> Sequence[type[Provider]]:
    """Certificates by ACME."""
    return (AcmeProvider,)


@hookimpl
def folders() -> Folders:
    """The English words of its settings."""
    return Folders("acme", translations=Path(__file__).parent / "translations")
