"""Accounts that send a site's files over SFTP: the site's own user with keys, a password, or both.

``<keys_dir>/<user>`` holds an account's keys and ``<keys_dir>/<user>.probe`` a key that is good for a minute, by which
the log-in is tried; sshd reads both. ``accounts/<site>.json`` in the agent's state says what was given, and holds the
password sealed for somebody else: the agent can't read it.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import re
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tapak_webhost.agent import commands, files, users
from tapak_webhost.agent.config import Config, Sftp
from tapak_webhost.agent.crash import crashpoint
from tapak_webhost.agent.protocol import (
    BAD_REQUEST,
    INVALID_SPEC,
    NO_PERMISSION,
    UNSUPPORTED,
    AgentError,
    only,
    rows,
    text,
)

CHANGED_BY_HAND = "changed-by-hand"
MOST_KEYS = 20
LIMIT = 65_536
PROBE_SECONDS = 60
COMMAND_SECONDS = 10.0
# Of what crypt(3) does for one log-in; OpenSSH leaves some seconds for it.
ROUNDS = 100_000

_KEY = re.compile(
    r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\.com) ([A-Za-z0-9+/]{40,2000}={0,2})"
)
_RECIPIENT = re.compile(r"age1[0-9a-z]{58}")
_PASSWORD = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass(frozen=True)
class AccountSpec:
    """The account of ``site``; ``recipient`` is whom its password is sealed to ("": it has none)."""

    site: str
    keys: tuple[str, ...]
    recipient: str


@dataclass(frozen=True)
class Password:
    """A new password, and the same sealed."""

    plain: str
    sealed: str


@dataclass(frozen=True)
class Record:
    """What was given. ``shadow`` is the SHA-256 of the password's entry in shadow(5)."""

    recipient: str
    sealed: str
    shadow: str
    fence: int


def spec_from(value: Any, name: str) -> AccountSpec | None:
    """The spec in ``value`` (null: None), which must be of the site ``name``."""
    if value is None:
        return None
    if not isinstance(value, dict) or value.get("site") != name:
        raise AgentError(BAD_REQUEST, "an account's spec is an object, of the site that is named")
    only(value, frozenset({"site", "keys", "recipient"}), "account")
    keys = rows(value, "keys", "account", MOST_KEYS)
    return AccountSpec(name, tuple(sorted(str(key) for key in keys)), text(value, "recipient", "account"))


def check(spec: AccountSpec) -> AccountSpec:
    """``spec`` if it may be made: nothing in it can become an option or another line of a file.

    Raises:
        AgentError: with the field in ``details``.
    """
    for key in spec.keys:
        checked_key(key)
    if spec.recipient and not _RECIPIENT.fullmatch(spec.recipient):
        raise AgentError(INVALID_SPEC, "recipient: no age recipient", field="recipient")
    return spec


def checked_key(key: Any) -> str:
    """``key`` if it is a public key as OpenSSH writes it, without options and comment."""
    found = _KEY.fullmatch(key) if isinstance(key, str) else None
    if found is None:
        raise AgentError(INVALID_SPEC, "keys: no public key of OpenSSH", field="keys")
    kind = found[1].encode()
    with contextlib.suppress(ValueError):
        blob = base64.b64decode(found[2], validate=True)
        if blob.startswith(len(kind).to_bytes(4, "big") + kind):
            return str(key)
    raise AgentError(INVALID_SPEC, "keys: a key that isn't what it says", field="keys")


def password_from(password: Any, sealed: Any) -> Password | None:
    """A password with its seal, both or none."""
    if password is None and sealed is None:
        return None
    if not isinstance(password, str) or not _PASSWORD.fullmatch(password) or not isinstance(sealed, str):
        raise AgentError(BAD_REQUEST, "account: password must be 16 to 64 plain characters, with its seal")
    return Password(password, sealed)


class Accounts:
    """The accounts of this host; ``directory`` is ``accounts`` in the agent's state, held open."""

    def __init__(self, config: Config, directory: int) -> None:
        self._config = config
        self._directory = directory
        self._sites = config.web_dir / "sites"

    def offered(self) -> Sftp:
        """Where accounts log in.

        Raises:
            AgentError: the host offers no accounts.
        """
        if self._config.sftp is None or os.geteuid() != 0:
            raise AgentError(UNSUPPORTED, "this host offers no SFTP accounts (the agent must be root)")
        return self._config.sftp

    def standing(self, name: str) -> AccountSpec | None:
        """The account of ``name`` as sshd would take it; another password than ours shows as ``changed-by-hand``."""
        owner = users.find(self._sites / name) if self._config.sftp is not None else None
        if owner is None:
            return None
        keys, shadow, record = self._keys(owner.name), _shadow(owner.name), self.record(name)
        if keys is None and not _usable(shadow):
            return None
        recipient = ""
        if _usable(shadow):
            known = record is not None and record.shadow == _digest(shadow)
            recipient = record.recipient if record is not None and known else CHANGED_BY_HAND
        return AccountSpec(name, keys or (), recipient)

    def record(self, name: str) -> Record | None:
        """What was given to the account of ``name``."""
        content = files.read(self._directory, f"{name}.json", LIMIT)
        with contextlib.suppress(ValueError, TypeError):
            return None if content is None else Record(**json.loads(content))
        return None

    def give(self, spec: AccountSpec, password: Password | None, fence: int) -> None:
        """Let the site's user, who is there, log in as ``spec`` says.

        Raises:
            AgentError: a password is wanted and none was given.
        """
        user, before, found = users.name_of(self._sites / spec.site), self.record(spec.site), self.standing(spec.site)
        self._write_keys(user, spec.keys)
        crashpoint("account.keyed")
        sealed = before.sealed if before else ""
        if not spec.recipient:
            sealed = ""
            _run(["usermod", "--password", "*", user])
        elif found is None or before is None or found.recipient != spec.recipient:
            if password is None:
                raise AgentError(BAD_REQUEST, "account: a new password is needed")
            sealed = password.sealed
            words = ["chpasswd", "--crypt-method", "SHA512", "--sha-rounds", str(ROUNDS)]
            _run(words, f"{user}:{password.plain}\n")
        crashpoint("account.opened")
        record = Record(spec.recipient, sealed, _digest(_shadow(user)), fence)
        files.replace(self._directory, f"{spec.site}.json", json.dumps(asdict(record)).encode())
        crashpoint("account.recorded")

    def take(self, name: str) -> None:
        """Let the site's user log in no more, and end what sessions there are."""
        owner = users.find(self._sites / name) if self._config.sftp is not None else None
        if owner is not None:
            _run(["usermod", "--password", "!", owner.name])
            crashpoint("account.locked")
            for file in (owner.name, f"{owner.name}.probe"):
                (self.offered().keys_dir / file).unlink(missing_ok=True)
            users.end_processes(owner.uid, b"sshd")
        files.remove(self._directory, f"{name}.json")

    def open_for_probe(self, name: str, key: str) -> None:
        """Let ``key`` log in to the account of ``name`` for a minute."""
        until = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + PROBE_SECONDS))
        line = f'restrict,expiry-time="{until}" {checked_key(key)}\n'
        with files.directory(self.offered().keys_dir) as at:
            files.replace(at, f"{users.name_of(self._sites / name)}.probe", line.encode(), durable=False)

    def close_probe(self, name: str) -> None:
        """Forget the probing key."""
        (self.offered().keys_dir / f"{users.name_of(self._sites / name)}.probe").unlink(missing_ok=True)

    def told(self, name: str) -> dict[str, Any]:
        """Where and as whom the account of ``name`` logs in, with the host's key to compare and the sealed password."""
        record = self.record(name)
        host, port = self.offered().address
        return {
            "user": users.name_of(self._sites / name),
            "host": host,
            "port": port,
            "host_key": " ".join(self.offered().host_key.read_text().split()[:2]),
            "password": record.sealed if record else "",
        }

    def try_rights(self) -> None:
        """Whether accounts can be given, where the host offers any.

        Raises:
            AgentError: the agent isn't root.
            OSError: keys can't be written, or the host's own can't be read.
        """
        if self._config.sftp is None:
            return
        self.offered().host_key.read_text()
        with files.directory(self.offered().keys_dir) as at:
            files.try_writing(at)

    def _keys(self, user: str) -> tuple[str, ...] | None:
        try:
            with files.directory(self.offered().keys_dir) as at:
                content = files.read(at, user, LIMIT)
        except files.NotOurs:
            return (CHANGED_BY_HAND,)
        if content is None:
            return None
        lines = content.decode(errors="replace").splitlines()
        return tuple(sorted(line.removeprefix("restrict ") for line in lines))

    def _write_keys(self, user: str, keys: tuple[str, ...]) -> None:
        with files.directory(self.offered().keys_dir) as at:
            files.replace(at, user, "".join(f"restrict {key}\n" for key in keys).encode())


def _shadow(user: str) -> str:
    with Path("/etc/shadow").open() as stream:
        for line in stream:
            name, _, rest = line.partition(":")
            if name == user:
                return rest.partition(":")[0]
    return "!"


def _usable(shadow: str) -> bool:
    """Whether some password opens it (crypt(3) writes nothing that begins so)."""
    return bool(shadow) and shadow[0] not in "!*"


def _digest(shadow: str) -> str:
    return hashlib.sha256(shadow.encode()).hexdigest()


def _run(command: list[str], given: str | None = None) -> None:
    done = commands.run(command, time.monotonic() + COMMAND_SECONDS, given)
    if done.returncode:
        raise AgentError(NO_PERMISSION, f"{command[0]}: {commands.short(done.stderr)}")
