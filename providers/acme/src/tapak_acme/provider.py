"""ACME (RFC 8555) behind the certificates' contract; what it promises stands there."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from acme import messages
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tapak.sdk.certificate_provider import CertificateProvider
from tapak.sdk.certificates import Certificate
from tapak.sdk.errors import ProviderError
from tapak.sdk.provider import Check
from tapak.sdk.resources import RecordSet
from tapak.sdk.settings import SettingsSchema
from tapak.sdk.x509 import Pair
from tapak_acme.client import AcmeClient
from tapak_acme.settings import AcmeSettings

CHALLENGE = "_acme-challenge"
TTL = 60
SEEN_SHARE = 0.4
"""Of what is left of an act: what the record may take to stand at every authoritative server."""


class AcmeProvider(CertificateProvider):
    """An account at one authority. Each certificate has a new key (P-256), which only core keeps."""

    name: ClassVar[str] = "acme"
    title: ClassVar[str] = "ACME"
    settings_schema: ClassVar[type[SettingsSchema]] = AcmeSettings
    renews: ClassVar[bool] = True

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._client = AcmeClient(self.settings)

    def check(self) -> Sequence[Check]:
        try:
            self._client.directory(time.monotonic() + float(self.settings["timeout"]))
        except ProviderError as problem:
            return (Check("Penerbit", False, problem.message),)
        return (Check("Penerbit", True, "Penerbit menjawab dan mengenal akun ini."),)

    def obtain(self, spec: Certificate, deadline: float) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        order = self._client.order(_request(spec, key), deadline)
        open_ones = [each for each in order.authorizations if each.body.status == messages.STATUS_PENDING]
        if open_ones:
            self._prove(open_ones, deadline)
        return Pair(self._client.finalize(order, deadline), _text(key))

    def close(self) -> None:
        self._client.close()

    def _prove(self, authorizations: Sequence[messages.AuthorizationResource], deadline: float) -> None:
        """Have the records stand everywhere before the authority is asked to look, and go when it has."""
        values: dict[str, list[str]] = defaultdict(list)
        bodies = []
        for each in authorizations:
            body, value = self._client.challenge(each)
            values[f"{CHALLENGE}.{each.body.identifier.value}"].append(f'"{value}"')
            bodies.append(body)
        records = [RecordSet("", name, "TXT", tuple(told), TTL) for name, told in values.items()]
        with self.published(records, (deadline - time.monotonic()) * SEEN_SHARE):
            for body in bodies:
                self._client.answer(body, deadline)
            for each in authorizations:
                self._client.await_valid(each, deadline)


def _request(spec: Certificate, key: ec.EllipticCurvePrivateKey) -> bytes:
    """A signing request (RFC 2986) for the names of ``spec``, as PEM."""
    names = x509.SubjectAlternativeName([x509.DNSName(name) for name in spec.names])
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    made = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)


def _text(key: ec.EllipticCurvePrivateKey) -> str:
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, *form).decode()
