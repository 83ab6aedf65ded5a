"""What providers of certificates have in common: what stands is what core keeps of what they gave.

No server holds a private key for us, so ``read`` tells by ``Provider.kept``; which certificate a web server shows is
that server's affair. The same spec gives the same outputs for as long as what was given is kept and good.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from tapak.sdk.certificates import Certificate, outputs
from tapak.sdk.errors import ChangedMeanwhile, Invalid, ProviderBroken
from tapak.sdk.names import name_problem
from tapak.sdk.provider import Applied, Capabilities, Change, Probe, Provider, Verification
from tapak.sdk.resources import Spec
from tapak.sdk.wording import day_words
from tapak.sdk.x509 import Pair, covers, problems

MOST_NAMES = 100
GIVEN = ("chain", "key", "names", "renewal")


class CertificateProvider(Provider):
    """One source of certificates. ``renews`` says that it makes newer ones by itself when it is asked."""

    capabilities: ClassVar[Capabilities] = Capabilities(kinds=frozenset({Certificate.kind}))
    renews: ClassVar[bool] = False

    @abstractmethod
    def obtain(self, spec: Certificate, deadline: float) -> Pair:
        """A certificate for ``spec``, by ``deadline`` (monotonic).

        Raises:
            ProviderError: there is none; nothing was left behind.
        """

    def read(self, specs: Sequence[Spec]) -> Mapping[str, Spec | None]:
        return {spec.identity: standing(check_certificate(spec), self.kept(spec)) for spec in specs}

    def apply(self, changes: Sequence[Change], *, fence: int, timeout: float) -> Sequence[Applied]:
        """Make one change. ``fence`` isn't needed: what a worker that woke late obtains isn't kept by anybody."""
        if len(changes) > self.capabilities.batch:
            raise Invalid("Satu sertifikat setiap kali.", log=f"{len(changes)} changes in one batch")
        return [self._apply(change, time.monotonic() + timeout) for change in changes]

    def verify(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        return [self._verified(check_certificate(spec)) for spec in specs]

    def verify_gone(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        """Nobody is served by a certificate alone: once nothing needs it, it is gone."""
        gone = Probe(self.title, "tidak dipakai lagi", "tidak dipakai lagi", True)
        return [Verification(check_certificate(spec).identity, (gone,)) for spec in specs]

    def _apply(self, change: Change, deadline: float) -> Applied:
        wanted = [None if spec is None else check_certificate(spec) for spec in (change.desired, change.observed)]
        desired, observed = wanted
        if {spec.identity for spec in wanted if spec is not None} != {change.identity}:
            raise Invalid("Perubahan tidak menyebut sertifikat yang sama.", log="a change of different identities")
        if desired is None:
            return Applied(change.identity)
        kept = self.kept(desired)
        found = standing(desired, kept)
        if found not in (observed, desired):
            raise ChangedMeanwhile(
                f"{change.identity} baru saja berubah. Akan dicoba lagi.", log=f"{change.identity} changed meanwhile"
            )
        if found == desired and not _problems(desired, kept):
            return Applied(change.identity, *outputs(_pair(kept), desired.renewal))
        return self._obtained(desired, deadline)

    def _obtained(self, spec: Certificate, deadline: float) -> Applied:
        pair = self.obtain(spec, deadline)
        wrong = problems(pair, spec.names, datetime.now(UTC), roots=None)
        if wrong:
            raise ProviderBroken(f"Sertifikat yang diterima tidak dapat dipakai. {wrong[0]}", log="; ".join(wrong))
        return Applied(spec.identity, *outputs(pair, spec.renewal))

    def _verified(self, spec: Certificate) -> Verification:
        kept = self.kept(spec)
        wrong = _problems(spec, kept) if kept else ["belum ada sertifikat"]
        told = [Probe(self.title, f"sertifikat untuk {', '.join(spec.names)}", each, False) for each in wrong]
        if not told:
            until = f"berlaku sampai {day_words(kept['not_after'])}, dari {kept['issuer']}"
            told = [Probe(self.title, f"sertifikat untuk {', '.join(spec.names)}", until, True)]
        return Verification(spec.identity, tuple(told))


def check_certificate(spec: object) -> Certificate:
    """``spec``, where it is a certificate whose names a certificate can have.

    Raises:
        Invalid: it isn't; the message names what to look at.
    """
    if not isinstance(spec, Certificate):
        raise Invalid("Penyedia ini hanya melayani sertifikat.", log="not a certificate")
    plain = [name.removeprefix("*.") for name in spec.names]
    bad = next((name for name in plain if name_problem(name) is not None or not name.isascii()), None)
    if bad is not None or len(plain) > MOST_NAMES or any("." not in name for name in plain):
        raise Invalid("Nama pada sertifikat tidak sah; periksa nama domainnya.", log=f"invalid names: {bad!r}")
    if not isinstance(spec.renewal, int) or isinstance(spec.renewal, bool) or not 1 <= spec.renewal < 2**31:
        raise Invalid("Nomor pembaruan sertifikat tidak sah.", log="invalid renewal")
    return spec


def standing(spec: Certificate, kept: Mapping[str, Any]) -> Certificate | None:
    """What stands at ``spec``, by what was given for it last."""
    if any(name not in kept for name in GIVEN):
        return None
    names = tuple(kept["names"])
    others = spec.others if all(covers(names, name) for name in spec.names) else names
    return Certificate(spec.name, others, kept["renewal"])


def _problems(spec: Certificate, kept: Mapping[str, Any]) -> list[str]:
    return problems(_pair(kept), spec.names, datetime.now(UTC), roots=None)


def _pair(kept: Mapping[str, Any]) -> Pair:
    return Pair(str(kept["chain"]), str(kept["key"]))
