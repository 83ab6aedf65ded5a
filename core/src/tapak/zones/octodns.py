"""A zone as octoDNS's YamlProvider reads it (octoDNS 1.22): keys in natural order, semicolons of texts escaped."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import dns.rdata
import dns.rdataclass
import dns.rdatatype

from tapak.sdk.resources import RecordSet

_DIGITS = re.compile(r"(\d+)")
_ONE_VALUE = ("CNAME", "DNAME")


def lines(zone: str, records: Iterable[RecordSet]) -> Iterator[str]:
    """The YAML: a list of records under each name, each in one line. What octoDNS has no form for stays a comment."""
    yield "---\n"
    labelled = sorted(((_label(record.name, zone), record) for record in records), key=_place)
    for label, several in groupby(labelled, key=lambda pair: pair[0]):
        known = [record for _, record in several]
        written = [record for record in known if record.type in FORMS]
        yield from (f"# {record.identity}: octoDNS knows no such type\n" for record in known if record not in written)
        if written:
            yield f"{json.dumps(label)}:\n"
            yield from (f"- {json.dumps(_record(record))}\n" for record in written)


def _label(name: str, zone: str) -> str:
    return "" if name == zone else name.removesuffix(f".{zone}")


def _place(pair: tuple[str, RecordSet]) -> tuple[Sequence[Any], str]:
    return _natural(pair[0]), pair[1].type


def _natural(text: str) -> list[Any]:
    return [int(part) if part.isdigit() else part for part in _DIGITS.split(text)]


def _record(record: RecordSet) -> dict[str, Any]:
    values = [FORMS[record.type](value) for value in record.values]
    held = {"value": values[0]} if record.type in _ONE_VALUE else {"values": values}
    return {"ttl": record.ttl, "type": record.type, **held}


def _plain(value: str) -> str:
    return value


def _of(*names: str) -> Callable[[str], Mapping[str, Any]]:
    """Fields of the rdata, in the order in which the text has them; numbers as such."""

    def form(value: str) -> Mapping[str, Any]:
        parts = value.split(maxsplit=len(names) - 1)
        found = {name: _number(part) for name, part in zip(names, parts, strict=True)}
        return {name: found[name] for name in sorted(found, key=_natural)}

    return form


def _number(text: str) -> int | str:
    return int(text) if text.isdecimal() else text


def _text(value: str) -> str:
    """A TXT's strings as one text, as octoDNS keeps them: with every semicolon escaped."""
    strings = _rdata("TXT", value).strings
    text: str = b"".join(strings).decode("utf-8", "backslashreplace")
    return text.replace(";", "\\;")


def _caa(value: str) -> Mapping[str, Any]:
    found = _rdata("CAA", value)
    return {"flags": found.flags, "tag": found.tag.decode(), "value": found.value.decode()}


def _hexadecimal(form: Callable[[str], Mapping[str, Any]], name: str) -> Callable[[str], Mapping[str, Any]]:
    """``form``, whose last field dnspython may have split by spaces and is never a number."""

    def joined(value: str) -> Mapping[str, Any]:
        found = dict(form(value))
        found[name] = value.split(maxsplit=len(found) - 1)[-1].replace(" ", "")
        return found

    return joined


def _service(value: str) -> Mapping[str, Any]:
    priority, target, *given = value.split(" ")
    parameters: dict[str, Any] = {}
    for each in given:
        name, _, text = each.partition("=")
        text = text.strip('"')
        several = name in ("alpn", "mandatory", "ipv4hint", "ipv6hint")
        parameters[name] = text.split(",") if several else _number(text) if text else None
    ordered = {name: parameters[name] for name in sorted(parameters, key=_natural)}
    return {"svcparams": ordered, "svcpriority": int(priority), "targetname": target}


def _rdata(kind: str, value: str) -> Any:
    return dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(kind), value)


FORMS: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(("A", "AAAA", "CNAME", "DNAME", "NS", "PTR"), _plain),
    "CAA": _caa,
    "HTTPS": _service,
    "MX": _of("preference", "exchange"),
    "SRV": _of("priority", "weight", "port", "target"),
    "SSHFP": _hexadecimal(_of("algorithm", "fingerprint_type", "fingerprint"), "fingerprint"),
    "SVCB": _service,
    "TLSA": _hexadecimal(
        _of("certificate_usage", "selector", "matching_type", "certificate_association_data"),
        "certificate_association_data",
    ),
    "TXT": _text,
}
"""How octoDNS writes the values of each type."""
