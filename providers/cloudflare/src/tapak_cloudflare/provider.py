"""Cloudflare as a provider of DNS."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from tapak.sdk.dns import facts
from tapak.sdk.dns.looking import LookingVerifier
from tapak.sdk.dns.provider import DnsProvider, Swap
from tapak.sdk.dns.records import TYPES, Parsed, owner
from tapak.sdk.errors import ForeignResource, ProviderUnavailable
from tapak.sdk.provider import Applied, Capabilities, Change, Check, Verification
from tapak.sdk.resources import Fact, RecordSet, Spec
from tapak_cloudflare import checks
from tapak_cloudflare.failures import Contested, Limited
from tapak_cloudflare.reading import Found, read_names, spec_of
from tapak_cloudflare.records import PROXIABLE, Key, by_set
from tapak_cloudflare.settings import CloudflareSettings
from tapak_cloudflare.verifying import NameServers
from tapak_cloudflare.writing import batch_of, stands

if TYPE_CHECKING:
    from tapak_cloudflare.client import CloudflareClient

BATCH = 50
# Between two tries; Cloudflare says by itself how long it wants to be left alone (Retry-After).
PAUSE = 0.2


class CloudflareProvider(DnsProvider):
    """Zones at Cloudflare, changed in batches; verified at its name servers where they can be reached.

    There are no prerequisites: what stands is read before each batch, and again before an answer that was lost, or
    that something exists already, is taken for the truth.
    """

    name = "cloudflare"
    title = "Cloudflare"
    capabilities = Capabilities(kinds=frozenset({RecordSet.kind}), record_types=frozenset(TYPES), batch=BATCH)
    settings_schema = CloudflareSettings

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._proxied: bool = settings["proxied"]
        self._known: dict[str, Mapping[str, Any]] = {}
        given = [(each["address"], each["port"]) for each in settings["name_servers"]]
        self._servers = NameServers(given, settings["timeout"])

    @cached_property
    def _client(self) -> CloudflareClient:
        # The SDK takes a quarter of a second to load: only workers need it, and every process loads this module.
        from tapak_cloudflare.client import CloudflareClient  # noqa: PLC0415

        return CloudflareClient(self.settings["token"], self.settings["api_url"], self.settings["timeout"])

    def check(self) -> Sequence[Check]:
        return checks.run(self.zones, self._client, self._servers)

    def read(self, specs: Sequence[Spec]) -> Mapping[str, Spec | None]:
        """What stands now at the identities of ``specs``.

        Where the same values stand in another spelling, a spec of ``specs`` is given back as it is. What keeps a spec
        from being made is told under its own identity.

        Raises:
            ForeignResource: a delegation hides the name.
        """
        parsed = self.parsed(specs)
        result: dict[str, Spec | None] = {each.spec.identity: None for each in parsed}
        for zone, several in _by_zone(parsed).items():
            found = self._found(zone, several)
            for each in several:
                result.update(self._standing(each, found, several))
        return result

    def apply(self, changes: Sequence[Change], *, fence: int, timeout: float) -> Sequence[Applied]:
        """Send a batch for each zone. Cloudflare knows no ``fence``: whoever takes over reads anew before it writes."""
        zones: dict[str, list[Swap]] = defaultdict(list)
        for swap in self.swaps(changes):
            zones[swap.target.spec.zone].append(swap)
        deadline = time.monotonic() + timeout
        for zone, several in zones.items():
            _until(deadline, partial(self._attempt, zone, several, deadline))
        return [Applied(change.identity) for change in changes]

    def verify(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        return self._verified(self.parsed(specs), timeout, gone=False)

    def verify_gone(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        return self._verified(self.parsed(specs), timeout, gone=True)

    def reach(self) -> None:
        self._count(self.zones[0])

    def figures(self) -> Sequence[Fact]:
        """How many records each zone holds."""
        return [facts.record_sets(zone, partial(self._count, zone)) for zone in self.zones]

    def at(self, zone: str, name: str) -> Sequence[RecordSet]:
        owner(name)
        found = read_names(self._client, self._id(zone), zone, {name})
        return [spec_of(zone, key, standing) for key, standing in found.sets.items() if key[0] == name]

    def zone_records(self, zone: str) -> Iterator[RecordSet]:
        """Every record set of ``zone``."""
        for key, standing in by_set(self._client.records(self._id(self.served(zone)))).items():
            if key != (zone, "NS"):
                yield spec_of(zone, key, standing)

    def close(self) -> None:
        self._servers.close()
        if "_client" in self.__dict__:
            self._client.close()

    def _attempt(self, zone: str, swaps: Sequence[Swap], deadline: float) -> None:
        found = self._found(zone, [swap.target for swap in swaps])
        batch = batch_of(swaps, found.sets, self._proxied)
        if len(batch):
            left = max(deadline - time.monotonic(), 0.05)
            parts = {"deletes": batch.deletes, "puts": batch.puts, "posts": batch.posts}
            self._client.batch(self._id(zone), **parts, timeout=left)

    def _found(self, zone: str, parsed: Sequence[Parsed]) -> Found:
        found = read_names(self._client, self._id(zone), zone, {each.spec.name for each in parsed})
        for each in parsed:
            hidden_by = found.delegation_above(each.spec.name)
            if hidden_by or (
                each.spec.type != "NS" and found.sets.get((each.spec.name, "NS")) and each.spec.name != zone
            ):
                told = f"Nama {each.spec.name} dilimpahkan ke server nama lain; rekamannya diatur di sana."
                raise ForeignResource(told, log=f"{each.spec.name} is delegated away")
        return found

    def _standing(self, asked: Parsed, found: Found, all_asked: Sequence[Parsed]) -> dict[str, RecordSet]:
        told: dict[str, RecordSet] = {}
        for key in found.at(asked.spec.name, asked.spec.type):
            alike = (each for each in all_asked if (each.spec.name, each.spec.type) == key)
            spec = next((each.spec for each in alike if self._is(each, found)), None)
            spec = spec or spec_of(asked.spec.zone, key, found.sets[key], self._proxied and key[1] in PROXIABLE)
            told[spec.identity] = spec
        return told

    def _is(self, parsed: Parsed, found: Found) -> bool:
        key: Key = (parsed.spec.name, parsed.spec.type)
        return stands(parsed, found.sets[key], self._proxied and key[1] in PROXIABLE)

    def _verified(self, parsed: Sequence[Parsed], timeout: float, *, gone: bool) -> Sequence[Verification]:
        """Of proxied names DNS tells Cloudflare's own addresses: those only the API knows."""
        began = time.monotonic()
        verifications: dict[str, Verification] = {}
        for zone, several in _by_zone(parsed).items():
            asked = [each for each in several if not (self._proxied and each.spec.type in PROXIABLE)]
            verifier = self._servers.verifier(owner(zone), partial(self._told_servers, zone)) if asked else None
            by_dns = asked if verifier is not None else []
            by_api = [each for each in several if each not in by_dns]
            if verifier is not None:
                told = verifier.gone(by_dns, timeout) if gone else verifier.present(by_dns, timeout)
                verifications |= {each.identity: each for each in told}
            if by_api:
                left = timeout - (time.monotonic() - began)
                at_api = LookingVerifier(self._look, self.settings["api_url"])
                verifications |= {each.identity: each for each in at_api.run(by_api, left, gone=gone)}
        return [verifications[each.spec.identity] for each in parsed]

    def _look(self, parsed: Sequence[Parsed]) -> Mapping[str, Spec | None]:
        return self.read([each.spec for each in parsed])

    def _told_servers(self, zone: str) -> Sequence[str]:
        self._id(zone)
        return list(self._known[zone].get("name_servers") or ())

    def _count(self, zone: str) -> int:
        return self._client.count(self._id(zone))

    def _id(self, zone: str) -> str:
        if zone not in self._known:
            self._known[zone] = self._client.zone(zone)
        return str(self._known[zone]["id"])


def _by_zone(parsed: Sequence[Parsed]) -> Mapping[str, list[Parsed]]:
    zones: dict[str, list[Parsed]] = defaultdict(list)
    for each in parsed:
        zones[each.spec.zone].append(each)
    return zones


def _until(deadline: float, attempt: Callable[[], None]) -> None:
    """Try until it went through; whatever else is wrong than an answer that may come later ends it at once."""
    while True:
        try:
            attempt()
        except ProviderUnavailable as problem:
            wait = (
                (problem.wait or PAUSE)
                if isinstance(problem, Limited)
                else 0
                if isinstance(problem, Contested)
                else PAUSE
            )
            if time.monotonic() + wait >= deadline:
                raise
            time.sleep(max(wait, 0.01))
        else:
            return
