"""The entry point: BIND as a provider."""

from __future__ import annotations

from collections.abc import Sequence

from tapak.sdk.hookspecs import hookimpl
from tapak.sdk.provider import Provider
from tapak_bind.provider import BindProvider


@hookimpl
def providers() -> Sequence[type[Provider]]:
    """BIND over RFC 2136."""
    return (BindProvider,)
