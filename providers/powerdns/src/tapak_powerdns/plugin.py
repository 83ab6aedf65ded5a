"""The entry point: PowerDNS as a provider."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tapak.sdk.hookspecs import Folders, hookimpl
from tapak.sdk.provider import Provider
from tapak_powerdns.provider import PowerdnsProvider


@hookimpl
def providers() -> Sequence[type[Provider]]:
    """PowerDNS over its HTTP API."""
    return (PowerdnsProvider,)


@hookimpl
def folders() -> Folders:
    """The English words of its settings."""
    return Folders("powerdns", translations=Path(__file__).parent / "translations")
