"""RRsets as the API has them: JSON with contents in PowerDNS's own spelling, records switched off, and comments."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype

from tapak.sdk.dns.records import TYPES, Parsed, label, record_set, same
from tapak.sdk.resources import RecordSet

ACCOUNT = "tapak"
"""Whose comments are ours."""
# What PowerDNS writes without quotes, and dnspython with them (RFC 9460 section 2.1 allows both).
_QUOTED = re.compile(r'(?<= )(mandatory|alpn|port|ipv4hint|ipv6hint)="([^"\\ ]*)"')


@dataclass(frozen=True)
class Standing:
    """What the server holds at one name and type.

    ``rdataset`` is None where a content can't be parsed (a type of PowerDNS's own, or put into its database by hand);
    ``spec`` tells it all the same. ``disabled`` counts records that are held and not served; where all of them are,
    ``spec`` is None.
    """

    name: str
    type: str
    rdataset: dns.rdataset.Rdataset | None
    spec: RecordSet | None
    disabled: int
    comments: Sequence[Mapping[str, Any]]

    def is_as(self, wanted: Parsed | None) -> bool:
        """Whether exactly ``wanted`` is served there, TTL included."""
        if wanted is None:
            return self.spec is None
        return self.rdataset is not None and same(self.rdataset, wanted.rdataset)


def standing(zone: str, rrset: Mapping[str, Any]) -> Standing:
    """One element of the API's ``rrsets``; keys that other versions add are passed over."""
    name, kind = str(rrset["name"]).rstrip(".").lower(), str(rrset["type"])
    records = rrset.get("records", ())
    served = [str(record["content"]) for record in records if not record.get("disabled")]
    ttl = int(rrset.get("ttl", 0))
    rdataset = _rdataset(kind, served, ttl) if served else None
    spec = RecordSet(zone, name, kind, tuple(served), ttl) if served else None
    if rdataset is not None:
        spec = record_set(dns.name.from_text(zone), dns.name.from_text(name), rdataset)
    return Standing(name, kind, rdataset, spec, len(records) - len(served), tuple(rrset.get("comments", ())))


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
    return {"name": f"{label(parsed.name)}.", "type": dns.rdatatype.to_text(parsed.rdtype)}


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
