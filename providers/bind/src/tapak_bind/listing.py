"""Zones by AXFR (RFC 5936) and what changed in them by IXFR (RFC 1995), read from the wire: 100,000 records in a
second or two, and never as a zone."""

from __future__ import annotations

import socket
import struct
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.serial
import dns.tsig
import dns.xfr

from tapak.sdk.dns.records import MAX_TTL, label
from tapak.sdk.dns.servers import Server
from tapak.sdk.resources import RecordSet
from tapak_bind import failures

# What the server makes by itself: the serial's bearer, and signing (RFC 4034, RFC 5155, RFC 7344; BIND's TYPE65534).
MADE_BY_SERVER = ("SOA", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DNSKEY", "CDS", "CDNSKEY", "TYPE65534")
LIFETIME = 120.0

_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-_*")
_MADE = frozenset(int(dns.rdatatype.from_text(kind)) for kind in MADE_BY_SERVER)
_HEAD, _RECORD = struct.Struct("!6H"), struct.Struct("!HHIH")


Record = tuple[str, int, int, str]
"""Owner, type, TTL in seconds, and value in canonical text."""


@dataclass(frozen=True)
class ZoneDelta:
    """What a transfer told, without the SOA and what signing adds.

    ``removed`` and ``added`` are the records that left and came up to ``serial``. With ``full`` the server gave the
    whole zone instead, and ``records`` gives it, once.
    """

    serial: int
    full: bool
    removed: frozenset[Record]
    added: frozenset[Record]
    records: Iterator[RecordSet]

    @property
    def touched(self) -> set[tuple[str, int]]:
        """Owner and type of the RRsets that records left or came to."""
        return {(name, rdtype) for name, rdtype, _, _ in self.removed | self.added}


class ZoneListing:
    """Transfers zones from the primary, signed with ``key``; ``timeout`` is in seconds for each message."""

    def __init__(self, server: Server, key: dns.tsig.Key, timeout: float) -> None:
        self._server = server
        self._key = key
        self._timeout = timeout

    def read(self, zone: dns.name.Name) -> tuple[int, Iterator[RecordSet]]:
        """The serial of ``zone`` and every RRset in canonical text, without the SOA and what signing adds.

        Raises:
            ProviderError: the transfer was refused, broke off or wasn't signed to its end.
        """
        taken = self._transfer(zone, None)
        return taken.serial, _given(label(zone), taken.found)

    def changes_since(self, zone: dns.name.Name, serial: int) -> ZoneDelta:
        """What changed after ``serial``; the whole zone where that is too old for the server or ahead of it.

        Raises:
            ProviderError: as for :meth:`read`.
        """
        taken = self._transfer(zone, serial)
        removed = frozenset(record for record, times in taken.net.items() if times < 0)
        added = frozenset(record for record, times in taken.net.items() if times > 0)
        return ZoneDelta(taken.serial, taken.full, removed, added, _given(label(zone), taken.found))

    def _transfer(self, zone: dns.name.Name, since: int | None) -> _Transfer:
        query = dns.message.make_query(zone, dns.rdatatype.AXFR if since is None else dns.rdatatype.IXFR, flags=0)
        if since is not None:
            query.authority.append(dns.rrset.from_text(zone, 0, "IN", "SOA", f". . {since} 0 0 0 0"))
        query.use_tsig(self._key)
        taken = _Transfer(zone, self._key, query, since)
        try:
            self._take(taken, query.to_wire())
        except dns.xfr.SerialWentBackwards:  # the server was set back: only the whole zone tells
            return self._transfer(zone, None)
        except dns.xfr.TransferError as error:
            raise failures.from_rcode(self._server, error.rcode, f"transfer zona {label(zone)}") from error
        except EOFError as error:
            raise failures.silent(self._server, "the transfer broke off") from error
        except (dns.exception.DNSException, OSError, struct.error, IndexError) as error:
            raise failures.from_exception(self._server, error) from error
        return self._complete(taken)

    def _take(self, taken: _Transfer, wire: bytes) -> None:
        until = time.monotonic() + LIFETIME
        with socket.create_connection((self._server.address, self._server.port), self._timeout) as connection:
            connection.sendall(len(wire).to_bytes(2, "big") + wire)
            with connection.makefile("rb") as stream:
                while not taken.whole and time.monotonic() < until:
                    taken.take(_message(stream))

    def _complete(self, taken: _Transfer) -> _Transfer:
        if not taken.whole:
            raise failures.silent(self._server, "the transfer took too long")
        if not taken.signed:
            raise failures.unsigned(self._server)
        return taken


Found = dict[tuple[str, int], list[int | str]]
"""The TTL (in seconds) and the values of each RRset, by owner and type."""


def _given(zone: str, found: Found) -> Iterator[RecordSet]:
    while found:  # what was given isn't kept
        (name, rdtype), (ttl, *values) = found.popitem()
        kind = dns.rdatatype.to_text(dns.rdatatype.RdataType.make(rdtype))
        yield RecordSet(zone, name, kind, tuple(map(str, values)), int(ttl))


class _Transfer:
    """What has come of a transfer so far. ``signed``: the last message bore a valid signature (RFC 8945 5.3.1).

    ``found`` is the whole zone; or ``net`` counts what came and left since the serial ``since``.
    """

    def __init__(self, zone: dns.name.Name, key: dns.tsig.Key, query: dns.message.Message, since: int | None) -> None:
        self.found: Found = {}
        self.net: Counter[Record] = Counter()
        self.serial = 0
        self.full = True
        self.whole = self.signed = False
        self._zone = label(zone)
        self._key = key
        self._query = query
        self._since = since
        self._context: dns.tsig.HMACTSig | None = None
        self._records = self._sign = self._reached = 0
        self._names: dict[int, str] = {}

    def take(self, wire: bytes) -> None:
        """Take in one message."""
        number, flags, questions, answers, others, additional = _HEAD.unpack_from(wire)
        if number != self._query.id or not flags & dns.flags.QR:
            raise dns.exception.FormError("not an answer to what was asked")
        self._names = {}
        at = _HEAD.size
        for _ in range(questions):
            at = self._name(wire, at)[1] + 4
        for _ in range(answers):
            at = self._record(wire, at)
        for _ in range(others):
            at = self._after(wire, at)
        self._check(wire, at, additional)
        if rcode := dns.rcode.Rcode(flags & 15):
            raise dns.xfr.TransferError(rcode)

    def _check(self, wire: bytes, at: int, additional: int) -> None:
        """Check the signature, which is the last record where there is one."""
        for _ in range(additional - 1):
            at = self._after(wire, at)
        self.signed = False
        if additional:
            start, (owner, at) = at, self._name(wire, at)
            rdtype, _, _, size = _RECORD.unpack_from(wire, at)
            self.signed = rdtype == dns.rdatatype.TSIG
        if not self.signed:
            if self._context is not None:
                self._context.update(wire)
            return
        seal = dns.rdata.from_wire(dns.rdataclass.ANY, dns.rdatatype.TSIG, wire, at + _RECORD.size, size)
        now, asked = int(time.time()), self._query.mac
        name = dns.name.from_text(owner)
        self._context = dns.tsig.validate(wire, self._key, name, seal, now, asked, start, self._context, True)

    def _after(self, wire: bytes, at: int) -> int:
        at = self._name(wire, at)[1]
        return at + _RECORD.size + int(_RECORD.unpack_from(wire, at)[3])

    def _record(self, wire: bytes, at: int) -> int:
        owner, at = self._name(wire, at)
        rdtype, rdclass, ttl, size = _RECORD.unpack_from(wire, at)
        start, end = at + _RECORD.size, at + _RECORD.size + size
        self._records += 1
        if rdtype == dns.rdatatype.SOA:
            self._bracket(owner, int.from_bytes(wire[end - 20 : end - 16], "big"))
        elif self._records == 1 or self.whole or end > len(wire):
            raise dns.exception.FormError("a record outside the zone's SOAs")
        elif rdtype not in _MADE:
            ttl, value = ttl if ttl <= MAX_TTL else 0, _value(wire, rdclass, rdtype, start, size)
            if self.full:
                self._add(owner, rdtype, ttl, value)
            else:
                self.net[owner, rdtype, ttl, value] += self._sign
        return end

    def _bracket(self, owner: str, serial: int) -> None:
        """A SOA: the first and the last of the answer, and in an IXFR around what left and what came."""
        if owner != self._zone or self.whole:
            raise dns.exception.FormError("a SOA in the wrong place")
        if self._records == 1:
            self.serial = serial
            if self._since is not None and dns.serial.Serial(serial) < self._since:
                raise dns.xfr.SerialWentBackwards
            self.full = self._since is None or serial != self._since
            self.whole = not self.full
        elif self._records == 2 and self._since == serial:
            self.full, self._sign = False, -1
        elif self.full or (self._sign > 0 and self._reached == self.serial):
            self.whole = True
        else:
            self._sign, self._reached = -self._sign, serial

    def _add(self, owner: str, rdtype: int, ttl: int, value: str) -> None:
        known = self.found.get((owner, rdtype))
        if known is None:
            self.found[owner, rdtype] = [ttl, value]
        else:
            known[0] = min(int(known[0]), ttl)
            known.append(value)

    def _name(self, wire: bytes, at: int) -> tuple[str, int]:
        """The name at ``at`` in small letters without the final dot, and where it ends."""
        start, labels = at, []
        while length := wire[at]:
            if length >= 0xC0:
                labels.append(self._earlier(wire, at, start))
                at += 1
                break
            labels.append(_label(wire[at + 1 : at + 1 + length]))
            at += 1 + length
        text = self._names[start] = ".".join(labels)
        return text, at + 1

    def _earlier(self, wire: bytes, at: int, start: int) -> str:
        """What a pointer (RFC 1035 section 4.1.4) leads to: always a name before the one that it ends."""
        place = int.from_bytes(wire[at : at + 2], "big") & 0x3FFF
        if place >= start:
            raise dns.exception.FormError("a pointer ahead")
        known = self._names.get(place)
        return self._name(wire, place)[0] if known is None else known


def _label(raw: bytes) -> str:
    small = raw.lower()
    return small.decode("ascii") if _PLAIN.issuperset(small) else label(dns.name.Name((small,)))


def _value(wire: bytes, rdclass: int, rdtype: int, start: int, size: int) -> str:
    if rdtype == dns.rdatatype.A and size == 4:
        return socket.inet_ntoa(wire[start : start + 4])
    kind = dns.rdatatype.RdataType.make(rdtype)
    return dns.rdata.from_wire(dns.rdataclass.RdataClass(rdclass), kind, wire, start, size).to_text()


def _message(stream: BinaryIO) -> bytes:
    """The next message behind its length (RFC 7766 section 8)."""
    size = int.from_bytes(_exactly(stream, 2), "big")
    return _exactly(stream, size)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    read = stream.read(size)
    if len(read) < size:
        raise EOFError
    return read
