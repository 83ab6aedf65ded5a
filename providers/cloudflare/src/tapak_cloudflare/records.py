"""Records as Cloudflare's API has them, and the record sets that they make up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype

from tapak.sdk.dns.records import TYPES

# What the API wants in ``data``, in the order of the type's presentation format.
DATA = {
    "CAA": ("flags", "tag", "value"),
    "HTTPS": ("priority", "target", "value"),
    "SRV": ("priority", "weight", "port", "target"),
    "SSHFP": ("algorithm", "type", "fingerprint"),
    "TLSA": ("usage", "selector", "matching_type", "certificate"),
}
TEXTS = frozenset({"tag", "value", "target", "fingerprint", "certificate"})
PROXIABLE = frozenset({"A", "AAAA", "CNAME"})
AUTOMATIC, AUTOMATIC_SECONDS = 1, 300
"""The TTL that means Cloudflare's own choice, and what it then serves."""
SHORTEST, LONGEST = 60, 86_400


@dataclass(frozen=True)
class Standing:
    """One record that stands: its id at Cloudflare, its value, its TTL in seconds, whether web traffic is proxied."""

    id: str
    rdata: dns.rdata.Rdata
    ttl: int
    proxied: bool


Key = tuple[str, str]
"""Name (lower case, without the final dot) and type."""


def by_set(told: Iterable[Mapping[str, Any]]) -> dict[Key, list[Standing]]:
    """Records by name and type; types that Tapak doesn't serve are left out."""
    found: dict[Key, list[Standing]] = defaultdict(list)
    for each in told:
        if each["type"] in TYPES:
            found[each["name"].lower().rstrip("."), each["type"]].append(_standing(each))
    return dict(found)


def rdataset_of(records: Iterable[Standing]) -> dns.rdataset.Rdataset:
    """The records of one name and type; of several TTLs the shortest, as name servers serve them."""
    known = list(records)
    return dns.rdataset.from_rdata_list(min(each.ttl for each in known), [each.rdata for each in known])


def wanted(name: str, rdata: dns.rdata.Rdata, ttl: int, proxied: bool, comment: str) -> dict[str, Any]:
    """The body of one record; ``comment`` is left out where it is empty."""
    kind = dns.rdatatype.to_text(rdata.rdtype)
    made: dict[str, Any] = {"name": name, "type": kind, "ttl": AUTOMATIC if proxied else ttl}
    if kind in PROXIABLE:
        made["proxied"] = proxied
    if comment:
        made["comment"] = comment
    return made | _content(kind, rdata)


def _content(kind: str, rdata: dns.rdata.Rdata) -> dict[str, Any]:
    text = rdata.to_text()
    if kind == "MX":
        priority, target = text.split(" ")
        return {"priority": int(priority), "content": _relative(target)}
    if kind in ("CNAME", "NS", "PTR"):
        return {"content": _relative(text)}
    if kind not in DATA:
        return {"content": text}
    names = DATA[kind]
    parts = [*text.split(" ", len(names) - 1), ""][: len(names)]
    data: dict[str, Any] = {name: part if name in TEXTS else int(part) for name, part in zip(names, parts, strict=True)}
    if kind == "CAA":
        data["value"] = data["value"].strip('"')
    elif kind == "SRV":
        data["target"] = _relative(data["target"])
    return {"data": data}


def _standing(told: Mapping[str, Any]) -> Standing:
    ttl = AUTOMATIC_SECONDS if told["ttl"] == AUTOMATIC else int(told["ttl"])
    kind = dns.rdatatype.from_text(told["type"])
    try:
        rdata = dns.rdata.from_text(dns.rdataclass.IN, kind, _text(told), origin=dns.name.root, relativize=False)
    except dns.exception.DNSException:  # what Cloudflare takes and no name server would: shown as it is told
        rdata = dns.rdata.GenericRdata(dns.rdataclass.IN, kind, str(told.get("content", "")).encode())
    return Standing(told["id"], rdata, ttl, bool(told.get("proxied")))


def _text(told: Mapping[str, Any]) -> str:
    """The value in presentation format (RFC 1035 section 5)."""
    kind, content, data = told["type"], str(told.get("content", "")), told.get("data")
    if kind in DATA and data:
        parts = {name: _number(data[name]) for name in DATA[kind] if name in data}
        if kind == "CAA":
            parts["value"] = f'"{parts["value"]}"'
        return " ".join(part for part in parts.values() if part)
    if kind == "MX":
        return f"{_number(told['priority'])} {content}"
    if kind == "TXT" and not content.startswith('"'):
        return '"' + content.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return content


def _number(value: Any) -> str:
    return str(int(value)) if isinstance(value, (int, float)) else str(value)


def _relative(target: str) -> str:
    return target if target == "." else target.rstrip(".")
