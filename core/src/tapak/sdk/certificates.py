"""Certificates for HTTPS (RFC 5280): what is wanted, what a provider gives for it, and how a site uses one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tapak.sdk.x509 import Pair, normal_name

OFF, DAY, YEAR = "off", "day", "year"
HSTS_SECONDS = {OFF: 0, DAY: 86_400, YEAR: 31_536_000}
"""For how long a browser that came once asks by HTTPS only (RFC 6797)."""


@dataclass(frozen=True)
class Https:
    """A site answers HTTPS too, with the certificate that it needs.

    With ``redirect`` plain HTTP only leads there; ``hsts`` is a key of :data:`HSTS_SECONDS`.
    """

    redirect: bool = True
    hsts: str = OFF


@dataclass(frozen=True)
class Certificate:
    """A certificate with its private key for ``name`` and ``others`` (DNS names; ``*.`` stands for one label).

    Raising ``renewal`` asks for a newer one. Where a provider draws a certificate anew each time, "the same spec gives
    the same outputs" holds by what it gave before (``Provider.kept``).

    Outputs: ``chain`` (PEM, the leaf first), ``names``, ``issuer``, ``fingerprint`` (SHA-256 of the leaf in
    hexadecimal), ``not_before`` and ``not_after`` (ISO 8601, UTC), ``renewal``; secret: ``key`` (PEM).
    """

    kind: ClassVar[str] = "certificate"
    has_outputs: ClassVar[bool] = True
    uses: ClassVar[frozenset[str]] = frozenset()

    name: str
    others: tuple[str, ...] = ()
    renewal: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", normal_name(self.name))
        object.__setattr__(self, "others", tuple(sorted({normal_name(each) for each in self.others} - {self.name})))

    @property
    def identity(self) -> str:
        """What can exist once: ``antrean.example.test/certificate``."""
        return f"{self.name}/certificate"

    @property
    def names(self) -> tuple[str, ...]:
        """All names."""
        return (self.name, *self.others)


def outputs(pair: Pair, renewal: int) -> tuple[dict[str, Any], dict[str, str]]:
    """Plain and secret outputs of a certificate resource that is served by ``pair``."""
    leaf = pair.facts
    plain = {
        "chain": pair.chain,
        "names": list(leaf.names),
        "issuer": leaf.issuer,
        "fingerprint": leaf.fingerprint,
        "not_before": leaf.not_before.isoformat(),
        "not_after": leaf.not_after.isoformat(),
        "renewal": renewal,
    }
    return plain, {"key": pair.key}


def certificate_from_json(data: Mapping[str, Any]) -> Certificate:
    """The certificate that ``spec_to_json`` wrote."""
    return Certificate(**{**data, "others": tuple(data["others"])})
