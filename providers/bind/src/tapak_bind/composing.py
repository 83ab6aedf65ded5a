"""Updates (RFC 2136 section 2) composed as bytes: ten thousand records in a tenth of a second."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.update

from tapak.sdk.dns.provider import Swap
from tapak.sdk.dns.records import Parsed
from tapak.sdk.errors import Invalid
from tapak_bind.reading import CNAME, KINDS, STAND_ALONE

# What a message holds beside its records: header, zone, signature, each in its largest form.
AROUND = 1024
LARGEST = 65535 - AROUND
# RFC 1035 section 4.1.4: the zone's name, which stands right behind the header.
_ZONE = b"\xc0\x0c"
_ANY, _NONE, _IN = (int(each) for each in (dns.rdataclass.ANY, dns.rdataclass.NONE, dns.rdataclass.IN))
_HEAD = struct.Struct("!HHIH")

Key = tuple[str, str]


@dataclass(frozen=True)
class Piece:
    """What one swap puts into a message: prerequisites, removals and additions, each a record."""

    swap: Swap
    required: Sequence[bytes]
    removed: Sequence[bytes]
    added: Sequence[bytes]

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(map(len, self.required)) + sum(map(len, self.removed)) + sum(map(len, self.added))


class Section:
    """Records as bytes, where dnspython expects an RRset to put into a message."""

    def __init__(self, records: Sequence[bytes]) -> None:
        self._records = records

    def to_wire(self, file: Any, *_: object, **__: object) -> int:
        """Write them, and tell how many they are."""
        file.write(b"".join(self._records))
        return len(self._records)


def fill(message: dns.update.UpdateMessage, pieces: Sequence[Piece]) -> None:
    """Put ``pieces`` into the empty ``message``: every removal first, so that a CNAME may take an address's place."""
    required = [record for piece in pieces for record in piece.required]
    made = [record for piece in pieces for record in piece.removed]
    made += [record for piece in pieces for record in piece.added]
    message.prerequisite.append(cast(dns.rrset.RRset, Section(required)))
    message.update.append(cast(dns.rrset.RRset, Section(made)))


def messages(swaps: Iterable[Swap]) -> Iterator[list[Piece]]:
    """The swaps of one zone in as many pieces as fit into a message each.

    Raises:
        Invalid: an RRset doesn't fit into any.
    """
    known = list(swaps)
    leaving = {swap.key for swap in known if swap.new is None}
    filled: list[Piece] = []
    size = 0
    for swap in known:
        piece = _piece(swap, leaving)
        size += piece.size
        if size > LARGEST:
            if filled:
                yield filled
            filled, size = [], piece.size
        if size > LARGEST:
            identity = swap.target.spec.identity
            told = f"Rekaman {identity} terlalu besar untuk satu pesan DNS; kurangi nilainya."
            raise Invalid(told, log=f"{identity}: over 64 kB")
        filled.append(piece)
    if filled:
        yield filled


def _piece(swap: Swap, leaving: Collection[Key]) -> Piece:
    target = swap.target
    owner = _owner(target.name, target.zone)
    if swap.old is None:
        required, removed = list(_room(swap, owner, leaving)), []
    else:
        required = _records(owner, swap.old, 0)
        removed = [owner + _HEAD.pack(swap.old.rdtype, _ANY, 0, 0)]
    return Piece(swap, required, removed, _records(owner, swap.new, swap.new.rdataset.ttl) if swap.new else [])


def _room(swap: Swap, owner: bytes, leaving: Collection[Key]) -> Iterator[bytes]:
    """Prerequisites of a new RRset: it isn't there, and neither is what can't stand beside it."""
    name, rdtype = swap.target.spec.name, swap.target.rdtype
    alone = rdtype in STAND_ALONE
    stays = [kind for kind in KINDS if (name, dns.rdatatype.to_text(kind)) not in leaving] if leaving else KINDS
    if alone and len(stays) == len(KINDS):
        yield owner + _HEAD.pack(dns.rdatatype.ANY, _NONE, 0, 0)
        return
    others = KINDS if alone else (CNAME,) if swap.target.name == swap.target.zone else STAND_ALONE
    for kind in dict.fromkeys((rdtype, *others)):
        if kind in stays:
            yield owner + _HEAD.pack(kind, _NONE, 0, 0)


def _records(owner: bytes, parsed: Parsed, ttl: int) -> list[bytes]:
    found = []
    for rdata in parsed.rdataset:
        data = cast(bytes, rdata.to_wire())
        found.append(owner + _HEAD.pack(parsed.rdtype, _IN, ttl, len(data)) + data)
    return found


def _owner(name: dns.name.Name, zone: dns.name.Name) -> bytes:
    own = name.labels[: len(name.labels) - len(zone.labels)]
    return b"".join(bytes((len(label),)) + label for label in own) + _ZONE
