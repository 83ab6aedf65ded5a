"""Secrets sealed with age to a tenant's recipient.

The plaintext is JSON ``{tenant, table, row, column, values}``: a sealed secret that was moved to another place, or to
another tenant, is refused when it is opened. Only workers that provision read identities.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage  # type: ignore[import-untyped]
from pyrage.x25519 import Identity, Recipient  # type: ignore[import-untyped]

from tapak.sdk.errors import TapakError

OTHERS = 0o077


class Unreadable(TapakError):
    """A sealed secret that can't be opened here."""

    code = "secret_unreadable"
    status = 500

    def __init__(self, place: Place, why: str) -> None:
        super().__init__(
            "Rahasia yang tersimpan tidak dapat dibuka. Minta admin mengisinya kembali.",
            log=f"sealed secret of {place}: {why}",
        )


class NoIdentities(TapakError):
    """The identities file can't be used."""

    code = "no_identities"
    status = 500

    def __init__(self, path: Path, why: str) -> None:
        super().__init__("Kunci pembuka rahasia tidak dapat dibaca. Hubungi pengelola.", log=f"{path}: {why}")


@dataclass(frozen=True)
class Place:
    """Where a sealed secret stands: tenant's id, table, row (id or key) and column."""

    tenant: int
    table: str
    row: str
    column: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column} of row {self.row} of tenant {self.tenant}"


@dataclass(frozen=True)
class KeyPair:
    """An age identity (private, ``AGE-SECRET-KEY-1…``) and its recipient (public, ``age1…``)."""

    identity: str
    recipient: str

    def __repr__(self) -> str:
        return f"KeyPair(recipient={self.recipient!r})"


def new_identity() -> KeyPair:
    """A new key pair."""
    identity = Identity.generate()
    return KeyPair(str(identity), str(identity.to_public()))


def is_recipient(text: str) -> bool:
    """Whether ``text`` is an age recipient (``age1…``)."""
    try:
        Recipient.from_str(text)
    except pyrage.RecipientError:
        return False
    return True


def encrypt(recipients: Sequence[str], content: bytes) -> bytes:
    """``content`` as an age file that the holder of any of the recipients' identities opens.

    Raises:
        ValueError: there is no recipient, or one is none.
    """
    if not recipients or not all(is_recipient(each) for each in recipients):
        raise ValueError("no usable recipients")
    return bytes(pyrage.encrypt(content, [Recipient.from_str(each) for each in recipients]))


def armored(recipient: str, content: bytes) -> str:
    """``content`` as an age file in its text form, for the holder of the recipient's identity."""
    return str(pyrage.encrypt(content, [Recipient.from_str(recipient)], armored=True).decode())


def decrypt(sealed: bytes, identities: Sequence[Identity]) -> bytes | None:
    """The content of an age file; None where none of the ``identities`` opens it."""
    try:
        return bytes(pyrage.decrypt(sealed, list(identities)))
    except pyrage.DecryptError:
        return None


def seal(recipient: str, place: Place, values: Mapping[str, Any], *, armored: bool = False) -> bytes:
    """``values`` (JSON) as an age file that only the holder of the recipient's identity opens.

    Raises:
        TapakError: the tenant has no usable recipient.
    """
    try:
        known = Recipient.from_str(recipient)
    except pyrage.RecipientError:
        raise TapakError(
            "Penyewa ini belum memiliki kunci untuk menyimpan rahasia. Hubungi pengelola.",
            log=f"tenant {place.tenant} has no age recipient",
        ) from None
    content = {
        "tenant": place.tenant,
        "table": place.table,
        "row": place.row,
        "column": place.column,
        "values": dict(values),
    }
    return pyrage.encrypt(json.dumps(content).encode(), [known], armored=armored)


def unseal(sealed: bytes, identities: Sequence[Identity], place: Place) -> dict[str, Any]:
    """The values that were sealed for ``place``.

    Raises:
        Unreadable: no identity opens it, or it was sealed for another place.
    """
    try:
        content = json.loads(pyrage.decrypt(sealed, list(identities)))
        found = Place(*(content[name] for name in ("tenant", "table", "row", "column")))
    except (pyrage.DecryptError, ValueError, LookupError, TypeError):
        raise Unreadable(place, "no identity opens it, or it isn't ours") from None
    if found != place:
        raise Unreadable(place, f"it was sealed for {found}")
    return dict(content["values"])


def read_identities(path: Path) -> tuple[Identity, ...]:
    """The identities of a file: one a line, ``#`` begins a comment.

    Raises:
        NoIdentities: it is missing, others may read it, or a line is no identity; the log names file and line.
    """
    try:
        if path.stat().st_mode & OTHERS:
            raise NoIdentities(path, "others than its owner may read it; chmod 600")
        lines = path.read_text().splitlines()
    except OSError as problem:
        raise NoIdentities(path, str(problem.strerror)) from None
    return tuple(
        _identity(path, number, line.strip())
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.startswith("#")
    )


def append_identity(path: Path, pair: KeyPair, remark: str) -> None:
    """Add an identity to the file, made for its owner alone where it is missing; ``remark`` is a line above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    with path.open("a") as stream:
        stream.write(f"# {remark}: {pair.recipient}\n{pair.identity}\n")


def _identity(path: Path, number: int, line: str) -> Identity:
    try:
        return Identity.from_str(line)
    except pyrage.IdentityError:
        raise NoIdentities(path, f"line {number} is no age identity") from None
