"""PowerDNS over its HTTP API, as a provider."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from tapak.sdk.dns import facts
from tapak.sdk.dns.provider import DnsProvider
from tapak.sdk.dns.records import TYPES, Parsed, owner
from tapak.sdk.dns.servers import Server
from tapak.sdk.dns.verifying import Verifier
from tapak.sdk.provider import Applied, Capabilities, Change, Check, Verification, ZoneChanges
from tapak.sdk.resources import Fact, RecordSet, Spec
from tapak_powerdns import checks
from tapak_powerdns.client import Client
from tapak_powerdns.rrsets import Standing
from tapak_powerdns.settings import PowerdnsSettings
from tapak_powerdns.updating import Updater
from tapak_powerdns.zones import Node, Zones, delegated, hides

# Each batch reads the zone twice.
BATCH = 5000
WHOLE_EVERY = 900.0
"""Seconds after which a zone is read in full though its serial stands: its database may be changed behind the API."""


class PowerdnsProvider(DnsProvider):
    """Zones at one PowerDNS server, and every other authoritative server asked by ``verify``."""

    name = "powerdns"
    title = "PowerDNS (API HTTP)"
    capabilities = Capabilities(
        kinds=frozenset({RecordSet.kind}), record_types=frozenset(TYPES), atomic=True, batch=BATCH
    )
    settings_schema = PowerdnsSettings

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._client = Client(settings["url"], settings["server"], settings["api_key"], settings["timeout"])
        self._zones = Zones(self._client, settings["name_servers"])
        asked = [(settings["address"], settings["port"])]
        asked += [(other["address"], other["port"]) for other in settings["secondaries"]]
        self._servers = [Server(address, port, settings["transport"]) for address, port in dict.fromkeys(asked)]
        self._verifier = Verifier(self._servers)
        self._updater = Updater(self._client, self._zones, self._alone, comments=settings["comments"])
        self._read_whole: dict[str, float] = {}

    def check(self) -> Sequence[Check]:
        return checks.run(self.zones, self._client, self._zones, self._servers, self.settings["timeout"])

    def read(self, specs: Sequence[Spec]) -> Mapping[str, Spec | None]:
        """What stands now at the identities of ``specs``, and under its own identity what keeps one from being made.

        Where the same values stand in another spelling, a spec of ``specs`` is given back as it is.
        """
        parsed = self.parsed(specs)
        found: dict[str, Spec | None] = {each.spec.identity: None for each in parsed}
        nodes: dict[str, Node] = {}
        for zone in {each.spec.zone for each in parsed}:
            nodes |= self._zones.nodes(zone, {each.spec.name for each in parsed if each.spec.zone == zone})
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
        """Send one PATCH for each zone, more where it would be too large.

        ``fence`` isn't needed: what isn't as it was observed is left alone.
        """
        self._updater.swap(self.swaps(changes), timeout)
        return [Applied(change.identity) for change in changes]

    def verify(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        return self._verifier.present(self.parsed(specs), timeout)

    def verify_gone(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        return self._verifier.gone(self.parsed(specs), timeout)

    def reach(self) -> None:
        self._client.get()

    def figures(self) -> Sequence[Fact]:
        """Serial and size of each zone."""
        rows = [facts.serial(zone, partial(self.serial, zone)) for zone in self.zones]
        return rows + [facts.record_sets(zone, partial(self._count, zone)) for zone in self.zones]

    def at(self, zone: str, name: str) -> Sequence[RecordSet]:
        owner(name)  # refuses what is no domain name
        return list(_specs(self._zones.nodes(zone, {name})[name].values()))

    def serial(self, zone: str) -> int:
        """The serial of ``zone`` in its database, which every change over the API moves."""
        return self._zones.serial(self.served(zone))

    def zone_changes(self, zone: str, since: int | None) -> ZoneChanges:
        """Nothing where the serial stands at ``since``, else the whole zone: PowerDNS tells no differences.

        Its database may be changed behind the API, serial and all left as they were: the whole zone is read every
        :data:`WHOLE_EVERY` seconds. Who comes with a serial that stands is taken to have read it before.
        """
        now = time.monotonic()
        read = self._read_whole.setdefault(self.served(zone), now if since is not None else now - WHOLE_EVERY)
        if now - read < WHOLE_EVERY and since is not None and self.serial(zone) == since:
            return ZoneChanges(zone, since, False, {})
        serial, rrsets = self._zones.whole(zone)
        self._read_whole[zone] = time.monotonic()
        return ZoneChanges(zone, serial, True, {spec.identity: spec for spec in _specs(rrsets)})

    def zone_records(self, zone: str) -> Iterator[RecordSet]:
        """Every RRset that ``zone`` serves."""
        yield from _specs(self._zones.whole(self.served(zone))[1])

    def close(self) -> None:
        self._client.close()
        for server in self._servers:
            server.close()

    def _count(self, zone: str) -> int:
        return sum(bool(each.served) for each in self._zones.whole(zone)[1])

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
