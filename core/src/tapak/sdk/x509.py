"""Certificates and keys as files hold them (PEM): read, and checked in words that an officer can act on."""

from __future__ import annotations

import re
import ssl
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from tapak.sdk.errors import Invalid

LONGEST_CHAIN = 10
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?", re.DOTALL)
LARGEST = 262_144
"""Bytes of one PEM file."""


def normal_name(name: str) -> str:
    """A DNS name in lower case without the final dot."""
    return name.rstrip(".").lower()


@dataclass(frozen=True)
class CertificateFacts:
    """What a certificate says of itself. Times are aware; ``fingerprint`` is SHA-256 in hexadecimal."""

    names: tuple[str, ...]
    issuer: str
    not_before: datetime
    not_after: datetime
    fingerprint: str


@dataclass(frozen=True)
class Pair:
    """A chain (the leaf first) and the leaf's private key, both PEM; the key is never shown."""

    chain: str
    key: str = field(repr=False)

    @property
    def facts(self) -> CertificateFacts:
        """What the leaf says.

        Raises:
            Invalid: the chain can't be read.
        """
        return facts_of(read_chain(self.chain)[0])


def read_chain(pem: str) -> list[x509.Certificate]:
    """The certificates of a PEM file, in its order.

    Raises:
        Invalid: it holds none, too many, or something unreadable.
    """
    try:
        found = x509.load_pem_x509_certificates(pem.encode())
    except ValueError:
        found = []
    if not 0 < len(found) <= LONGEST_CHAIN or len(pem) > LARGEST:
        raise _wrong("Berkas sertifikat tidak terbaca. Unggah berkas PEM: sertifikat lebih dahulu, lalu penerbitnya.")
    return found


def facts_of(certificate: x509.Certificate) -> CertificateFacts:
    """What ``certificate`` says of itself; its names are those of its subjectAltName (RFC 6125)."""
    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = tuple(normal_name(each) for each in alternative.get_values_for_type(x509.DNSName))
    except (x509.ExtensionNotFound, ValueError):
        names = ()
    return CertificateFacts(
        names=names,
        issuer=_called(certificate.issuer),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
    )


def covers(names: Sequence[str], wanted: str) -> bool:
    """Whether a certificate for ``names`` is good for ``wanted``: ``*`` stands for exactly one label."""
    wanted = normal_name(wanted)
    parent = wanted.partition(".")[2]
    return wanted in names or (bool(parent) and f"*.{parent}" in names)


def problems(pair: Pair, wanted: Sequence[str], now: datetime, roots: str | None = "") -> list[str]:
    """What keeps ``pair`` from serving the names ``wanted`` now, in Indonesian; empty where nothing does.

    ``roots`` are authorities (PEM) beside those that this machine trusts; None: whose they are isn't looked at.
    """
    try:
        chain = read_chain(pair.chain)
        further = read_chain(roots) if roots else []
    except Invalid as problem:
        return [problem.message]
    leaf = facts_of(chain[0])
    found = [_key_problem(chain[0], pair.key), _time_problem(leaf, now), *_chain_problems(chain)]
    found += [_name_problem(leaf, name) for name in wanted]
    if not leaf.names:
        found.append("Sertifikat tidak memuat nama domain (subjectAltName); minta penerbit membuat yang baru.")
    if roots is not None and not any(found):
        found.append(_trust_problem(chain, further))
    return [problem for problem in found if problem]


def _key_problem(leaf: x509.Certificate, key: str) -> str:
    try:
        private = serialization.load_pem_private_key(key.encode(), password=None)
    except TypeError:
        return "Kunci pribadi terkunci kata sandi. Unggah kunci tanpa kata sandi."
    except Exception:  # noqa: BLE001 - OpenSSL tells unreadable and unsupported keys by many types
        return "Kunci pribadi tidak terbaca. Unggah berkas PEM yang memuat PRIVATE KEY."
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    if private.public_key().public_bytes(*form) != leaf.public_key().public_bytes(*form):
        return "Kunci pribadi bukan pasangan sertifikat ini. Unggah kunci yang dipakai saat memintanya."
    return ""


def _time_problem(leaf: CertificateFacts, now: datetime) -> str:
    if leaf.not_after <= now:
        return f"Sertifikat sudah kedaluwarsa sejak {leaf.not_after:%d-%m-%Y}. Minta yang baru kepada penerbitnya."
    if leaf.not_before > now:
        return f"Sertifikat baru berlaku mulai {leaf.not_before:%d-%m-%Y}."
    return ""


def _name_problem(leaf: CertificateFacts, name: str) -> str:
    if covers(leaf.names, name):
        return ""
    return f"Sertifikat tidak berlaku untuk {name}; hanya untuk {', '.join(leaf.names[:5]) or 'nama lain'}."


def _chain_problems(chain: Sequence[x509.Certificate]) -> list[str]:
    found = []
    for below, above in pairwise(chain):
        try:
            below.verify_directly_issued_by(above)
        except (ValueError, TypeError, InvalidSignature):
            found.append(
                f"Rantai sertifikat terputus: {_called(below.subject)} bukan terbitan {_called(above.subject)}. "
                "Urutkan dari sertifikat situs ke penerbitnya."
            )
    return found


def _trust_problem(chain: Sequence[x509.Certificate], further: Sequence[x509.Certificate]) -> str:
    """Whether the last of the chain is an authority that is trusted, or was issued by one."""
    last = chain[-1]
    for root in (*further, *_system_roots()):
        if root == last:
            return ""
        if root.subject == last.issuer:
            try:
                last.verify_directly_issued_by(root)
            except (ValueError, TypeError, InvalidSignature):
                continue
            return ""
    return (
        f"Penerbit {_called(last.issuer)} tidak dikenal. Sertakan sertifikat antara (intermediate) dari penerbit; bila "
        "ini penerbit milik instansi sendiri, isi juga sertifikat akarnya."
    )


@lru_cache(maxsize=1)
def _system_roots() -> Sequence[x509.Certificate]:
    """What this machine trusts; one that isn't made as it should be (RFC 5280) is left out."""
    place, found = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt", []
    with suppress(OSError), warnings.catch_warnings():
        warnings.simplefilter("error")
        for block in _BLOCK.findall(Path(place).read_bytes()):
            with suppress(ValueError, Warning):
                found.append(x509.load_pem_x509_certificate(block))
    return tuple(found)


def _called(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME) or name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return str(found[0].value) if found else name.rfc4514_string() or "tanpa nama"


def _wrong(message: str) -> Invalid:
    return Invalid(message, log="unreadable certificate", fields={"chain": [message]})
