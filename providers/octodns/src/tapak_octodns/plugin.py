"""The entry point: octoDNS's providers as one of ours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tapak.sdk.hookspecs import Folders, hookimpl
from tapak.sdk.provider import Provider
from tapak_octodns.provider import OctodnsProvider


@hookimpl
def providers() -> Sequence[type[Provider]]:
    """Whatever octoDNS has a provider for."""
    return (OctodnsProvider,)


@hookimpl
def folders() -> Folders:
    """The English words of its settings."""
    return Folders("octodns", translations=Path(__file__).parent / "translations")
