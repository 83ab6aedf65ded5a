"""A provider of octoDNS as one of ours."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from tapak.sdk.dns import facts
from tapak.sdk.dns.looking import LookingVerifier
from tapak.sdk.dns.provider import DnsProvider, Swap
from tapak.sdk.dns.records import TYPES, Parsed, owner
from tapak.sdk.dns.servers import Server
from tapak.sdk.dns.verifying import Verifier
from tapak.sdk.errors import ChangedMeanwhile, ProviderError, ProviderUnavailable, TapakError
from tapak.sdk.provider import Applied, Capabilities, Change, Check, Verification
from tapak.sdk.resources import Fact, RecordSet, Spec
from tapak_octodns import checks
from tapak_octodns.settings import OctodnsSettings, parameters_of

if TYPE_CHECKING:
    from tapak_octodns.wrapped import WholeZone, Wrapped

BATCH = 1000


class OctodnsProvider(DnsProvider):
    """Zones at whatever server a provider of octoDNS reaches.

    octoDNS knows whole zones only, so that every look reads one. There are no prerequisites: reading, comparing and
    writing happen under a lock that all workers share.
    """

    name = "octodns"
    title = "octoDNS"
    capabilities = Capabilities(
        kinds=frozenset({RecordSet.kind}), record_types=frozenset(TYPES), exact=False, batch=BATCH
    )
    settings_schema = OctodnsSettings

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._path: str = settings["provider"]
        given = [(each["address"], each["port"]) for each in settings["name_servers"]]
        self._servers = [Server(*address) for address in dict.fromkeys(given)]
        self._kept: dict[str, WholeZone] | None = None

    @classmethod
    def takes(cls, settings: Mapping[str, Any], spec: Spec) -> bool:
        """Whether the wrapped provider knows records of this type."""
        from tapak_octodns.wrapped import knows  # noqa: PLC0415

        return isinstance(spec, RecordSet) and knows(settings["provider"], spec.type)

    @cached_property
    def _wrapped(self) -> Wrapped:
        # octoDNS and its providers take a while to load: only workers need them, and every process loads this module.
        from tapak_octodns.wrapped import Wrapped  # noqa: PLC0415

        given = {**parameters_of(self.settings["parameters"]), **parameters_of(self.settings["secrets"])}
        return Wrapped(self._path, given)

    def check(self) -> Sequence[Check]:
        return checks.run(self.zones, self._zone, self._servers, self.settings["timeout"])

    def read(self, specs: Sequence[Spec]) -> Mapping[str, Spec | None]:
        """What stands now at the identities of ``specs``, and under its own identity what keeps one from being made.

        Where the same values stand in another spelling, a spec of ``specs`` is given back as it is.

        Raises:
            ForeignResource: a delegation hides the name.
        """
        parsed = self.parsed(specs)
        found: dict[str, Spec | None] = {each.spec.identity: None for each in parsed}
        zones = {zone: self._zone(zone) for zone in {each.spec.zone for each in parsed}}
        for each in parsed:
            zone = zones[each.spec.zone]
            zone.refuse_hidden(each)
            standing = zone.at(each.spec.name).get(each.spec.type)
            told = zone.in_the_way(each) if standing is None else [standing]
            found |= {other.identity: other for other in told}
        for each in reversed(parsed):
            if zones[each.spec.zone].stands(each):
                found[each.spec.identity] = each.spec
        return found

    def apply(self, changes: Sequence[Change], *, fence: int, timeout: float) -> Sequence[Applied]:
        """Hand a plan for each zone to octoDNS; it knows no ``fence``, and no limit of time but its provider's own."""
        deadline = time.monotonic() + timeout
        zones: dict[str, list[Swap]] = defaultdict(list)
        for swap in self.swaps(changes):
            zones[swap.target.spec.zone].append(swap)
        with ExitStack() as locks:
            for zone in sorted(zones):
                locks.enter_context(self.alone(f"octodns {zone}", deadline - time.monotonic()))
            self._make(zones, deadline)
        return [Applied(change.identity) for change in changes]

    def verify(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        parsed = self.parsed(specs)
        if self._servers:
            return Verifier(self._servers).present(parsed, timeout)
        return LookingVerifier(self._look, self._path).run(parsed, timeout, gone=False)

    def verify_gone(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        parsed = self.parsed(specs)
        if self._servers:
            return Verifier(self._servers).gone(parsed, timeout)
        return LookingVerifier(self._look, self._path).run(parsed, timeout, gone=True)

    def reach(self) -> None:
        self._zone(self.zones[0])

    def facts(self, names: Sequence[str] = ()) -> Sequence[Fact]:
        """Figures, for which each zone is read once."""
        self._kept = {}
        try:
            return super().facts(names)
        finally:
            self._kept = None

    def figures(self) -> Sequence[Fact]:
        """How many record sets each zone holds."""
        return [facts.record_sets(zone, partial(self._count, zone)) for zone in self.zones]

    def at(self, zone: str, name: str) -> Sequence[RecordSet]:
        owner(name)
        return [each for each in self._zone(zone).at(name).values() if each.type in TYPES]

    def zone_records(self, zone: str) -> Iterator[RecordSet]:
        """Every record set of ``zone``."""
        yield from self._zone(self.served(zone))

    def close(self) -> None:
        for server in self._servers:
            server.close()

    def _make(self, zones: Mapping[str, Sequence[Swap]], deadline: float) -> None:
        """Compare in every zone before anything is written in one; undo what was made where a later zone fails."""
        seen = {zone: self._zone(zone) for zone in zones}
        to_do = {zone: _to_do(seen[zone], swaps) for zone, swaps in zones.items()}
        made: list[str] = []
        try:
            for zone, swaps in to_do.items():
                if time.monotonic() > deadline:
                    raise ProviderUnavailable("Waktu habis sebelum perubahan ditulis; dicoba lagi.", log="out of time")
                if swaps:
                    self._wrapped.write(seen[zone], swaps)
                made.append(zone)
        except TapakError:
            for zone in reversed(made):
                with suppress(ProviderError):
                    now = self._zone(zone)
                    self._wrapped.write(now, _to_do(now, [swap.undo for swap in to_do[zone]]))
            raise

    def _zone(self, zone: str) -> WholeZone:
        if self._kept is None:
            return self._wrapped.read(zone)
        if zone not in self._kept:
            self._kept[zone] = self._wrapped.read(zone)
        return self._kept[zone]

    def _count(self, zone: str) -> int:
        return len(self._zone(zone))

    def _look(self, parsed: Sequence[Parsed]) -> Mapping[str, Spec | None]:
        return self.read([each.spec for each in parsed])


def _to_do(zone: WholeZone, swaps: Sequence[Swap]) -> list[Swap]:
    """Those of ``swaps`` that aren't made yet.

    Raises:
        ForeignResource: a delegation hides one.
        ChangedMeanwhile: one stands neither as it was nor as it is to be, or what can't stand beside it stays.
    """
    leaving = {swap.key for swap in swaps if swap.new is None}
    to_do = []
    for swap in swaps:
        zone.refuse_hidden(swap.target)
        if _is(zone, swap, swap.new):
            continue
        blocked = [] if swap.new is None else zone.in_the_way(swap.new)
        if not _is(zone, swap, swap.old) or any((each.name, each.type) not in leaving for each in blocked):
            identity = swap.target.spec.identity
            told = f"Rekaman {identity} di server tidak lagi seperti yang terakhir dibaca; dibaca ulang sebelum diubah."
            raise ChangedMeanwhile(told, log=f"{identity}: not what was observed")
        to_do.append(swap)
    return to_do


def _is(zone: WholeZone, swap: Swap, parsed: Parsed | None) -> bool:
    return zone.record(swap.key) is None if parsed is None else zone.stands(parsed)
