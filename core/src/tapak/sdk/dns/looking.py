"""Verification where no name server can be asked: what the provider itself reads, until it is as it should be."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from tapak.sdk.dns.records import Parsed
from tapak.sdk.dns.verifying import GONE
from tapak.sdk.errors import ForeignResource, ProviderError
from tapak.sdk.provider import Probe, Verification
from tapak.sdk.resources import RecordSet, Spec

PAUSES = (0.05, 1.0)
"""Seconds between two looks: the first, and the longest; Cloudflare lets 1,200 requests through in five minutes."""


class LookingVerifier:
    """Polls ``look``, which reads record sets at ``place`` (told to people)."""

    def __init__(self, look: Callable[[Sequence[Parsed]], Mapping[str, Spec | None]], place: str) -> None:
        self._look = look
        self._place = place

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
        return Probe(self._place, expected, problem or _text(found, with_ttl), ok)


def _text(spec: Spec | None, with_ttl: bool) -> str:
    if not isinstance(spec, RecordSet):
        return GONE
    return ", ".join(spec.values) + (f" (TTL {spec.ttl})" if with_ttl else "")
