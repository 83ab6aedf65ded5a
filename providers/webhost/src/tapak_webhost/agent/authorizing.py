"""The line of ``authorized_keys`` through which Tapak's workers reach this agent, and nothing else (sshd(8))."""

from __future__ import annotations

import base64
import binascii
import re
import shlex
import sys
from pathlib import Path

_KEY = re.compile(
    r"(ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521)|ssh-rsa|sk-[a-z0-9@.-]{1,60}) ([A-Za-z0-9+/=]{40,4000})"
)


def authorized_line(given: str, config: Path) -> str:
    """For the public key ``given``, as OpenSSH writes it or as the path of its file; ``config`` is the agent's.

    ``restrict`` takes away forwarding, terminals and whatever else sshd may learn to give; the command stands in for
    anything that is asked for.

    Raises:
        ValueError: it is no public key.
    """
    key = _public_key(given)
    # As it runs now, in isolated mode: neither the account's files nor its environment lead Python elsewhere.
    command = shlex.join([sys.executable, "-I", "-m", "tapak_webhost.agent", "--config", str(config.resolve())])
    if not command.isprintable() or set(command) & set('"\\'):
        raise ValueError(f"this path can't stand in authorized_keys: {command}")
    return f'restrict,command="{command}" {key} tapak\n'


def _public_key(given: str) -> str:
    try:
        text = given if " " in given.strip() else Path(given).read_text()
    except (OSError, ValueError) as error:
        raise ValueError(f"{given}: {error}") from None
    found = _KEY.fullmatch(" ".join(text.split()[:2]))
    if found is None or len(text.strip().splitlines()) != 1:
        raise ValueError(f"{given[:80]}: not a public key")
    kind = found[1].encode()
    try:
        body = base64.b64decode(found[2], validate=True)
    except binascii.Error:
        body = b""
    # The key itself begins with its type (RFC 4253 section 6.6).
    if not body.startswith(len(kind).to_bytes(4) + kind):
        raise ValueError(f"{given[:80]}: not a public key")
    return found[0]
