"""Which name servers of Cloudflare answer from here, so that changes are verified there."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence

import dns.name
import dns.rdatatype

from tapak.sdk.dns.asking import Ask, Question, Round
from tapak.sdk.dns.servers import Server
from tapak.sdk.dns.verifying import Verifier
from tapak.sdk.errors import ProviderError

PORT = 53


class NameServers:
    """The authoritative servers of the zones: those ``given`` (address, port), else those that Cloudflare names."""

    def __init__(self, given: Sequence[tuple[str, int]], timeout: float) -> None:
        self._given = given
        self._timeout = timeout
        self._answering: dict[dns.name.Name, list[Server]] = {}

    def verifier(self, zone: dns.name.Name, told: Callable[[], Sequence[str]]) -> Verifier | None:
        """What asks the name servers of ``zone`` that answer from here for it; None where none does.

        ``told`` are the names of those that Cloudflare gave the zone.
        """
        if zone not in self._answering:
            self._answering[zone] = self._reached(zone, told)
        servers = self._answering[zone]
        return Verifier(servers) if servers else None

    def close(self) -> None:
        """End connections."""
        for servers in self._answering.values():
            for server in servers:
                server.close()

    def _reached(self, zone: dns.name.Name, told: Callable[[], Sequence[str]]) -> list[Server]:
        try:
            addresses = self._given or [found for name in told() for found in _addresses(name)]
        except ProviderError:
            return []
        asks = [Ask(Server(*address), Question(zone, dns.rdatatype.SOA)) for address in dict.fromkeys(addresses)]
        if not asks:
            return []
        deadline = time.monotonic() + min(self._timeout, 1.0)
        done = Round(asks, lambda ask: ask.answer.known, deadline=deadline, patience=0.3).run()
        for ask in done:
            if not ask.answer.known:
                ask.server.close()
        return [ask.server for ask in done if ask.answer.known]


def _addresses(name: str) -> list[tuple[str, int]]:
    """Where a name server is reached; none where this machine can't look it up."""
    try:
        found = socket.getaddrinfo(name, PORT, type=socket.SOCK_DGRAM)
    except OSError:
        return []
    return [(str(address[0]), PORT) for *_, address in found]
