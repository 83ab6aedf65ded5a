"""A change of DNS records as the applicant writes it: rows that are grouped into record sets, and what stands there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from tapak.sdk.fields import Choice, Count, Line, Pattern
from tapak.sdk.forms import StepSchema
from tapak.sdk.request_view import standing
from tapak.sdk.resources import Fact, RecordSet
from tapak.sdk.view import View

ACTIONS = {"add": "Tambah", "change": "Ubah", "remove": "Hapus"}
TYPES = {each: each for each in ("A", "AAAA", "CNAME", "MX", "TXT", "CAA", "SRV")}
ANY_VALUE = {
    "A": "192.0.2.1",
    "AAAA": "2001:db8::1",
    "CNAME": "example.net.",
    "MX": "10 example.net.",
    "TXT": '"x"',
    "CAA": '0 issue "example.net"',
    "SRV": "0 0 1 example.net.",
}
"""What stands in for the values of a record set that is only looked up: a provider takes no set without one."""
APEX = "@"
# Labels with the underscore of service names (RFC 8552), a wildcard in front (RFC 4592), or the zone itself.
NAME = Pattern(
    r"@|(?:\*\.)?(?:_?[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*_?[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?|\*",
    "Tulis nama dengan huruf kecil tanpa zonanya, misalnya ppdb atau _dmarc; @ untuk zonanya sendiri.",
)
UNQUOTED = re.compile(r'(?:[^\s"\\;()]|"(?:[^"\\]|\\.)*"| )+')


class ChangeRow(StepSchema):
    """One value of a record set. Several rows of one name and type make one record set together."""

    action = Choice("Tindakan", ACTIONS)
    name = Line("Nama", 200, rule=NAME)
    type = Choice("Jenis", TYPES)
    value = Line("Nilai", 500, optional=True)
    ttl = Count("TTL", 60, 86_400)


@dataclass(frozen=True)
class RecordChange:
    """What is to become of one record set; ``wanted`` is None for a removal."""

    action: str
    target: RecordSet
    wanted: RecordSet | None


def zone_of(answers: Mapping[str, Any]) -> str:
    """The zone that is to be changed."""
    return str(answers.get("zone", ""))


def record_changes(answers: Mapping[str, Any], ttl: int) -> list[RecordChange]:
    """The rows as record sets, in the order in which each was first named; a row that can't be read is left out."""
    zone = zone_of(answers)
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in answers.get("changes") or ():
        groups.setdefault((str(row.get("name", "")), str(row.get("type", ""))), []).append(row)
    made = []
    for (name, kind), rows in groups.items():
        if kind not in TYPES:
            continue
        fqdn = zone if name == APEX else f"{name}.{zone}"
        values = tuple(text for row in rows if (text := canonical(kind, str(row.get("value") or ""))))
        seconds = next((int(row["ttl"]) for row in rows if row.get("ttl")), ttl)
        removed = rows[0].get("action") == "remove" or not values
        target = RecordSet(zone, fqdn, kind, values or (ANY_VALUE[kind],), seconds)
        made.append(RecordChange(str(rows[0].get("action", "")), target, None if removed else target))
    return made


def canonical(kind: str, value: str) -> str:
    """``value`` in the presentation format that servers answer with; empty where it is no value of that type."""
    text = f'"{value}"' if kind == "TXT" and value and '"' not in value and "\\" not in value else value
    if not value or not UNQUOTED.fullmatch(text):
        return ""
    try:
        rdtype = dns.rdatatype.from_text(kind)
        parsed = dns.rdata.from_text(dns.rdataclass.IN, rdtype, text, origin=dns.name.root, relativize=False)
    except (dns.exception.DNSException, ValueError):
        return ""
    return str(parsed.to_text())


def row_problems(answers: Mapping[str, Any]) -> list[str]:
    """What is wrong in the rows, told with the row's number."""
    problems: list[str] = []
    seen: dict[tuple[str, str], str] = {}
    rows = answers.get("changes") or ()
    for number, row in enumerate(rows, 1):
        action, place = row["action"], (row["name"], row["type"])
        if seen.setdefault(place, action) != action:
            problems.append(f"Baris {number}: {place[0]} {place[1]} sudah memakai tindakan lain di baris sebelumnya.")
        if action == "remove" and row["value"]:
            problems.append(f"Baris {number}: kosongkan nilai; seluruh rekaman {place[0]} {place[1]} dihapus.")
        if action != "remove" and not canonical(row["type"], row["value"]):
            problems.append(f"Baris {number}: “{row['value']}” bukan nilai {row['type']} yang sah.")
    names: dict[str, set[str]] = {}
    for row in rows:
        if row["action"] != "remove":
            names.setdefault(row["name"], set()).add(row["type"])
    for name, kinds in names.items():
        count = sum(1 for row in rows if row["name"] == name and row["type"] == "CNAME")
        if "CNAME" in kinds and (len(kinds) > 1 or count > 1 or name == APEX):
            problems.append(f"{name}: CNAME berdiri sendiri, satu nilai, dan tidak pada {APEX}.")
    return problems


@dataclass(frozen=True)
class Difference:
    """One record set before and after. ``before`` None: nothing stands there, or it isn't known (``problem``)."""

    change: RecordChange
    before: RecordSet | None
    held: str
    problem: str

    @property
    def told(self) -> str:
        """Before and after in words."""
        after = _words(self.change.wanted) if self.change.wanted else "dihapus"
        return f"{_words(self.before) if self.before else 'tidak ada'} → {after}"

    def contradiction(self, adopts: bool) -> str:
        """Why it can't be carried out as things stand; empty where it can."""
        name, action = self.change.target.identity, self.change.action
        if self.problem:
            return f"{name}: keadaan zona belum terbaca. {self.problem}"
        if action == "add" and self.before is not None:
            return f"{name}: sudah ada ({_words(self.before)}). Minta perubahan, bukan penambahan."
        if action != "add" and self.before is None:
            return f"{name}: tidak ada di zona, sehingga tidak dapat diubah atau dihapus."
        if self.before is not None and self.held == "other":
            return f"{name}: milik layanan perangkat daerah lain."
        if self.before is not None and self.held == "foreign" and not adopts:
            return f"{name}: sudah ada di zona dan bukan buatan Tapak; petugas belum mengambil alih."
        return ""


def differences(view: View, step: str, ttl: int) -> list[Difference]:
    """What the request changes, beside what stood in the zone when ``step`` was looked at."""
    found = standing(view, step)
    return [_difference(change, found.get(change.target.identity)) for change in record_changes(view.answers, ttl)]


def _difference(change: RecordChange, fact: Fact | None) -> Difference:
    if fact is None or fact.value is None:
        return Difference(change, None, "", fact.problem if fact else "Angka dari server DNS belum ada.")
    stored = fact.details.get("record_set")
    before = RecordSet(**{**stored, "values": tuple(stored["values"])}) if stored else None
    return Difference(change, before, str(fact.details.get("held", "")), "")


def _words(record: RecordSet) -> str:
    return f"{record.type} {', '.join(record.values)} (TTL {record.ttl})"


def contradictions(found: Sequence[Difference], adopts: bool) -> list[str]:
    """Everything that stands in the way."""
    return [told for each in found if (told := each.contradiction(adopts))]


def leads_abroad(found: Sequence[Difference], zones: Sequence[str]) -> list[str]:
    """What a decider should know of: names that will lead to hosts outside the agency's zones."""
    told = []
    for each in found:
        wanted = each.change.wanted
        if wanted is not None and wanted.type == "CNAME":
            target = wanted.values[0].rstrip(".").lower() if wanted.values else ""
            if not any(target == zone or target.endswith(f".{zone}") for zone in zones):
                told.append(f"{wanted.identity}: mengarah ke {target}, di luar zona instansi. Pastikan pemiliknya.")
    return told
