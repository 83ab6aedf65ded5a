"""What this distribution contributes: web servers that sites can be made on."""

from __future__ import annotations

from collections.abc import Sequence

from tapak.sdk.hookspecs import hookimpl
from tapak.sdk.provider import Provider
from tapak_webhost.provider import ApacheProvider, NginxProvider


@hookimpl
def providers() -> Sequence[type[Provider]]:
    """Apache and Nginx."""
    return (ApacheProvider, NginxProvider)
