"""What a request ends in: resources as plain, frozen values that providers bring about.

A *spec* says how one resource is to be; equality of specs is what core's diff goes by, so a spec normalises itself
when it is made (lower-case names without a final dot, sorted values). ``has_outputs`` says that others may rely on
what ``apply`` gives for it, so that it is applied again where that was lost. ``uses`` are the kinds whose outputs its
provider is given, of those that a resource needs; of all others it is given nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar

from tapak.sdk.backups import Backup
from tapak.sdk.certificates import Certificate, Https, certificate_from_json
from tapak.sdk.databases import Database
from tapak.sdk.hosting import (
    Account,
    Php,
    Proxy,
    Redirect,
    Release,
    Site,
    account_from_json,
    release_from_json,
    site_from_json,
)
from tapak.sdk.x509 import normal_name

__all__ = [
    "KINDS",
    "Account",
    "Certificate",
    "DesiredResource",
    "Fact",
    "Https",
    "Php",
    "Proxy",
    "RecordSet",
    "Redirect",
    "Release",
    "Site",
    "Spec",
    "carried",
    "spec_from_json",
    "spec_to_json",
]


@dataclass(frozen=True)
class RecordSet:
    """A DNS RRset (RFC 2181 section 5): all records of one name and type.

    ``zone`` and ``name`` are absolute without the final dot; ``ttl`` is in seconds; ``values`` are rdata in
    presentation format, sorted.
    """

    kind: ClassVar[str] = "record_set"
    has_outputs: ClassVar[bool] = False
    uses: ClassVar[frozenset[str]] = frozenset()

    zone: str
    name: str
    type: str
    values: tuple[str, ...]
    ttl: int = 300

    def __post_init__(self) -> None:
        object.__setattr__(self, "zone", normal_name(self.zone))
        object.__setattr__(self, "name", normal_name(self.name))
        object.__setattr__(self, "type", self.type.upper())
        object.__setattr__(self, "values", tuple(sorted(self.values)))

    @property
    def identity(self) -> str:
        """What can exist once: ``antrean.example.test/A``."""
        return f"{self.name}/{self.type}"


Spec = RecordSet | Site | Release | Account | Database | Backup | Certificate
KINDS = frozenset(
    {RecordSet.kind, Site.kind, Release.kind, Account.kind, Database.kind, Backup.kind, Certificate.kind},
)


_READ: Mapping[str, Callable[[Mapping[str, Any]], Spec]] = {
    Site.kind: site_from_json,
    Release.kind: release_from_json,
    Account.kind: account_from_json,
    Certificate.kind: certificate_from_json,
}


def spec_to_json(spec: Spec) -> dict[str, Any]:
    """``spec`` as plain JSON values, without its kind."""
    return {name: _lists(value) for name, value in asdict(spec).items()}


def _lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _lists(item) for name, item in value.items()}
    return [_lists(item) for item in value] if isinstance(value, tuple) else value


def spec_from_json(kind: str, data: Mapping[str, Any]) -> Spec:
    """The spec of ``kind`` from what :func:`spec_to_json` gave.

    Raises:
        ValueError: the kind is not known here.
    """
    if kind == RecordSet.kind:
        return RecordSet(**{**data, "values": tuple(data["values"])})
    if kind in _READ:
        return _READ[kind](data)
    if kind == Database.kind:
        return Database(**data)
    if kind == Backup.kind:
        return Backup(**{**data, "folders": tuple(data["folders"]), "at": tuple(data["at"])})
    raise ValueError(f"unknown resource kind {kind!r}")


def carried(declared: Spec, standing: Spec) -> Spec:
    """``declared`` with what changed at ``standing`` since: a rotated password, keys, a recipient, a renewal."""
    if isinstance(declared, Database) and isinstance(standing, Database):
        return replace(declared, rotation=max(declared.rotation, standing.rotation))
    if isinstance(declared, Certificate) and isinstance(standing, Certificate):
        return replace(declared, renewal=max(declared.renewal, standing.renewal))
    if isinstance(declared, Account) and isinstance(standing, Account):
        keys, recipient = declared.keys or standing.keys, standing.recipient or declared.recipient
        return replace(declared, keys=keys, recipient=recipient)
    return declared


@dataclass(frozen=True)
class DesiredResource:
    """A resource as a procedure declares it.

    ``key`` names it within its service (``site``, ``name``); ``needs`` are keys of resources that must be live first
    and stay until this one is gone; its provider is given outputs of those whose kind its spec ``uses``.
    ``takes_over`` is what an officer saw standing there and explicitly took over: somebody else's, or another
    service's of the same agency; what no longer stands so is left alone. ``gone``: ``spec`` is to be removed.
    ``shares_name``: its name may be one that another service of the agency holds.
    ``for_days``: it is removed by itself after so many days (None: it stays).
    """

    key: str
    spec: Spec
    needs: tuple[str, ...] = ()
    takes_over: RecordSet | None = None
    gone: bool = False
    shares_name: bool = False
    for_days: int | None = None


@dataclass(frozen=True)
class Fact:
    """One figure that a reviewer is shown, with where it comes from.

    ``source`` is one of ``agent`` (the host agent), ``logs``, ``inventory``, ``zone`` (asked of the DNS server),
    ``database`` (asked of the database server), ``backup`` (asked of the repository) or ``manual`` (diisi manual).
    A ``value`` that is a moment is ISO 8601 with its offset, and shown by the agency's clock. It is None where the
    source could not be reached; ``problem`` then says why, in Indonesian.
    """

    key: str
    label: str
    value: str | None
    source: str
    unit: str = ""
    problem: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
