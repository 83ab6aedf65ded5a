"""What this distribution contributes: web servers that sites can be made on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tapak.sdk.hookspecs import Folders, hookimpl
from tapak.sdk.provider import Provider
from tapak_webhost.provider import ApacheProvider, NginxProvider


@hookimpl
def providers() -> Sequence[type[Provider]]:
    """Apache and Nginx."""
    return (ApacheProvider, NginxProvider)


@hookimpl
def folders() -> Folders:
    """The English words of its settings."""
    return Folders("webhost", translations=Path(__file__).parent / "translations")
