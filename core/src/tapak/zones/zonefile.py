"""Zone files (RFC 1035 section 5): read record by record, and written so that any name server takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.tokenizer
import dns.transaction
import dns.zonefile

from tapak.sdk.dns.records import label
from tapak.sdk.errors import Invalid
from tapak.sdk.resources import RecordSet

TTL = 3600
SOA = "{zone}. {ttl} IN SOA {primary} hostmaster.{zone}. {serial} 3600 900 1209600 300"
NO_NS = "; Rekaman NS di puncak zona tidak dikenal Tapak: tambahkan nama server DNS sebelum berkas ini dipakai."
# The serial's bearer and what signing makes (RFC 4034, RFC 5155, RFC 7344): a server makes them anew.
_LEFT_OUT = ("SOA", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DNSKEY", "CDS", "CDNSKEY")


def read(zone: str, file: Path) -> Iterator[RecordSet]:
    """The RRsets of a zone file, without its SOA. Other files that it includes are refused.

    Raises:
        Invalid: it can't be read; the message tells where.
    """
    found = _Sets(zone)
    try:
        with file.open(encoding="utf-8") as lines:
            tokens = dns.tokenizer.Tokenizer(lines, filename=file.name)
            dns.zonefile.Reader(tokens, dns.rdataclass.IN, cast(dns.transaction.Transaction, found)).read()
    except (dns.exception.DNSException, ValueError) as problem:
        raise Invalid(f"Berkas zona {file.name} tidak terbaca: {problem}", log=f"{file}: {problem}") from None
    return found.given()


def lines(zone: str, records: Iterable[RecordSet], serial: int) -> Iterator[str]:
    """A zone file with ``records``, by name; its SOA names the first name server at the apex."""
    ordered = sorted(records, key=_place)
    servers = [value for record in ordered if record.type == "NS" and record.name == zone for value in record.values]
    yield f"$ORIGIN {zone}.\n$TTL {TTL}\n"
    yield SOA.format(zone=zone, ttl=TTL, primary=servers[0] if servers else f"ns1.{zone}.", serial=serial) + "\n"
    if not servers:
        yield f"{NO_NS}\n"
    for record in ordered:
        for value in record.values:
            yield f"{record.name}. {record.ttl} IN {record.type} {value}\n"


def _place(record: RecordSet) -> tuple[list[str], str]:
    return record.name.split(".")[::-1], record.type


class _Sets:
    """What a zone file holds, taken in as the transaction that dnspython's reader writes to."""

    def __init__(self, zone: str) -> None:
        self._zone = zone
        self._origin = dns.name.from_text(zone)
        self._left_out = frozenset(map(dns.rdatatype.from_text, _LEFT_OUT))
        self._found: dict[tuple[str, str], list[Any]] = {}

    @property
    def manager(self) -> _Sets:
        return self

    def origin_information(self) -> tuple[dns.name.Name, bool, dns.name.Name]:
        return self._origin, False, self._origin

    def check_put_rdataset(self, _: object) -> None:
        """Nothing is put twice."""

    def _set_origin(self, _: dns.name.Name) -> None:
        """The zone's own is known."""

    def add(self, name: dns.name.Name, ttl: int, rdata: dns.rdata.Rdata) -> None:
        if rdata.rdtype not in self._left_out:
            key = label(name), dns.rdatatype.to_text(rdata.rdtype)
            known = self._found.setdefault(key, [ttl])
            known[0] = min(known[0], ttl)
            known.append(rdata.to_text())

    def given(self) -> Iterator[RecordSet]:
        """The RRsets; those given aren't kept."""
        while self._found:
            (name, rdtype), (ttl, *values) = self._found.popitem()
            yield RecordSet(self._zone, name, rdtype, tuple(dict.fromkeys(values)), ttl)
