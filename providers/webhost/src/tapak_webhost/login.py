"""Keys and doors of SSH, and a log-in over SFTP as an account's owner does it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncssh
from asyncssh.public_key import get_default_public_key_algs

T = TypeVar("T")

HOME = "/public"


@dataclass(frozen=True)
class Door:
    """Where and as whom one logs in by SSH; ``host_key`` has what the server may show, a line (type, base64) each."""

    user: str
    host: str
    port: int
    host_key: str

    @property
    def url(self) -> str:
        """In words for people."""
        return f"{self.user}@{self.host}:{self.port}"

    @property
    def known_hosts(self) -> tuple[list[asyncssh.SSHKey], list[asyncssh.SSHKey], list[asyncssh.SSHKey]]:
        """The pinned keys as asyncssh takes them, whatever the port: no authorities, and none that are revoked."""
        return [asyncssh.import_public_key(line) for line in self.host_key.splitlines() if line.strip()], [], []

    @property
    def host_key_types(self) -> list[str]:
        """What the server is asked to show: the pinned types first, and all others, so that it can't just hang up."""
        pinned = [kind for key in self.known_hosts[0] for kind in key.sig_algorithms]
        return [kind.decode() for kind in dict.fromkeys([*pinned, *get_default_public_key_algs()])]


def new_key() -> tuple[asyncssh.SSHKey, str]:
    """A key for one look, and its public half as OpenSSH writes it."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    return key, " ".join(key.export_public_key().decode().split()[:2])


def private_key(text: str) -> asyncssh.SSHKey:
    """The private key in ``text``, also as a browser sends lines.

    Raises:
        asyncssh.KeyImportError: it is none, or locked with a passphrase.
    """
    return asyncssh.import_private_key("\n".join(text.split("\r\n")).strip() + "\n")


def run_alone(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What ``work`` gives, in a thread and loop of its own: the caller's thread may have a loop that runs."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(work())).result()


def try_login(door: Door, timeout: float, *, key: asyncssh.SSHKey | None = None, password: str | None = None) -> str:
    """Log in, and write, read and remove a file where the site's files go; "" when all went well, else what didn't."""
    try:
        return run_alone(lambda: asyncio.wait_for(_look(door, [key] if key else [], password), timeout))
    except asyncssh.PermissionDenied:
        return "tidak diterima"
    except (asyncssh.HostKeyNotVerifiable, asyncssh.KeyImportError):
        return "kunci server bukan yang dikenal"
    except TimeoutError:
        return "tidak menjawab dalam batas waktu"
    except (OSError, asyncssh.Error) as error:
        return f"gagal ({type(error).__name__})"


async def _look(door: Door, keys: Sequence[asyncssh.SSHKey], password: str | None) -> str:
    options: dict[str, Any] = {"client_keys": list(keys), "password": password, "agent_path": None, "config": None}
    async with (
        asyncssh.connect(
            door.host, door.port, username=door.user, known_hosts=door.known_hosts, gss_host=None, **options
        ) as connection,
        connection.start_sftp_client() as sftp,
    ):
        if await sftp.realpath(".") != HOME:
            return f"tidak berada di {HOME}"
        return await _write(sftp)


async def _write(sftp: asyncssh.SFTPClient) -> str:
    name, word = f".tapak-{secrets.token_hex(8)}", secrets.token_hex(8)
    try:
        async with sftp.open(name, "w") as file:
            await file.write(word)
        async with sftp.open(name) as file:
            return "" if await file.read() == word else "isi berkas berubah"
    finally:
        await sftp.remove(name)
