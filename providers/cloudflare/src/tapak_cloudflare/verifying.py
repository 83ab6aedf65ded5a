"""Verification: at Cloudflare's name servers where they answer from here, else by what the API says stands."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping, Sequence

import dns.name
import dns.rdatatype

from tapak.sdk.dns.asking import Ask, Question, Round
from tapak.sdk.dns.records import Parsed
from tapak.sdk.dns.servers import Server
from tapak.sdk.dns.verifying import GONE, Verifier
from tapak.sdk.errors import ForeignResource, ProviderError
from tapak.sdk.provider import Probe, Verification
from tapak.sdk.resources import RecordSet, Spec

PORT = 53
PAUSES = (0.05, 1.0)
"""Seconds between two looks by the API: the first, and the longest; 1,200 requests are let through in five minutes."""


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


class ApiVerifier:
    """Polls ``look``, which reads record sets through the API at ``url``."""

    def __init__(self, look: Callable[[Sequence[Parsed]], Mapping[str, Spec | None]], url: str) -> None:
        self._look = look
        self._url = url

    def run(self, parsed: Sequence[Parsed], timeout: float, *, gone: bool) -> list[Verification]:
        """Wait until every one of ``parsed`` stands, or until none does."""
        deadline = time.monotonic() + timeout
        pause, longest = PAUSES
        while True:
            probes = {each.spec.identity: probe for each, probe in self._probes(parsed, gone)}
            left = deadline - time.monotonic()
            if left <= 0 or all(probe.ok for probe in probes.values()):
                return [Verification(identity, (probe,)) for identity, probe in probes.items()]
            time.sleep(min(pause, max(left, 0)))
            pause = min(pause * 2, longest)

    def _probes(self, parsed: Sequence[Parsed], gone: bool) -> list[tuple[Parsed, Probe]]:
        problem = ""
        found: Mapping[str, Spec | None] = {}
        try:
            found = self._look(parsed)
        except ForeignResource:
            problem = "dilimpahkan"
        except ProviderError:
            problem = "tidak menjawab"
        return [(each, self._probe(each.spec, found.get(each.spec.identity), problem, gone)) for each in parsed]

    def _probe(self, spec: RecordSet, found: Spec | None, problem: str, gone: bool) -> Probe:
        ok = not problem and (found is None if gone else found == spec)
        with_ttl = isinstance(found, RecordSet) and found.values == spec.values and found.ttl != spec.ttl
        expected = GONE if gone else _text(spec, with_ttl)
        return Probe(self._url, expected, problem or _text(found, with_ttl), ok)


def _text(spec: Spec | None, with_ttl: bool) -> str:
    if not isinstance(spec, RecordSet):
        return GONE
    return ", ".join(spec.values) + (f" (TTL {spec.ttl})" if with_ttl else "")


def _addresses(name: str) -> list[tuple[str, int]]:
    """Where a name server is reached; none where this machine can't look it up."""
    try:
        found = socket.getaddrinfo(name, PORT, type=socket.SOCK_DGRAM)
    except OSError:
        return []
    return [(str(address[0]), PORT) for *_, address in found]
