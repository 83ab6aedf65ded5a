"""BIND, or any server that takes dynamic updates (RFC 2136) under a TSIG key (RFC 8945), as a provider."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import dns.name
import dns.rdataset
import dns.rdatatype
import dns.tsig
from dns.rdatatype import RdataType

from tapak.sdk.dns import facts
from tapak.sdk.dns.asking import Question
from tapak.sdk.dns.provider import DnsProvider
from tapak.sdk.dns.records import TYPES, Parsed, label, owner, record_set, same
from tapak.sdk.dns.servers import Server
from tapak.sdk.dns.verifying import Verifier
from tapak.sdk.errors import ForeignResource
from tapak.sdk.provider import Applied, Capabilities, Change, Check, Verification, ZoneChanges
from tapak.sdk.resources import Fact, RecordSet, Spec
from tapak_bind import checks
from tapak_bind.listing import ZoneDelta, ZoneListing
from tapak_bind.reading import PrimaryReader
from tapak_bind.settings import BindSettings
from tapak_bind.updating import Updater

BATCH = 1000
# RRsets touched since a serial from which on the whole zone is quicker than a question for each.
MANY = 2000


class BindProvider(DnsProvider):
    """Zones at a primary that follows RFC 2136, with every secondary asked by ``verify``.

    Prerequisites compare values, not TTLs (RFC 2136 section 2.4.2): a TTL that was changed by hand is seen by
    ``read``, and overwritten by an update that was planned without it.
    """

    name = "bind"
    title = "BIND (RFC 2136)"
    capabilities = Capabilities(
        kinds=frozenset({RecordSet.kind}), record_types=frozenset(TYPES), atomic=True, batch=BATCH
    )
    settings_schema = BindSettings

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        timeout: float = settings["timeout"]
        transport: str = settings["transport"]
        self._primary = Server(settings["address"], settings["port"], transport)
        others = dict.fromkeys((other["address"], other["port"]) for other in settings["secondaries"])
        others.pop((self._primary.address, self._primary.port), None)
        self._servers = [self._primary, *(Server(address, port, transport) for address, port in others)]
        key = dns.tsig.Key(dns.name.from_text(settings["key_name"]), settings["key_secret"], settings["algorithm"])
        self._listing = ZoneListing(self._primary, key, timeout)
        self._updater = Updater(self._primary, key, timeout, self._listing)
        self._verifier = Verifier(self._servers)
        self._counted: dict[str, tuple[int, int]] = {}

    @property
    def _reader(self) -> PrimaryReader:
        return self._updater.reader

    def check(self) -> Sequence[Check]:
        zones = [owner(zone) for zone in self.zones]
        return checks.run(zones, self._updater, self._listing, self._servers, self.settings["timeout"])

    def read(self, specs: Sequence[Spec]) -> Mapping[str, Spec | None]:
        """What stands now at the identities of ``specs``.

        Where the same values stand in another spelling, a spec of ``specs`` is given back as it is (several of one
        identity may be asked, the latest applied and the desired one). What keeps a spec from being made is told
        under its own identity: a CNAME at the name of an address, anything at the name of a CNAME.
        """
        asked: dict[Question, list[Parsed]] = {}
        for parsed in self.parsed(specs):
            asked.setdefault(Question(parsed.name, parsed.rdtype), []).append(parsed)
        zones = {question: several[0].zone for question, several in asked.items()}
        standing = self._reader.standing(zones)
        found = {several[0].spec.identity: None for several in asked.values()}
        return found | _recognised(standing, asked)

    def apply(self, changes: Sequence[Change], *, fence: int, timeout: float) -> Sequence[Applied]:
        """Send one update for each zone. ``fence`` isn't needed: prerequisites turn away a worker that woke late."""
        self._updater.swap(self.swaps(changes), timeout)
        return [Applied(change.identity) for change in changes]

    def verify(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        return self._verifier.present(self.parsed(specs), timeout)

    def verify_gone(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        return self._verifier.gone(self.parsed(specs), timeout)

    def reach(self) -> None:
        self.serial(self.zones[0])

    def figures(self) -> Sequence[Fact]:
        """Serial and size of each zone."""
        rows = [facts.serial(zone, partial(self.serial, zone)) for zone in self.zones]
        return rows + [facts.record_sets(zone, partial(self._count, zone)) for zone in self.zones]

    def at(self, zone: str, name: str) -> Sequence[RecordSet]:
        origin, node = owner(zone), owner(name)
        questions = (Question(node, dns.rdatatype.from_text(kind)) for kind in TYPES)
        standing = self._reader.standing(dict.fromkeys(questions, origin))
        return [record_set(origin, node, found) for found in standing.values() if found is not None]

    def serial(self, zone: str) -> int:
        """The SOA serial that the primary serves for ``zone``."""
        return self._reader.serial(owner(self.served(zone)))

    def zone_changes(self, zone: str, since: int | None) -> ZoneChanges:
        """What changed after ``since``, by IXFR and a read of the touched RRsets; else the whole zone by AXFR."""
        if since is not None and self.serial(zone) == since:
            return ZoneChanges(zone, since, False, {})
        origin = owner(self.served(zone))
        if since is None:
            return self._whole(zone)
        delta = self._listing.changes_since(origin, since)
        if delta.full:
            return ZoneChanges(zone, delta.serial, True, {record.identity: record for record in delta.records})
        if len(delta.touched) <= MANY:
            try:
                return ZoneChanges(zone, delta.serial, False, self._touched(origin, delta))
            except ForeignResource:  # a delegation came or went: the transfer tells what a question can't
                pass
        return self._whole(zone)

    def zone_records(self, zone: str) -> Iterator[RecordSet]:
        """Every RRset that the primary holds, by AXFR."""
        return self._listing.read(owner(self.served(zone)))[1]

    def close(self) -> None:
        for server in self._servers:
            server.close()

    def _whole(self, zone: str) -> ZoneChanges:
        serial, found = self._listing.read(owner(self.served(zone)))
        return ZoneChanges(zone, serial, True, {record.identity: record for record in found})

    def _touched(self, origin: dns.name.Name, delta: ZoneDelta) -> dict[str, RecordSet | None]:
        questions = (Question(dns.name.from_text(name), RdataType.make(kind)) for name, kind in delta.touched)
        standing = self._reader.standing(dict.fromkeys(questions, origin))
        return {
            _identity(question): record_set(origin, question.name, found) if found is not None else None
            for question, found in standing.items()
        }

    def _count(self, zone: str) -> int:
        """RRsets in ``zone``, counted anew only where its serial moved."""
        serial = self.serial(zone)
        known = self._counted.get(zone)
        if known is None or known[0] != serial:
            told, found = self._listing.read(owner(self.served(zone)))
            known = self._counted[zone] = (told, sum(1 for _ in found))
        return known[1]


def _recognised(
    standing: Mapping[Question, dns.rdataset.Rdataset | None], asked: Mapping[Question, Sequence[Parsed]]
) -> dict[str, RecordSet]:
    """What stands, in the spelling of those who ask."""
    zones = {question.name: several[0].zone for question, several in asked.items()}
    result = {}
    for question, found in standing.items():
        if found is not None:
            alike = (parsed.spec for parsed in asked.get(question, ()) if same(parsed.rdataset, found))
            spec = next(alike, None) or record_set(zones[question.name], question.name, found)
            result[spec.identity] = spec
    return result


def _identity(question: Question) -> str:
    return f"{label(question.name)}/{dns.rdatatype.to_text(question.rdtype)}"
