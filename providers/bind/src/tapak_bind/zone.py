"""Whole zones and what changed in them: IXFR (RFC 1995) from a known serial, AXFR (RFC 5936) otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, cast

import dns.exception
import dns.name
import dns.query
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.transaction
import dns.tsig
import dns.xfr

from tapak.sdk.dns.asking import Question
from tapak.sdk.dns.records import label
from tapak.sdk.dns.servers import Server
from tapak.sdk.errors import ProviderError
from tapak_bind import failures

# What the server makes by itself: the serial's bearer, and signing (RFC 4034, RFC 5155, RFC 7344; BIND's TYPE65534).
MADE_BY_SERVER = frozenset(
    dns.rdatatype.from_text(kind)
    for kind in ("SOA", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DNSKEY", "CDS", "CDNSKEY", "TYPE65534")
)
LIFETIME = 120.0

Record = tuple[dns.name.Name, dns.rdata.Rdata, int]


@dataclass(frozen=True)
class ZoneDelta:
    """What a transfer told, without the SOA and what signing adds.

    ``removed`` and ``added`` are the records (name, rdata, TTL in seconds) that left and came up to ``serial``. With
    ``full`` the server gave the whole zone instead, and ``rrsets`` holds it.
    """

    serial: int
    full: bool
    removed: frozenset[Record]
    added: frozenset[Record]
    rrsets: Mapping[Question, dns.rdataset.Rdataset]

    @property
    def touched(self) -> set[Question]:
        """The RRsets that records left or came to."""
        return {Question(name, rdata.rdtype) for name, rdata, _ in self.removed | self.added}


class ZoneTransfer:
    """Transfers from the primary, signed with ``key``; ``timeout`` is in seconds for each message."""

    def __init__(self, server: Server, key: dns.tsig.Key, timeout: float) -> None:
        self._server = server
        self._key = key
        self._timeout = timeout

    def changes_since(self, zone: dns.name.Name, serial: int | None) -> ZoneDelta:
        """What changed after ``serial``; the whole zone where that is None, too old for the server or ahead of it.

        Raises:
            ProviderError: the transfer was refused or broke off.
        """
        collector = _Collector(zone, serial or 0)
        try:
            try:
                self._run(collector, serial or None)
            except dns.xfr.SerialWentBackwards:  # the server was set back: only the whole zone tells
                self._run(collector, None)
        except (dns.exception.DNSException, OSError, EOFError) as error:
            raise self._failure(error, zone) from error
        return collector.delta()

    def _run(self, collector: _Collector, serial: int | None) -> None:
        query, _ = dns.xfr.make_query(
            collector,
            serial,
            keyring={self._key.name: self._key},
            keyname=self._key.name,
            keyalgorithm=self._key.algorithm,
        )
        dns.query.inbound_xfr(
            self._server.address, collector, query, self._server.port, timeout=self._timeout, lifetime=LIFETIME
        )

    def _failure(self, error: Exception, zone: dns.name.Name) -> ProviderError:
        if isinstance(error, dns.xfr.TransferError):
            return failures.from_rcode(self._server, error.rcode, f"transfer zona {label(zone)}")
        if isinstance(error, EOFError):
            return failures.silent(self._server, "the transfer broke off")
        return failures.from_exception(self._server, error)


class _Collector(dns.transaction.TransactionManager):
    """Takes in a transfer: as its own transaction, which dnspython starts anew where an IXFR turns out an AXFR."""

    def __init__(self, zone: dns.name.Name, serial: int) -> None:
        self._zone = zone
        self._serial = serial
        self.writer()

    def writer(self, replacement: bool = False) -> dns.transaction.Transaction:
        self._full = replacement
        self._net: Counter[Record] = Counter()
        self._rrsets: dict[Question, dns.rdataset.Rdataset] = {}
        return cast(dns.transaction.Transaction, self)

    def origin_information(self) -> tuple[dns.name.Name, bool, dns.name.Name]:
        return self._zone, False, self._zone

    def get_class(self) -> dns.rdataclass.RdataClass:
        return dns.rdataclass.IN

    def reader(self) -> NoReturn:
        raise NotImplementedError("only written to")

    def add(self, name: dns.name.Name, rdataset: dns.rdataset.Rdataset) -> None:
        if rdataset.rdtype in MADE_BY_SERVER:
            return
        if not self._full:
            self._net.update((name, rdata, rdataset.ttl) for rdata in rdataset)
            return
        kept = self._rrsets.setdefault(Question(name, rdataset.rdtype), rdataset)
        if kept is not rdataset:  # an RRset that began in the message before
            kept.union_update(rdataset)

    def delete_exact(self, name: dns.name.Name, rdataset: dns.rdataset.Rdataset) -> None:
        if rdataset.rdtype not in MADE_BY_SERVER:
            self._net.subtract((name, rdata, rdataset.ttl) for rdata in rdataset)

    def replace(self, _: dns.name.Name, soa: Any) -> None:
        self._serial = soa[0].serial

    def commit(self) -> None:
        """Nothing is held back."""

    def rollback(self) -> None:
        """Nothing was written."""

    def delta(self) -> ZoneDelta:
        removed = frozenset(record for record, times in self._net.items() if times < 0)
        added = frozenset(record for record, times in self._net.items() if times > 0)
        return ZoneDelta(self._serial, self._full, removed, added, self._rrsets)
