"""The entry point: Cloudflare as a provider."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tapak.sdk.hookspecs import Folders, hookimpl
from tapak.sdk.provider import Provider
from tapak_cloudflare.provider import CloudflareProvider


@hookimpl
def providers() -> Sequence[type[Provider]]:
    """Cloudflare through its API."""
    return (CloudflareProvider,)


@hookimpl
def folders() -> Folders:
    """The English words of its settings."""
    return Folders("cloudflare", translations=Path(__file__).parent / "translations")
