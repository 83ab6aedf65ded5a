"""The entry point: PowerDNS as a provider."""

from __future__ import annotations

from collections.abc import Sequence

from tapak.sdk.hookspecs import hookimpl
from tapak.sdk.provider import Provider
from tapak_powerdns.provider import PowerdnsProvider


@hookimpl
def providers() -> Sequence[type[Provider]]:
    """PowerDNS over its HTTP API."""
    return (PowerdnsProvider,)
