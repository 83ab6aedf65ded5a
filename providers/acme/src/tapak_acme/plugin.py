"""The entry point: ACME as a provider."""

from __future__ import annotations

from collections.abc import Sequence

from tapak.sdk.hookspecs import hookimpl
from tapak.sdk.provider import Provider
from tapak_acme.provider import AcmeProvider


@hookimpl
def providers() -> Sequence[type[Provider]]:
    """Certificates by ACME."""
    return (AcmeProvider,)
