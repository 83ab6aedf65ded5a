"""Passwords: argon2id, one way to hash and one to verify."""

from __future__ import annotations

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tapak.sdk.errors import Invalid

SHORTEST, LONGEST = 10, 256

# RFC 9106, section 4, second recommended option: 64 MiB of memory.
_hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)


def hash_password(password: str) -> str:
    """The hash to store.

    Raises:
        Invalid: the password is too short or too long.
    """
    text = _normal(password)
    if not SHORTEST <= len(text) <= LONGEST:
        told = f"Kata sandi perlu {SHORTEST} sampai {LONGEST} karakter."
        raise Invalid(told, fields={"password": [told]})
    return _hasher.hash(text)


def verify_password(password: str, stored: str | None) -> bool:
    """Whether it is the password of ``stored``; None (no such account) takes as long and is False."""
    text = _normal(password[: LONGEST + 1])
    try:
        return _hasher.verify(stored or _nobodys(), text) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether ``stored`` was hashed with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody has this password")


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
