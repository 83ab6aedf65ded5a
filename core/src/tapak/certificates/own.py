"""The agency's own certificate, as its admin uploaded it: a provider that gives every site below its names the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from marshmallow import fields, validate

from tapak.sdk.certificate_provider import CertificateProvider
from tapak.sdk.certificates import Certificate
from tapak.sdk.errors import Invalid, ProviderBroken
from tapak.sdk.provider import Check
from tapak.sdk.resources import Spec
from tapak.sdk.settings import SettingsSchema
from tapak.sdk.wording import day_words
from tapak.sdk.x509 import LARGEST, Pair, covers, facts_of, problems, read_chain

SOON = timedelta(days=30)
_PEM = validate.Length(min=1, max=LARGEST)


class OwnCertificateSettings(SettingsSchema):
    """A certificate with those that issued it, and its key."""

    chain = fields.String(
        required=True,
        validate=_PEM,
        metadata={
            "label": "Sertifikat",
            "help": "PEM: sertifikat situs, lalu sertifikat antara (intermediate).",
            "widget": "textarea",
        },
    )
    key = fields.String(
        required=True,
        validate=_PEM,
        metadata={
            "label": "Kunci pribadi",
            "help": "PEM tanpa kata sandi; tidak pernah ditampilkan.",
            "secret": True,
            "widget": "textarea",
        },
    )
    roots = fields.String(
        load_default="",
        validate=validate.Length(max=LARGEST),
        metadata={
            "label": "Sertifikat akar",
            "help": "PEM; hanya bila penerbitnya milik instansi sendiri.",
            "widget": "textarea",
        },
    )


class OwnCertificate(CertificateProvider):
    """Gives what was uploaded. A newer one is given where it is asked for by a renewal, as an upload does."""

    name: ClassVar[str] = "own_certificate"
    title: ClassVar[str] = "Sertifikat instansi"
    settings_schema: ClassVar[type[SettingsSchema]] = OwnCertificateSettings

    @classmethod
    def takes(cls, settings: Mapping[str, Any], spec: Spec) -> bool:
        try:
            names = facts_of(read_chain(str(settings.get("chain", "")))[0]).names
        except Invalid:
            return False
        return isinstance(spec, Certificate) and all(covers(names, name) for name in spec.names)

    def check(self) -> Sequence[Check]:
        now = datetime.now(UTC)
        wrong = problems(self._pair, (), now, self.settings["roots"])
        if wrong:
            return tuple(Check("Sertifikat", False, each) for each in wrong)
        until = self._pair.facts.not_after
        told = f"Berlaku sampai {day_words(until)} untuk {', '.join(self._pair.facts.names)}."
        return (Check("Sertifikat", until - now > SOON, told if until - now > SOON else f"Segera berakhir. {told}"),)

    def obtain(self, spec: Certificate, deadline: float) -> Pair:
        wrong = problems(self._pair, spec.names, datetime.now(UTC), self.settings["roots"])
        if wrong:
            raise ProviderBroken(f"{wrong[0]} Unggah sertifikat yang sesuai.", log=f"{spec.identity}: unusable")
        return self._pair

    @property
    def _pair(self) -> Pair:
        return Pair(self.settings["chain"], self.settings["key"])
