"""A certificate authority of a test's own: a root, an intermediate below it, and what it issues."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tapak.sdk.certificates import outputs
from tapak.sdk.x509 import Pair

HOUR = timedelta(hours=1)
_PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class _Issuer:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


class Authority:
    """Issues certificates by an intermediate; ``root`` and ``intermediate`` are PEM."""

    def __init__(self, called: str = "Penerbit Contoh") -> None:
        self._root = _authority(f"{called} Akar", None)
        self._intermediate = _authority(f"{called} Antara", self._root)
        self.root = _text(self._root.certificate)
        self.intermediate = _text(self._intermediate.certificate)

    def issue(
        self,
        *names: str,
        days: float = 90,
        begins: datetime | None = None,
        intermediates: bool = True,
    ) -> Pair:
        """A new certificate for ``names`` with a new key; valid from ``begins`` (an hour ago) for ``days``."""
        key = ec.generate_private_key(ec.SECP256R1())
        since = begins or datetime.now(UTC) - HOUR
        alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = _builder(names[0] if names else "tanpa nama", key, self._intermediate, since, timedelta(days=days))
        made = builder.add_extension(alternative, critical=False) if names else builder
        leaf = _text(made.sign(self._intermediate.key, hashes.SHA256()))
        return Pair(leaf + (self.intermediate if intermediates else ""), _key(key))


def given(pair: Pair, renewal: int = 1) -> dict[str, object]:
    """What a site that needs a certificate is given of it."""
    plain, secret = outputs(pair, renewal)
    return {**plain, **secret}


def _authority(called: str, above: _Issuer | None) -> _Issuer:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(called, key, above, datetime.now(UTC) - HOUR, timedelta(days=3650))
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    made = builder.add_extension(constraints, critical=True).add_extension(usage, critical=True)
    return _Issuer(made.sign(above.key if above else key, hashes.SHA256()), key)


def _builder(
    called: str, key: ec.EllipticCurvePrivateKey, above: _Issuer | None, since: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, called[:64])])
    issuer = above.key if above else key
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above.certificate.subject if above else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False)
    )


def _text(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(_PEM).decode()


def _key(key: ec.EllipticCurvePrivateKey) -> str:
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(_PEM, *form).decode()
