"""restic repositories for tests, whose password costs next to nothing to try."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.poly1305 import Poly1305

from tapak.demo.servers.process import binary

ONCE = "kata sandi pola"
NONCE = TAG = 16


@dataclass(frozen=True)
class Repositories:
    """Gives out copies of one empty repository, which restic itself made below ``directory``.

    restic has a password take half a second of scrypt, at each command; the copies' key has the least that it accepts.
    """

    directory: Path

    def make(self, place: Path, password: str) -> Path:
        """An empty repository at ``place`` that ``password`` opens; gives the place."""
        if not self.directory.exists():
            command = [binary("restic"), "--no-cache", f"--repo={self.directory}", "init"]
            environment = {"PATH": os.environ["PATH"], "RESTIC_PASSWORD": ONCE}
            subprocess.run(command, check=True, capture_output=True, env=environment)  # noqa: S603
            _rekey(self.directory, ONCE, ONCE)
        shutil.copytree(self.directory, place)
        _rekey(place, ONCE, password)
        return place


def _rekey(repository: Path, old: str, new: str) -> None:
    """Have ``new`` open the repository that ``old`` opens, at the least cost.

    As restic's design document has it ("Keys, Encryption and MAC"): a file holds the repository's own key, encrypted
    and signed with what scrypt makes of the password, and is called after its SHA-256.
    """
    (file,) = (repository / "keys").iterdir()
    key = json.loads(file.read_text())
    sealed = base64.b64decode(key["data"])
    opened = _opened(_Derived.of(old, key), sealed)
    key.update(N=2, r=1, p=1)
    key["data"] = base64.b64encode(_sealed(_Derived.of(new, key), opened)).decode()
    content = json.dumps(key).encode()
    file.unlink()
    (file.parent / hashlib.sha256(content).hexdigest()).write_bytes(content)


@dataclass(frozen=True)
class _Derived:
    """What scrypt makes of a password: a key for AES-256 in counter mode, and two halves of one for Poly1305-AES."""

    encryption: bytes
    k: bytes
    r: bytes

    @classmethod
    def of(cls, password: str, key: dict[str, Any]) -> _Derived:
        cost = {"n": key["N"], "r": key["r"], "p": key["p"], "maxmem": 2**27}
        made = hashlib.scrypt(password.encode(), salt=base64.b64decode(key["salt"]), dklen=64, **cost)
        return cls(made[:32], made[32:48], made[48:])

    def cipher(self, nonce: bytes, content: bytes) -> bytes:
        return Cipher(algorithms.AES(self.encryption), modes.CTR(nonce)).encryptor().update(content)

    def tag(self, nonce: bytes, content: bytes) -> bytes:
        once = Cipher(algorithms.AES(self.k), modes.ECB()).encryptor().update(nonce)  # noqa: S305
        return Poly1305.generate_tag(self.r + once, content)


def _opened(key: _Derived, sealed: bytes) -> bytes:
    nonce, content, tag = sealed[:NONCE], sealed[NONCE:-TAG], sealed[-TAG:]
    if key.tag(nonce, content) != tag:
        raise ValueError("another password opens this repository")
    return key.cipher(nonce, content)


def _sealed(key: _Derived, opened: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    content = key.cipher(nonce, opened)
    return nonce + content + key.tag(nonce, content)
