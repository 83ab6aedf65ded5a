"""The connection test: the provider reads each zone, each name server answers for it; nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tapak.sdk.dns.checking import name_servers
from tapak.sdk.dns.servers import Server
from tapak.sdk.errors import ProviderUnavailable, TapakError
from tapak.sdk.provider import Check

if TYPE_CHECKING:
    from tapak_octodns.wrapped import WholeZone


def run(
    zones: Sequence[str], read: Callable[[str], WholeZone], servers: Sequence[Server], timeout: float
) -> list[Check]:
    """A line for each zone, and for each zone at each of ``servers``; where nothing can be read one is enough."""
    lines: list[Check] = []
    for zone in zones:
        try:
            lines.append(Check(f"Zona {zone}", True, f"Zona terbaca: {len(read(zone))} rekaman."))
        except TapakError as problem:
            lines.append(Check(f"Zona {zone}", False, problem.message))
            if isinstance(problem, ProviderUnavailable):
                break
    return lines + name_servers(zones, servers, timeout)
