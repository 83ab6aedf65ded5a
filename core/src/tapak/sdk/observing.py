"""What a site's own unit sees of it beside figures: its releases and the last lines of its logs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class KeptRelease:
    """A release that lies at the host: ``sha256`` of its archive, when it was unpacked (epoch seconds), what that gave.

    The one that is ``live`` is served; any other can be switched to without sending its archive again.
    """

    sha256: str
    at: float
    files: int
    bytes: int
    live: bool = False


@dataclass(frozen=True)
class SiteGlimpse:
    """``releases`` newest first; ``access`` and ``errors`` are log lines of this site alone, oldest first."""

    releases: Sequence[KeptRelease] = ()
    access: Sequence[str] = ()
    errors: Sequence[str] = ()


@runtime_checkable
class SiteObserver(Protocol):
    """What a provider of sites can also do, so that a unit sees its own site without entering the host."""

    def glimpse(self, site: str, lines: int) -> SiteGlimpse:
        """What stands at ``site``, with at most ``lines`` of each log.

        Raises:
            ProviderError: the host didn't tell.
        """
        ...
