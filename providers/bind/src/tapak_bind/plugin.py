"""The entry point: BIND as a provider."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tapak.sdk.hookspecs import Folders, hookimpl
from tapak.sdk.provider import Provider
from tapak_bind.provider import BindProvider


@hookimpl
def providers() -> Sequence[type[Provider]]:
    """BIND over RFC 2136."""
    return (BindProvider,)


@hookimpl
def folders() -> Folders:
    """The English words of its settings."""
    return Folders("bind", translations=Path(__file__).parent / "translations")
