"""RRsets as the API has them: JSON with contents in PowerDNS's own spelling, records switched off, and comments."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype

from tapak.sdk.dns.records import TYPES, Parsed, same
from tapak.sdk.resources import RecordSet

ACCOUNT = "tapak"
"""Whose comments are ours."""
# Types whose contents PowerDNS and dnspython write alike.
_PLAIN = frozenset({"A", "CNAME", "MX", "NS", "PTR"})
# What PowerDNS writes without quotes, and dnspython with them (RFC 9460 section 2.1 allows both).
_QUOTED = re.compile(r'(?<= )(mandatory|alpn|port|ipv4hint|ipv6hint)="([^"\\ ]*)"')


@dataclass(frozen=True)
class Standing:
    """What the server holds at one name and type: ``served`` contents, ``disabled`` ones (a number), comments.

    Nothing is parsed before it is asked for: a zone may have 100,000 of them.
    """

    zone: str
    name: str
    type: str
    ttl: int
    served: tuple[str, ...]
    disabled: int
    comments: Sequence[Mapping[str, Any]]

    @cached_property
    def rdataset(self) -> dns.rdataset.Rdataset | None:
        """What is served; None where nothing is, or where a content can't be parsed (types of PowerDNS's own)."""
        return _rdataset(self.type, self.served, self.ttl) if self.served else None

    @cached_property
    def spec(self) -> RecordSet | None:
        """The same in canonical text; in the server's where that can't be parsed; None where nothing is served."""
        if not self.served:
            return None
        values = self.served
        if self.type not in _PLAIN and self.rdataset is not None:
            values = tuple(rdata.to_text() for rdata in self.rdataset)
        return RecordSet(self.zone, self.name, self.type, values, self.ttl)

    def is_as(self, wanted: Parsed | None) -> bool:
        """Whether exactly ``wanted`` is served there, TTL included."""
        if wanted is None:
            return not self.served
        if self.ttl == wanted.rdataset.ttl and sorted(self.served) == sorted(map(content, wanted.rdataset)):
            return True  # in PowerDNS's own spelling: nothing need be parsed
        return self.rdataset is not None and same(self.rdataset, wanted.rdataset)


def standing(zone: str, rrset: Mapping[str, Any]) -> Standing:
    """One element of the API's ``rrsets``; keys that other versions add are passed over."""
    records = rrset.get("records", ())
    served = tuple(str(record["content"]) for record in records if not record.get("disabled"))
    off, comments = len(records) - len(served), tuple(rrset.get("comments", ()))
    name = str(rrset["name"]).rstrip(".").lower()
    return Standing(zone, name, str(rrset["type"]), int(rrset.get("ttl", 0)), served, off, comments)


def replacing(wanted: Parsed, comments: Sequence[Mapping[str, Any]] | None) -> dict[str, Any]:
    """The change that makes ``wanted`` all that stands there; None leaves comments as they are."""
    change: dict[str, Any] = {
        **_named(wanted),
        "changetype": "REPLACE",
        "ttl": wanted.rdataset.ttl,
        "records": [{"content": content(rdata), "disabled": False} for rdata in wanted.rdataset],
    }
    return change if comments is None else {**change, "comments": list(comments)}


def deleting(unwanted: Parsed) -> dict[str, Any]:
    """The change after which nothing stands there, nor its comments."""
    return {**_named(unwanted), "changetype": "DELETE"}


def commented(known: Sequence[Mapping[str, Any]], note: str) -> list[dict[str, Any]]:
    """The comments of an RRset with ours, which names the request; what others noted stays."""
    theirs = [
        {key: each[key] for key in ("content", "account", "modified_at") if key in each}
        for each in known
        if each.get("account") != ACCOUNT
    ]
    return [*theirs, {"content": f"Tapak: {note}" if note else "Tapak", "account": ACCOUNT}]


def content(rdata: dns.rdata.Rdata) -> str:
    """``rdata`` as PowerDNS writes it: it refuses any other spelling ("Not in expected format")."""
    text = rdata.to_text()
    if rdata.rdtype == dns.rdatatype.HTTPS:
        return _QUOTED.sub(r"\1=\2", text)
    if rdata.rdtype in (dns.rdatatype.TLSA, dns.rdatatype.SSHFP):  # dnspython breaks long hexadecimals up
        *numbers, data = text.split(" ", 3 if rdata.rdtype == dns.rdatatype.TLSA else 2)
        return " ".join((*numbers, data.replace(" ", "")))
    return text


def _named(parsed: Parsed) -> dict[str, str]:
    return {"name": f"{parsed.spec.name}.", "type": parsed.spec.type}


def _rdataset(kind: str, contents: Sequence[str], ttl: int) -> dns.rdataset.Rdataset | None:
    if kind not in TYPES:
        return None
    try:
        rdtype = dns.rdatatype.from_text(kind)
        rdatas = [
            dns.rdata.from_text(dns.rdataclass.IN, rdtype, text, origin=dns.name.root, relativize=False)
            for text in contents
        ]
    except (dns.exception.DNSException, ValueError):
        return None
    return dns.rdataset.from_rdata_list(ttl, rdatas)
