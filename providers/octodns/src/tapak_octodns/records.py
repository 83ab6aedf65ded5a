"""Record sets between dnspython's values and octoDNS's records."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import dns.exception
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
from octodns.record import Record
from octodns.record.exception import RecordException
from octodns.record.rr import Rrset
from octodns.zone import Zone

from tapak.sdk.dns.records import Parsed, alike, label
from tapak.sdk.errors import Invalid, ProviderBroken

# What providers of octoDNS escape each in a way of its own.
_ESCAPED = frozenset(b'"\\')


def record_of(zone: Any, parsed: Parsed) -> Any:
    """``parsed`` as a record of octoDNS's ``zone``.

    Raises:
        Invalid: octoDNS has no exact form for it.
    """
    rdatas = [rdata.to_text() for rdata in parsed.rdataset]
    kind = dns.rdatatype.to_text(parsed.rdtype)
    try:
        made = Record.from_rrset(zone, Rrset(f"{label(parsed.name)}.", kind, parsed.rdataset.ttl, rdatas), lenient=True)
        exact = _is_plain(parsed.rdataset) and alike(rdataset_of(made), parsed.rdataset)
    except (RecordException, ProviderBroken, ValueError, KeyError):
        exact = False
    if not exact:
        told = f"Nilai {kind} untuk {parsed.spec.name} tidak dapat dibawa octoDNS dengan tepat; sederhanakan nilainya."
        raise Invalid(told, log=f"{parsed.spec.identity}: no exact form in octoDNS", fields={"values": [told]})
    return made


def rdataset_of(record: Any) -> dns.rdataset.Rdataset:
    """What ``record`` of octoDNS holds.

    Raises:
        ProviderBroken: octoDNS has no DNS values for it.
    """
    found = record.to_rrset()
    try:
        return dns.rdataset.from_text_list(dns.rdataclass.IN, found._type, found.ttl, found.rdatas)
    except (dns.exception.DNSException, ValueError) as problem:
        told = f"Rekaman {record.fqdn} {record._type} yang dibaca octoDNS tidak dapat dipahami."
        raise ProviderBroken(told, log=f"{record.fqdn} {record._type}: {type(problem).__name__}") from problem


@lru_cache(maxsize=512)
def is_type(kind: str) -> bool:
    """Whether ``kind`` is a type of DNS; octoDNS has others for what a host offers besides (ALIAS, URLFWD)."""
    try:
        return dns.rdatatype.from_text(kind) not in (dns.rdatatype.SOA, dns.rdatatype.NONE)
    except (dns.exception.DNSException, ValueError):
        return False


def empty_zone(name: str) -> Any:
    """A zone of octoDNS with nothing in it."""
    return Zone(f"{name}.", [])


def _is_plain(rdataset: dns.rdataset.Rdataset) -> bool:
    """Whether texts are ASCII without escapes, in strings of 255 octets, as octoDNS cuts them."""
    if rdataset.rdtype != dns.rdatatype.TXT:
        return True
    texts = [b"".join(rdata.strings) for rdata in rdataset]
    return all(32 <= octet < 127 and octet not in _ESCAPED for text in texts for octet in text)
