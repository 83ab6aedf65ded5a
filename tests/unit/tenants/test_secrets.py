"""Sealed secrets open only for their own place and with the tenant's identity."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyrage
import pytest

from tapak.sdk.errors import TapakError
from tapak.tenants.secrets import (
    NoIdentities,
    Place,
    Unreadable,
    append_identity,
    new_identity,
    read_identities,
    seal,
    unseal,
)

PLACE = Place(3, "connection", "dns", "sealed")
SECRET = {"key_secret": "sangat rahasia", "n": 5}


@pytest.fixture
def identities_file(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "identities.txt"


def test_opens_with_the_identity_of_the_file(identities_file: Path) -> None:
    first, second = new_identity(), new_identity()
    append_identity(identities_file, first, "satu")
    append_identity(identities_file, second, "dua")
    known = read_identities(identities_file)
    assert identities_file.stat().st_mode & 0o777 == 0o600
    for pair in (first, second):
        for armored in (True, False):
            assert unseal(seal(pair.recipient, PLACE, SECRET, armored=armored), known, PLACE) == SECRET


@pytest.mark.parametrize("change", [{"tenant": 4}, {"table": "plugin_setting"}, {"row": "web"}, {"column": "settings"}])
def test_a_secret_that_was_moved_is_refused(change: dict[str, object], identities_file: Path) -> None:
    pair = new_identity()
    append_identity(identities_file, pair, "satu")
    sealed = seal(pair.recipient, PLACE, SECRET)
    with pytest.raises(Unreadable) as refused:
        unseal(sealed, read_identities(identities_file), replace(PLACE, **change))
    assert "sangat rahasia" not in str(refused.value) + refused.value.message


def test_another_identity_or_a_damaged_file_opens_nothing(identities_file: Path) -> None:
    append_identity(identities_file, new_identity(), "lain")
    known = read_identities(identities_file)
    pair = new_identity()
    sealed = seal(pair.recipient, PLACE, SECRET)
    own = pyrage.x25519.Identity.from_str(pair.identity)
    for damaged, keys in (
        (sealed, known),
        (sealed, ()),
        (b"", known),
        (b"age-encryption.org/v1\n", known),
        (sealed[:-1] + bytes([sealed[-1] ^ 1]), (own,)),
        (pyrage.encrypt(b"[1]", [own.to_public()]), (own,)),
        (pyrage.encrypt(b"no json", [own.to_public()]), (own,)),
    ):
        with pytest.raises(Unreadable):
            unseal(damaged, keys, PLACE)


@pytest.mark.parametrize("recipient", ["", "age1", "AGE-SECRET-KEY-1", "x" * 1000])
def test_no_recipient_no_seal(recipient: str) -> None:
    with pytest.raises(TapakError, match="no age recipient"):
        seal(recipient, PLACE, SECRET)


def test_the_identities_file_belongs_to_its_owner_alone(identities_file: Path) -> None:
    append_identity(identities_file, new_identity(), "satu")
    identities_file.chmod(0o640)
    with pytest.raises(NoIdentities, match="chmod 600"):
        read_identities(identities_file)


def test_a_bad_identities_file_is_told_by_line(identities_file: Path) -> None:
    with pytest.raises(NoIdentities, match="No such file"):
        read_identities(identities_file)
    append_identity(identities_file, new_identity(), "satu")
    with identities_file.open("a") as stream:
        stream.write("\nAGE-SECRET-KEY-1RAHASIA\n")
    with pytest.raises(NoIdentities, match="line 4 is no age identity") as told:
        read_identities(identities_file)
    assert "RAHASIA" not in str(told.value)


def test_a_key_pair_does_not_show_its_identity() -> None:
    pair = new_identity()
    assert "AGE-SECRET-KEY" not in repr(pair)
    assert pair.identity.startswith("AGE-SECRET-KEY-1")
