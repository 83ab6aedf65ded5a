"""What sites were used: told by providers that know, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class Usage:
    """What the site ``name`` was asked for and sent from ``since`` to ``until`` (aware).

    ``size`` is bytes sent, ``disk`` the bytes that it takes now (None: there is no site). ``first`` is since when the
    provider counts, None where it counts all of the period that was asked for.
    """

    name: str
    since: datetime
    until: datetime
    requests: int
    size: int
    disk: int | None
    first: datetime | None = None


@runtime_checkable
class UsageTeller(Protocol):
    """A provider that tells usage."""

    def usage(self, names: Sequence[str], bounds: Sequence[datetime]) -> Sequence[Usage]:
        """The usage of ``names`` between every two of ``bounds``: whole hours, rising.

        Raises:
            ProviderError: it can't be asked.
        """
