"""Record sets between their text and dnspython's values: nothing that doesn't parse reaches a server."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rdtypes.IN.A
import dns.rdtypes.IN.AAAA
from dns.rdatatype import AAAA, A

from tapak.sdk.errors import Invalid
from tapak.sdk.resources import RecordSet

TYPES = ("A", "AAAA", "CAA", "CNAME", "HTTPS", "MX", "NS", "PTR", "SRV", "SSHFP", "TLSA", "TXT")
# What nothing else stands beside: a CNAME (RFC 1034 section 3.6.2), and a delegation, which hides what is at its name.
ALONE = ("CNAME", "NS")
MAX_TTL = 2**31 - 1  # RFC 2181 section 8
MAX_VALUE = 4096
_RDTYPES = {kind: dns.rdatatype.from_text(kind) for kind in TYPES}
_ADDRESSES = {A: dns.rdtypes.IN.A.A, AAAA: dns.rdtypes.IN.AAAA.AAAA}

# Letters, digits and hyphens (RFC 1123), the underscore of service names (RFC 8552), a wildcard in front (RFC 4592).
_LABEL = re.compile(r"_?[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9_])?|_")
# A semicolon begins a comment and a parenthesis a continued line (RFC 1035 section 5.1): in quotes or not at all.
_UNQUOTED = re.compile(r'(?:[^\s"\\;()]++|"(?:[^"\\]|\\.)*"| )+')


@dataclass(frozen=True)
class Parsed:
    """A record set as dnspython has it."""

    spec: RecordSet
    zone: dns.name.Name
    name: dns.name.Name
    rdataset: dns.rdataset.Rdataset

    @property
    def rdtype(self) -> dns.rdatatype.RdataType:
        return self.rdataset.rdtype


def check(spec: object, zones: Sequence[str]) -> Parsed:
    """``spec`` parsed, once it is known to belong to one of ``zones``.

    Raises:
        Invalid: it isn't a record set, can't be parsed, or lies outside the zones.
    """
    if not isinstance(spec, RecordSet):
        _refuse("Sumber daya ini bukan rekaman DNS.", f"not a record set: {type(spec).__name__}")
    if not all(isinstance(text, str) for text in (spec.zone, spec.name, spec.type, *spec.values)):
        _refuse("Nama dan nilai rekaman DNS harus berupa teks.", "names, types and values must be text")
    if closest_zone(spec.name, zones) != spec.zone:
        told = f"Nama {shown(spec.name)} tidak termasuk zona {shown(spec.zone)} yang dilayani server ini."
        _refuse(told, f"name outside the served zone: {shown(spec.name)}", "name")
    return _parse(spec)


@lru_cache(maxsize=4096)
def _parse(spec: RecordSet) -> Parsed:
    if spec.type not in TYPES:
        _refuse(f"Jenis rekaman {shown(spec.type)} tidak didukung.", f"record type {shown(spec.type)}", "type")
    if type(spec.ttl) is not int or not 0 <= spec.ttl <= MAX_TTL:
        _refuse("TTL harus bilangan bulat 0 sampai 2147483647 detik.", "TTL out of range", "ttl")
    name, zone = owner(spec.name), owner(spec.zone)
    if spec.type in ALONE and name == zone:
        told = f"{spec.type} pada puncak zona bukan rekaman layanan; diatur oleh pengelola zona di server DNS."
        _refuse(told, f"{spec.type} at the apex", "name")
    rdtype = _RDTYPES[spec.type]
    rdatas = [_rdata(rdtype, value) for value in spec.values]
    if not rdatas or (spec.type == "CNAME" and len(set(rdatas)) > 1):
        _refuse("Rekaman DNS memerlukan nilai, dan CNAME tepat satu.", "no value, or several for CNAME", "values")
    return Parsed(spec, zone, name, dns.rdataset.from_rdata_list(spec.ttl, rdatas))


@lru_cache(maxsize=4096)
def owner(name: str) -> dns.name.Name:
    """``name`` (absolute, without the final dot) as dnspython has it.

    Raises:
        Invalid: it isn't a host name, service name or wildcard in ASCII.
    """
    labels = name.split(".")
    rest = labels[1:] if labels[0] == "*" else labels
    if len(name) > 253 or not rest or not all(_LABEL.fullmatch(label) for label in rest):
        _refuse(f"{shown(name)} bukan nama domain yang sah.", f"not a domain name: {shown(name)}", "name")
    return dns.name.Name((*(label.encode() for label in labels), b""))


@lru_cache(maxsize=4096)
def _rdata(rdtype: dns.rdatatype.RdataType, value: str) -> dns.rdata.Rdata:
    if len(value) > MAX_VALUE or not (value.isprintable() or _harmless(value)):
        _refuse(f"Nilai {shown(value)} terlalu panjang atau memuat karakter kendali.", "control characters", "values")
    text = rdtype == dns.rdatatype.TXT
    if not _UNQUOTED.fullmatch(value) or not (text or (value.isascii() and "@" not in value.split(" "))):
        _refuse_value(rdtype, value)
    try:
        if rdtype in _ADDRESSES:  # nothing that a tokenizer need take apart
            return _ADDRESSES[rdtype](dns.rdataclass.IN, rdtype, value)  # type: ignore[no-untyped-call]
        return dns.rdata.from_text(dns.rdataclass.IN, rdtype, value, origin=dns.name.root, relativize=False)
    except (dns.exception.DNSException, ValueError):
        _refuse_value(rdtype, value)


def _harmless(value: str) -> bool:
    """Whether ``value`` has no control characters, nor others without a form (Unicode's categories C)."""
    return all(unicodedata.category(letter)[0] != "C" for letter in value)


def _refuse_value(rdtype: dns.rdatatype.RdataType, value: str) -> NoReturn:
    kind = dns.rdatatype.to_text(rdtype)
    _refuse(f"{shown(value)} bukan nilai {kind} yang sah.", f"not a value of {kind}: {shown(value)}", "values")


def _refuse(message: str, log: str, field: str = "") -> NoReturn:
    raise Invalid(message, log=log, fields={field: [message]} if field else None)


def closest_zone(name: str, zones: Iterable[str]) -> str | None:
    """The closest of ``zones`` that ``name`` lies in."""
    fitting = [zone for zone in zones if name == zone or name.endswith(f".{zone}")]
    return max(fitting, key=len, default=None)


def shown(text: str) -> str:
    """``text`` from outside in a form that is safe in a message: ASCII, quoted, at most 60 characters."""
    return ascii(text if len(text) <= 60 else f"{text[:57]}...")


def label(name: dns.name.Name) -> str:
    """``name`` as the project writes it: absolute, lower-case, without the final dot."""
    return name.to_text(omit_final_dot=True).lower()


def record_set(zone: dns.name.Name, name: dns.name.Name, rdataset: dns.rdataset.Rdataset) -> RecordSet:
    """What stands at ``name``, in canonical text."""
    values = tuple(rdata.to_text() for rdata in rdataset)
    return RecordSet(label(zone), label(name), dns.rdatatype.to_text(rdataset.rdtype), values, rdataset.ttl)


def same(one: dns.rdataset.Rdataset, other: dns.rdataset.Rdataset) -> bool:
    """Whether both hold the same values with the same TTL."""
    return one.ttl == other.ttl and alike(one, other)


def alike(one: dns.rdataset.Rdataset, other: dns.rdataset.Rdataset) -> bool:
    """Whether both hold the same values; an RRset's own comparison would look at the name too."""
    return bool(dns.rdataset.Rdataset.__eq__(one, other))  # type: ignore[no-untyped-call]


def zone_wildcards(name: dns.name.Name, zone: dns.name.Name) -> Iterator[dns.name.Name]:
    """The wildcards that may answer for ``name`` (RFC 4592): at each ancestor down to ``zone``."""
    while name != zone:
        name = name.parent()
        yield dns.name.Name((b"*", *name.labels))
