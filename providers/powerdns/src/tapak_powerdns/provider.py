"""PowerDNS over its HTTP API, as a provider."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import dns.name

from tapak.sdk.dns import facts
from tapak.sdk.dns.records import TYPES, Parsed, check, closest_zone, owner, shown
from tapak.sdk.dns.servers import Server
from tapak.sdk.dns.verifying import Verifier
from tapak.sdk.errors import Invalid, ProviderError, ProviderUnavailable
from tapak.sdk.provider import Applied, Capabilities, Change, Check, Provider, Verification, ZoneChanges
from tapak.sdk.resources import Fact, RecordSet, Spec
from tapak_powerdns import checks
from tapak_powerdns.client import Client
from tapak_powerdns.rrsets import Standing
from tapak_powerdns.settings import PowerdnsSettings
from tapak_powerdns.updating import Swap, Updater
from tapak_powerdns.zones import Node, Zones, delegated, hides

BATCH = 1000
WHOLE_EVERY = 900.0
"""Seconds after which a zone is read in full though its serial stands: its database may be changed behind the API."""


class PowerdnsProvider(Provider):
    """Zones at one PowerDNS server, and every other authoritative server asked by ``verify``."""

    name = "powerdns"
    title = "PowerDNS (API HTTP)"
    capabilities = Capabilities(
        kinds=frozenset({RecordSet.kind}), record_types=frozenset(TYPES), atomic=True, batch=BATCH
    )
    settings_schema = PowerdnsSettings

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._served: tuple[str, ...] = tuple(settings["zones"])
        self._client = Client(settings["url"], settings["server"], settings["api_key"], settings["timeout"])
        self._zones = Zones(self._client, settings["name_servers"])
        asked = [(settings["address"], settings["port"])]
        asked += [(other["address"], other["port"]) for other in settings["secondaries"]]
        self._servers = [Server(address, port, settings["transport"]) for address, port in dict.fromkeys(asked)]
        self._verifier = Verifier(self._servers)
        self._updater = Updater(self._client, self._zones, self._alone, comments=settings["comments"])
        self._read_whole: dict[str, float] = {}

    def check(self) -> Sequence[Check]:
        return checks.run(self._served, self._client, self._zones, self._servers, self.settings["timeout"])

    def read(self, specs: Sequence[Spec]) -> Mapping[str, Spec | None]:
        """What stands now at the identities of ``specs``, and under its own identity what keeps one from being made.

        Where the same values stand in another spelling, a spec of ``specs`` is given back as it is.
        """
        parsed = self._parsed(specs)
        found: dict[str, Spec | None] = {each.spec.identity: None for each in parsed}
        nodes: dict[str, Node] = {}
        for zone in {each.spec.zone for each in parsed}:
            nodes |= self._zones.nodes(zone, {each.name for each in parsed if each.spec.zone == zone})
        for each in parsed:
            found |= _in_the_way(each, nodes[each.spec.name])
        for each in reversed(parsed):
            standing = nodes[each.spec.name].get(each.spec.type)
            if standing is not None and standing.is_as(each):
                found[each.spec.identity] = each.spec
            elif standing is not None and found[each.spec.identity] is None:
                found[each.spec.identity] = standing.spec
        return found

    def apply(self, changes: Sequence[Change], *, fence: int, timeout: float) -> Sequence[Applied]:
        """Send one PATCH for each zone. ``fence`` isn't needed: what isn't as it was observed is left alone."""
        if len(changes) > BATCH:
            raise Invalid(f"Paling banyak {BATCH} perubahan sekaligus.", log=f"{len(changes)} changes in one batch")
        swaps = [self._swap(change) for change in changes]
        if len({swap.target.spec.identity for swap in swaps}) < len(swaps):
            raise Invalid("Satu rekaman diubah dua kali sekaligus.", log="two changes of one RRset in a batch")
        self._updater.swap(swaps, timeout)
        return [Applied(change.identity) for change in changes]

    def verify(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        return self._verifier.present(self._parsed(specs), timeout)

    def verify_gone(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        return self._verifier.gone(self._parsed(specs), timeout)

    def facts(self, names: Sequence[str] = ()) -> Sequence[Fact]:
        """Serial and size of each zone, and what stands at each of ``names``."""
        try:
            self._client.get()
        except ProviderUnavailable as error:  # one time-out is enough
            return facts.unknown(self._served, names, error.message)
        except ProviderError:
            pass  # told by each row
        rows = [facts.serial(zone, partial(self.serial, zone)) for zone in self._served]
        rows += [facts.record_sets(zone, partial(self._count, zone)) for zone in self._served]
        return [*rows, *(facts.name(name, partial(self._at, name)) for name in names)]

    def serial(self, zone: str) -> int:
        """The serial of ``zone`` in its database, which every change over the API moves."""
        return self._zones.serial(self._known(zone))

    def zone_changes(self, zone: str, since: int | None) -> ZoneChanges:
        """Nothing where the serial stands at ``since``, else the whole zone: PowerDNS tells no differences.

        Its database may be changed behind the API, serial and all left as they were: the whole zone is read every
        :data:`WHOLE_EVERY` seconds.
        """
        fresh = time.monotonic() - self._read_whole.get(self._known(zone), -WHOLE_EVERY) < WHOLE_EVERY
        if fresh and since is not None and self.serial(zone) == since:
            return ZoneChanges(zone, since, False, {})
        serial, rrsets = self._zones.whole(zone)
        self._read_whole[zone] = time.monotonic()
        return ZoneChanges(zone, serial, True, {spec.identity: spec for spec in _specs(rrsets)})

    def zone_records(self, zone: str) -> Iterator[RecordSet]:
        """Every RRset that ``zone`` serves."""
        yield from _specs(self._zones.whole(self._known(zone))[1])

    def close(self) -> None:
        self._client.close()
        for server in self._servers:
            server.close()

    def _count(self, zone: str) -> int:
        return sum(bool(each.served) for each in self._zones.whole(zone)[1])

    def _at(self, name: str) -> list[RecordSet]:
        name = name.rstrip(".").lower()
        zone = closest_zone(name, self._served)
        if zone is None:
            raise Invalid(f"Nama {shown(name)} di luar zona server ini.", log="name outside the served zones")
        node: dns.name.Name = owner(name)
        return list(_specs(self._zones.nodes(zone, {node})[name].values()))

    def _known(self, zone: str) -> str:
        if zone not in self._served:
            raise Invalid(f"Zona {shown(zone)} tidak ada di pengaturan server ini.", log=f"unknown zone {shown(zone)}")
        return zone

    def _parsed(self, specs: Sequence[Spec]) -> list[Parsed]:
        return [check(spec, self._served) for spec in specs]

    def _swap(self, change: Change) -> Swap:
        old, new = (None if spec is None else check(spec, self._served) for spec in (change.observed, change.desired))
        if {parsed.spec.identity for parsed in (old, new) if parsed} != {change.identity}:
            raise Invalid("Perubahan tidak menyebut rekaman yang sama.", log="a change of different identities")
        return Swap(old, new, change.note)

    def _alone(self, name: str, timeout: float) -> Any:
        return self.alone(name, timeout)


def _in_the_way(parsed: Parsed, node: Node) -> dict[str, RecordSet]:
    if parsed.spec.type in node and node[parsed.spec.type].spec is not None:
        return {}
    others = [each for each in hides(parsed, node) if each.spec is not None]
    if any(each.type == "NS" for each in others):
        raise delegated(parsed.spec.name)
    return {spec.identity: spec for spec in _specs(others)}


def _specs(rrsets: Sequence[Standing] | Any) -> Iterator[RecordSet]:
    return (each.spec for each in rrsets if each.spec is not None)
