"""From what stands and what is wanted to one batch of Cloudflare's records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dns.rdatatype

from tapak.sdk.dns.provider import Swap
from tapak.sdk.dns.records import ALONE, Parsed, alike
from tapak.sdk.errors import ChangedMeanwhile, Invalid
from tapak_cloudflare.records import LONGEST, PROXIABLE, SHORTEST, Key, Standing, rdataset_of, wanted

MOST = 200
"""Operations in one batch, as the free plan has it."""


@dataclass
class Batch:
    """What is sent at once."""

    deletes: list[dict[str, Any]] = field(default_factory=list)
    puts: list[dict[str, Any]] = field(default_factory=list)
    posts: list[dict[str, Any]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.deletes) + len(self.puts) + len(self.posts)


def batch_of(swaps: Sequence[Swap], found: Mapping[Key, Sequence[Standing]], proxied: bool) -> Batch:
    """What brings ``found`` to what the swaps want; empty where that stands already.

    Raises:
        ChangedMeanwhile: what stands is neither what a swap observed nor what it wants.
        Invalid: a TTL that Cloudflare doesn't have, or more than a batch takes.
    """
    batch, leaving = Batch(), {swap.key for swap in swaps if swap.new is None}
    for swap in swaps:
        standing, mine = list(found.get(swap.key, ())), proxied and swap.key[1] in PROXIABLE
        if stands(swap.new, standing, mine):
            continue
        if not stands(swap.old, standing, mine):
            raise _changed(swap)
        if swap.old is None:
            _require_room(swap, found, leaving)
        _add(batch, swap, standing, mine)
    if len(batch) > MOST:
        told = f"Perubahan ini menyentuh {len(batch)} rekaman; Cloudflare menerima {MOST} sekaligus."
        raise Invalid(told, log=f"{len(batch)} records in one batch")
    return batch


def stands(parsed: Parsed | None, standing: Sequence[Standing], proxied: bool) -> bool:
    """Whether exactly ``parsed`` stands (None: nothing). What is proxied has no TTL of its own."""
    if parsed is None or not standing:
        return parsed is None and not standing
    if len(standing) != len(parsed.rdataset) or not alike(rdataset_of(standing), parsed.rdataset):
        return False
    return all(each.proxied == proxied and (proxied or each.ttl == parsed.rdataset.ttl) for each in standing)


def _add(batch: Batch, swap: Swap, standing: Sequence[Standing], proxied: bool) -> None:
    """Records whose value stays are kept, and replaced only where TTL or proxy differ."""
    left = {each.rdata: each for each in standing}
    for rdata in swap.new.rdataset if swap.new is not None else ():
        assert swap.new is not None
        ttl = _ttl(swap.new, proxied)
        body = wanted(swap.new.spec.name, rdata, ttl, proxied, swap.note)
        known = left.pop(rdata, None)
        if known is None:
            batch.posts.append(body)
        elif (known.ttl, known.proxied) != (ttl, proxied) and not (proxied and known.proxied):
            batch.puts.append({"id": known.id, **body})
    batch.deletes += [{"id": each.id} for each in left.values()]


def _ttl(parsed: Parsed, proxied: bool) -> int:
    ttl = parsed.rdataset.ttl
    if not proxied and not SHORTEST <= ttl <= LONGEST:
        told = f"TTL di Cloudflare {SHORTEST} sampai {LONGEST} detik, bukan {ttl}."
        raise Invalid(told, log=f"TTL {ttl}", fields={"ttl": [told]})
    return ttl


def _require_room(swap: Swap, found: Mapping[Key, Sequence[Standing]], leaving: set[Key]) -> None:
    """A CNAME or a delegation stands alone at its name; nothing is made beside one."""
    name, kind = swap.key
    for (owner, other), standing in found.items():
        beside = owner == name and other != kind and standing and (owner, other) not in leaving
        if beside and (kind in ALONE or other in ALONE):
            raise _changed(swap)


def _changed(swap: Swap) -> ChangedMeanwhile:
    identity = swap.target.spec.identity
    told = f"Rekaman {identity} di Cloudflare tidak lagi seperti yang terakhir dibaca; dibaca ulang sebelum diubah."
    kind = dns.rdatatype.to_text(swap.target.rdtype)
    return ChangedMeanwhile(told, log=f"{identity} ({kind}): neither as observed nor as desired")
