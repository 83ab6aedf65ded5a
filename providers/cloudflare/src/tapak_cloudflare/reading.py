"""What stands at some names of a zone, read with as few requests as that takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tapak.sdk.dns.records import ALONE, owner, record_set
from tapak.sdk.resources import RecordSet
from tapak_cloudflare.records import AUTOMATIC, Key, Standing, by_set, rdataset_of

if TYPE_CHECKING:
    from tapak_cloudflare.client import CloudflareClient

FEW = 8
"""Names up to which each is asked for; of more the whole zone is, thousands of records an answer."""


@dataclass(frozen=True)
class Found:
    """Record sets by name and type, whole at the names that were asked for and above them up to ``zone``."""

    zone: str
    sets: Mapping[Key, Sequence[Standing]]

    def at(self, name: str, kind: str) -> Sequence[Key]:
        """What stands at the name and type; where nothing does, what keeps it from being made."""
        here = [key for key, standing in self.sets.items() if key[0] == name and standing]
        if (name, kind) in here:
            return [(name, kind)]
        return [key for key in here if kind in ALONE or key[1] in ALONE]

    def delegation_above(self, name: str) -> bool:
        """Whether a delegation between ``name`` and the zone hides it."""
        return any(self.sets.get((above, "NS")) for above in _above(name, self.zone))


def read_names(client: CloudflareClient, zone_id: str, zone: str, names: set[str]) -> Found:
    """What stands at ``names`` and above them.

    Raises:
        ProviderError: Cloudflare didn't tell.
    """
    asked = names | {above for name in names for above in _above(name, zone)}
    if len(asked) > FEW:
        told = list(client.records(zone_id))
    else:
        told = [record for name in sorted(asked) for record in client.records(zone_id, name)]
    return Found(zone, {key: standing for key, standing in by_set(told).items() if key[0] in asked})


def spec_of(zone: str, key: Key, standing: Sequence[Standing], proxied: bool = False) -> RecordSet:
    """A record set as it stands. One that should be ``proxied`` and isn't has the TTL of none that we make."""
    spec = record_set(owner(zone), owner(key[0]), rdataset_of(standing))
    strays = any(each.proxied != proxied for each in standing)
    return RecordSet(spec.zone, spec.name, spec.type, spec.values, AUTOMATIC) if strays else spec


def _above(name: str, zone: str) -> Iterator[str]:
    """The names between ``name`` and ``zone``, neither included."""
    labels = name.removesuffix(zone).rstrip(".").split(".")
    for place in range(1, len(labels)):
        yield ".".join([*labels[place:], zone])
