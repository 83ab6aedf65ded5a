"""Zones at the server: what they hold, how they are set up, and new ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from tapak.sdk.dns.records import ALONE, Parsed
from tapak.sdk.errors import ForeignResource, ProviderBroken, ProviderDenied
from tapak_powerdns.client import Client, Refused, refused
from tapak_powerdns.rrsets import Standing, standing

# Names from which on one reading of the whole zone is quicker than one for each.
MANY = 200
# Searches, which go through every record of the server, that are quicker than reading the whole zone.
SEARCHES = 8
# What the server makes by itself: the serial's bearer, and signing (RFC 4034, RFC 5155, RFC 7344).
MADE_BY_SERVER = frozenset({"SOA", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DNSKEY", "CDS", "CDNSKEY"})
# Kinds of zones that follow another server; the older words are 4.7's and before.
FOLLOWING = frozenset({"secondary", "slave", "consumer"})
SOA_TIMERS = "3600 600 1209600 300"

Node = Mapping[str, Standing]
"""What stands at one name, by type."""


class Zones:
    """The zones of one server. ``name_servers`` are those of new zones; without any none is made."""

    def __init__(self, client: Client, name_servers: Sequence[str]) -> None:
        self._client = client
        self._name_servers = [f"{name.rstrip('.').lower()}." for name in name_servers]
        self._prepared: set[str] = set()
        self._version: str | None = None

    def described(self, zone: str, timeout: float | None = None) -> Mapping[str, Any] | None:
        """The zone's own fields, without its records; None where the server has no such zone.

        Raises:
            ProviderError: the server didn't tell.
        """
        found = self._client.get(_path(zone), {"rrsets": "false"}, timeout)
        with self._client.understood():
            return None if found is None else {**found}

    def serial(self, zone: str) -> int:
        """The serial in the zone's database, which every change over the API moves.

        Raises:
            ProviderError: the server didn't tell, or has no such zone.
        """
        found = self.described(zone)
        if found is None:
            raise self.missing(zone)
        with self._client.understood():
            return int(found["serial"])

    def whole(self, zone: str, timeout: float | None = None) -> tuple[int, list[Standing]]:
        """Serial and every RRset, switched off ones included, without what the server makes by itself.

        Raises:
            ProviderError: the server didn't tell, or has no such zone.
        """
        found = self._client.get(_path(zone), None, timeout)
        if found is None:
            raise self.missing(zone)
        with self._client.understood():
            rrsets = (each for each in found["rrsets"] if each["type"] not in MADE_BY_SERVER)
            return int(found["serial"]), [standing(zone, each) for each in rrsets]

    def nodes(self, zone: str, names: Collection[str], timeout: float | None = None) -> dict[str, Node]:
        """What stands at each of ``names`` and at their ancestors below ``zone``; nothing in a zone still to be made.

        Raises:
            ForeignResource: a name lies below a delegation.
            ProviderError: the server didn't tell, or has no such zone and is to make none.
        """
        wanted = {owner for name in names for owner in _lineage(name, zone)}
        found: dict[str, dict[str, Standing]] = {owner: {} for owner in wanted}
        for each in self._at(zone, wanted, timeout):
            if each.name in found:
                found[each.name][each.type] = each
        for name in names:
            _refuse_below_delegation(name, zone, found)
        return dict(found)

    def switched_off(
        self, zone: str, names: Collection[str], nodes: Mapping[str, Node], timeout: float
    ) -> set[tuple[str, str]]:
        """Names and types of ``zone`` that hold records which are switched off, among ``names``, read as ``nodes``.

        A REPLACE would delete them. Before 5.0 only a search and a reading of the whole zone tell of them.

        Raises:
            ProviderError: the server didn't tell.
        """
        found = {(name, each.type) for name in names for each in nodes[name].values() if each.disabled}
        if self.tells_switched_off(timeout) or len(names) > MANY:
            return found
        if len(names) > SEARCHES:
            return {(each.name, each.type) for each in self.whole(zone, timeout)[1] if each.disabled}
        for name in names:
            asked = {"q": name, "max": "1000", "object_type": "record"}
            told = self._client.get("/search-data", asked, timeout) or ()
            with self._client.understood():
                found |= {(_owner(each), str(each["type"])) for each in told if each.get("disabled")}
        return found

    def tells_switched_off(self, timeout: float) -> bool:
        """Whether the server is of version 5 or newer."""
        if self._version is None:
            self._version = str((self._client.get("", None, timeout) or {}).get("version", ""))
        major = self._version.partition(".")[0]
        return major.isdecimal() and int(major) >= 5

    def prepare(self, zone: str, timeout: float) -> None:
        """Make ``zone`` where it is missing and to be made; settle whether it is rectified after each change.

        PowerDNS tells ``api_rectify`` false and rectifies nevertheless where it was never set (default-api-rectify),
        which takes half a second in a zone of 100,000 names. Only DNSSEC needs it.

        Raises:
            ProviderError: the server doesn't let itself be set up, or the zone follows another server.
        """
        if zone in self._prepared:
            return
        found = self.described(zone, timeout)
        if found is None:
            self._make(zone, timeout)
        else:
            self._settle(zone, found, timeout)
        self._prepared.add(zone)

    def missing(self, zone: str) -> ProviderDenied:
        """The error for a zone that the server doesn't have."""
        told = f"Zona {zone} tidak ada di {self._client.url}; buat di sana, atau isi server nama zona baru."
        return ProviderDenied(told, log=f"{self._client.url}: no zone {zone}")

    @property
    def makes_zones(self) -> bool:
        """Whether zones that are missing are made."""
        return bool(self._name_servers)

    def _at(self, zone: str, names: Collection[str], timeout: float | None) -> Iterable[Standing]:
        if len(names) > MANY:
            if self.makes_zones and self.described(zone, timeout) is None:
                return []
            return self.whole(zone, timeout)[1]
        return [each for name in names for each in self._at_name(zone, name, timeout)]

    def _at_name(self, zone: str, name: str, timeout: float | None) -> list[Standing]:
        """Before 4.9.2 the answer also has RRsets of other names: those with comments, without records."""
        asked = {"rrset_name": f"{name}.", "include_disabled": "true"}  # that one since 5.0
        found = self._client.get(_path(zone), asked, timeout)
        if found is None:
            if not self.makes_zones:
                raise self.missing(zone)
            return []
        with self._client.understood():
            rrsets = [standing(zone, each) for each in found["rrsets"]]
        return [each for each in rrsets if each.name == name and each.type not in MADE_BY_SERVER]

    def _make(self, zone: str, timeout: float) -> None:
        if not self.makes_zones:
            raise self.missing(zone)
        # Without an SOA of its own a new zone is served with serial 0 at first.
        soa = f"{self._name_servers[0]} hostmaster.{zone}. 1 {SOA_TIMERS}"
        made = {
            "name": f"{zone}.",
            "kind": "Native",
            "api_rectify": False,
            "soa_edit_api": "DEFAULT",
            "nameservers": self._name_servers,
            "rrsets": [
                {"name": f"{zone}.", "type": "SOA", "ttl": 3600, "records": [{"content": soa, "disabled": False}]}
            ],
        }
        try:
            self._client.send("POST", "/zones", made, timeout)
        except Refused as problem:  # another worker may have made it a moment ago
            if self.described(zone, timeout) is None:
                raise refused(problem, f"zona baru {zone}") from problem

    def _settle(self, zone: str, found: Mapping[str, Any], timeout: float) -> None:
        if follows(found):
            told = f"Zona {zone} di {self._client.url} mengikuti server lain; sambungkan server utamanya."
            raise ProviderBroken(told, log=f"{self._client.url}: zone {zone} is of kind {found['kind']}")
        signed = bool(found.get("dnssec"))
        if not found.get("api_rectify"):
            try:
                self._client.send("PUT", _path(zone), {"api_rectify": signed}, timeout)
            except Refused as problem:
                raise refused(problem, f"api_rectify zona {zone}") from problem


def delegated(name: str) -> ForeignResource:
    """The error for a name that other servers answer for."""
    told = f"{name} berada di bawah zona yang didelegasikan ke server lain; ubah di server itu."
    return ForeignResource(told, log=f"{name} is delegated")


def follows(found: Mapping[str, Any]) -> bool:
    """Whether the described zone takes its content from another server."""
    return str(found.get("kind", "")).lower() in FOLLOWING


def patch(client: Client, zone: str, changes: Sequence[Mapping[str, Any]], timeout: float) -> None:
    """Make ``changes`` of ``zone``, all or none of them.

    Raises:
        Refused, ProviderError: as for :meth:`tapak_powerdns.client.Client.send`.
    """
    client.send("PATCH", _path(zone), {"rrsets": list(changes)}, timeout)


def hides(parsed: Parsed, node: Node) -> list[Standing]:
    """What stands at the name and keeps ``parsed`` from being made: it or the other one stands alone."""
    kind = parsed.spec.type
    apex = parsed.name == parsed.zone
    return [
        each
        for each in node.values()
        if each.type != kind and each.spec is not None and not apex and (kind in ALONE or each.type in ALONE)
    ]


def _path(zone: str) -> str:
    return f"/zones/{zone}."


def _owner(record: Mapping[str, Any]) -> str:
    return str(record["name"]).rstrip(".").lower()


def _lineage(name: str, zone: str) -> Iterator[str]:
    """``name`` and its ancestors below ``zone``."""
    owner = name
    yield owner
    while owner != zone and (owner := owner.partition(".")[2]) != zone:
        yield owner


def _refuse_below_delegation(name: str, zone: str, nodes: Mapping[str, Node]) -> None:
    own, *above = _lineage(name, zone)
    if any("NS" in nodes[owner] and nodes[owner]["NS"].spec is not None for owner in above):
        raise delegated(own)
