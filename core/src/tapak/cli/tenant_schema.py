"""What a tenant's file may say (TOML), and reading it strictly: an unknown key is an error, never a silent default."""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from tapak.accounts.service import normal_email
from tapak.sdk.errors import Invalid
from tapak.sdk.names import name_problem
from tapak.sdk.resources import KINDS
from tapak.tenants.hosts import host_name
from tapak.tenants.settings import TenantSettings

PLACEHOLDER = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
KEY = validate.Regexp(r"\A[a-z][a-z0-9_]{0,62}\Z", error="Use small letters, digits and underscores, a letter first.")
PRINTABLE = validate.Predicate("isprintable", error="It holds an invisible character or a line break.")
TEXT = [validate.Length(min=1, max=300), PRINTABLE]
LARGEST_POOL = 4096


class TenantFileProblem(Invalid):
    """A tenant's file that can't be applied; ``fields`` names table, entry and key of every problem, in English."""

    code = "bad_tenant_file"

    def __init__(self, name: str, problems: Mapping[str, list[str]]) -> None:
        super().__init__(
            f"Berkas {name} belum dapat diterapkan. Perbaiki: {', '.join(problems)}.",
            log=f"{name} can't be applied",
            fields=problems,
        )


class Day(fields.Field[date]):
    """A TOML date."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        if type(value) is not date:
            raise ValidationError("Write a date without quotation marks, such as 2026-01-31.")
        return value


class Strict(Schema):
    """A table in which every key is known."""

    class Meta:
        unknown = RAISE


def _text(required: bool = True, limit: int = 300) -> fields.String:
    if required:
        return fields.String(required=True, validate=[validate.Length(min=1, max=limit), PRINTABLE])
    return fields.String(load_default="", validate=[validate.Length(max=limit), PRINTABLE])


def _keys(**options: Any) -> fields.String:
    return fields.String(validate=KEY, **options)


def _time_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError("No such time zone; use an IANA name such as Asia/Jakarta, Asia/Makassar, Asia/Jayapura.")


def _host(value: str) -> None:
    if host_name(value) != value:
        raise ValidationError(f"{value!r} is no host name: small letters, no port, no final dot.")


def _zone(value: str) -> None:
    if value != value.lower() or name_problem(value) is not None:
        raise ValidationError(f"{value!r} is no zone name: small letters, no final dot.")


def _email(value: str) -> None:
    try:
        known = normal_email(value)
    except Invalid:
        known = ""
    if known != value:
        raise ValidationError(f"{value!r} is no e-mail address in small letters.")


class LetterheadTable(Strict):
    """The letterhead; ``paper`` is A4 or F4."""

    lines = fields.List(fields.String(validate=TEXT), required=True, validate=validate.Length(min=1, max=8))
    place = _text()
    paper = fields.String(load_default="A4", validate=validate.OneOf(("A4", "F4")))


class SeasonTable(Strict):
    """A Ramadan whose days are decreed, both included."""

    first = Day(required=True)
    last = Day(required=True)


class RegionalDayTable(Strict):
    """A regional holiday."""

    day = Day(required=True)
    name = _text()


class CalendarTable(Strict):
    """``years`` are those whose national days are copied; weeks are ``{"0": [["07:30", "12:00"], …]}``, 0 Monday."""

    years = fields.List(fields.Integer(strict=True, validate=validate.Range(2000, 2100)), load_default=list)
    week = fields.Dict(fields.String(), fields.List(fields.List(fields.String(), validate=validate.Length(equal=2))))
    ramadan_week = fields.Dict(
        fields.String(), fields.List(fields.List(fields.String(), validate=validate.Length(equal=2)))
    )
    ramadan = fields.List(fields.Nested(SeasonTable))
    regional = fields.List(fields.Nested(RegionalDayTable), load_default=list)


class AddressesTable(Strict):
    """Addresses or networks (CIDR); of a network every host address."""

    shared = fields.List(fields.String(), load_default=list)
    dedicated = fields.List(fields.String(), load_default=list)

    @post_load
    def _spread(self, data: dict[str, list[str]], **_: Any) -> dict[str, list[str]]:
        return {name: [address for text in texts for address in _addresses(name, text)] for name, texts in data.items()}


class PositionTable(Strict):
    """A position; ``superior`` and ``substitute`` are keys of others."""

    key = _keys(required=True)
    title = _text()
    unit = _text(required=False)
    superior = _keys(load_default=None)
    substitute = _keys(load_default=None)


class AgencyTable(Strict):
    """A unit that applies."""

    key = _keys(required=True)
    name = _text()
    kind = fields.String(
        load_default="dinas",
        validate=validate.OneOf(("dinas", "badan", "rsud", "kecamatan", "kelurahan", "desa", "other")),
    )
    address = _text(required=False)


class AccountTable(Strict):
    """An account. ``password`` is the first one, used only when the account is made."""

    email = fields.String(required=True, validate=_email)
    name = _text()
    nip = _text(required=False, limit=30)
    password = fields.String(load_default="")
    agency = _keys(load_default=None)
    admin = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class HolderTable(Strict):
    """Who holds a position, from a day on; ``decree`` is the appointing decree's number."""

    position = _keys(required=True)
    account = fields.String(required=True)
    kind = fields.String(
        load_default="definitive", validate=validate.OneOf(("definitive", "acting_vacant", "acting_daily"))
    )
    decree = _text(required=False)
    valid_from = Day(required=True, data_key="from")
    valid_until = Day(load_default=None, data_key="until")


class ConnectionTable(Strict):
    """A connection; ``settings`` are its provider's, secrets among them.

    ``kinds`` are the kinds of resources that go to it (``site``, ``database`` …); empty means all that its provider
    serves. Of several connections that take a kind the first one gets what is new.
    """

    key = _keys(required=True)
    provider = _text()
    title = _text()
    zones = fields.List(fields.String(validate=_zone), load_default=list)
    kinds = fields.List(fields.String(validate=validate.OneOf(sorted(KINDS))), load_default=list)
    settings = fields.Dict(fields.String(), load_default=dict)


class TenantFile(Strict):
    """A whole file."""

    slug = fields.String(required=True, validate=validate.Regexp(r"\A[a-z][a-z0-9-]{0,62}\Z"))
    name = _text()
    agency = _text()
    time_zone = fields.String(required=True, validate=_time_zone)
    hosts = fields.List(fields.String(validate=_host), required=True, validate=validate.Length(min=1))
    zones = fields.List(fields.String(validate=_zone), load_default=list)
    legacy_zones = fields.List(fields.String(validate=_zone), load_default=list)
    letterhead = fields.Nested(LetterheadTable, required=True)
    calendar = fields.Nested(CalendarTable, load_default=lambda: CalendarTable().load({}))
    settings = fields.Nested(TenantSettings, load_default=dict)
    plugins = fields.Dict(fields.String(), fields.Dict(), load_default=dict)
    addresses = fields.Nested(AddressesTable, load_default=lambda: AddressesTable().load({}))
    positions = fields.List(fields.Nested(PositionTable), load_default=list)
    agencies = fields.List(fields.Nested(AgencyTable), load_default=list)
    accounts = fields.List(fields.Nested(AccountTable), load_default=list)
    holders = fields.List(fields.Nested(HolderTable), load_default=list)
    connections = fields.List(fields.Nested(ConnectionTable), load_default=list)


def read_tenant_file(source: Path | Mapping[str, Any], placeholders: Mapping[str, str]) -> dict[str, Any]:
    """The file's content, checked. ``${NAME}`` is filled from ``placeholders``, else from the environment.

    Raises:
        TenantFileProblem: the file can't be read, a placeholder has no value, or what it says doesn't hold.
    """
    name = source.name if isinstance(source, Path) else "tenant"
    content = _parsed(source, name) if isinstance(source, Path) else dict(source)
    problems: dict[str, list[str]] = {}
    filled = _filled(content, {**os.environ, **placeholders}, "", problems)
    if problems:
        raise TenantFileProblem(name, problems)
    try:
        loaded: dict[str, Any] = TenantFile().load(filled)
    except ValidationError as problem:
        raise TenantFileProblem(name, dict(_flat(problem.normalized_messages(), filled))) from None
    problems = dict(_references(loaded))
    if problems:
        raise TenantFileProblem(name, problems)
    return loaded


def _parsed(path: Path, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except OSError as problem:
        raise TenantFileProblem(name, {"file": [str(problem.strerror)]}) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise TenantFileProblem(name, {"file": [f"This is no TOML: {problem}"]}) from None


def _filled(value: Any, known: Mapping[str, str], at: str, problems: dict[str, list[str]]) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(inner, known, f"{at}.{key}".lstrip("."), problems) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, known, f"{at}[{place}]", problems) for place, inner in enumerate(value, 1)]
    if not isinstance(value, str):
        return value
    missing = [name for name in PLACEHOLDER.findall(value) if name not in known]
    if missing:
        problems[at] = [f"No value for ${{{name}}}; give it with --set {name}=…" for name in missing]
        return value
    return PLACEHOLDER.sub(lambda match: known[match[1]], value)


def _addresses(table: str, text: str) -> list[str]:
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        raise ValidationError(f"{text!r} is no IP address or network.", table) from None
    if network.num_addresses > LARGEST_POOL:
        raise ValidationError(f"{text!r} has more than {LARGEST_POOL} addresses.", table)
    return [str(address) for address in network.hosts()]


def _flat(problem: Any, content: Any, at: str = "") -> Iterator[tuple[str, list[str]]]:
    """Problems by place; an entry of a list is named by its key or e-mail where it has one."""
    if not isinstance(problem, Mapping):
        yield at or "file", [str(text) for text in (problem if isinstance(problem, list) else [problem])]
        return
    for key, inner in problem.items():
        if isinstance(key, int):
            entry = content[key] if isinstance(content, list) and key < len(content) else None
            named = (entry.get("key") or entry.get("email")) if isinstance(entry, Mapping) else None
            yield from _flat(inner, entry, f"{at}[{named or key + 1}]")
        else:
            below = content.get(key) if isinstance(content, Mapping) else None
            yield from _flat(inner, below, f"{at}.{key}".lstrip("."))


def _references(loaded: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Doubles, and names of what isn't in the file."""
    for table, key in (("positions", "key"), ("agencies", "key"), ("accounts", "email"), ("connections", "key")):
        named = [entry[key] for entry in loaded[table]]
        for double in sorted({name for name in named if named.count(name) > 1}):
            yield f"{table}[{double}]", ["It is there twice."]
    for one, other in (("zones", "legacy_zones"), ("addresses.shared", "addresses.dedicated")):
        for double in sorted({*_list(loaded, one)} & {*_list(loaded, other)}):
            yield other, [f"{double!r} is in {one} already."]
    for place, what, name, known in _named(loaded):
        if name is not None and name not in known:
            yield place, [f"The file has no {what} {name!r}."]
    for number, entry in enumerate(loaded["holders"], 1):
        if entry["valid_until"] is not None and entry["valid_until"] < entry["valid_from"]:
            yield f"holders[{number}].until", ["It lies before the day named by 'from'."]


def _list(loaded: Mapping[str, Any], path: str) -> list[str]:
    table, _, key = path.partition(".")
    return list(loaded[table][key] if key else loaded[table])


def _named(loaded: Mapping[str, Any]) -> Iterator[tuple[str, str, str | None, Collection[str]]]:
    """Every place that names another entry: what kind of entry, its name, and the names there are."""
    positions = {entry["key"] for entry in loaded["positions"]}
    for entry in loaded["positions"]:
        for role in ("superior", "substitute"):
            yield f"positions[{entry['key']}].{role}", "other position", entry[role], positions - {entry["key"]}
    agencies = {entry["key"] for entry in loaded["agencies"]}
    for entry in loaded["accounts"]:
        yield f"accounts[{entry['email']}].agency", "agency", entry["agency"], agencies
    accounts = {entry["email"] for entry in loaded["accounts"]}
    for place, entry in enumerate(loaded["holders"], 1):
        yield f"holders[{place}].position", "position", entry["position"], positions
        yield f"holders[{place}].account", "account", entry["account"], accounts
    zones = {*loaded["zones"], *loaded["legacy_zones"]}
    for entry in loaded["connections"]:
        for zone in entry["zones"]:
            yield f"connections[{entry['key']}].zones", "zone", zone, zones
