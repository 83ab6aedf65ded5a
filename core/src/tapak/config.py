"""What one process is told by its environment; every name starts with ``TAPAK_`` (docs/operations.md lists them)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tapak.sdk.errors import TapakError


class NotConfigured(TapakError):
    """The environment lacks something that this command needs."""

    code = "not_configured"

    def __init__(self, name: str) -> None:
        variable = f"TAPAK_{name.upper()}"
        super().__init__(
            f"{variable} belum ditetapkan.",
            log=f"{variable} is not set; docs/operations.md lists the environment (for the demo: tapak demo env)",
        )


@dataclass(frozen=True)
class Config:
    """Settings of a process.

    ``database_url`` connects as the app's role, ``relay_url`` as the relay's, ``owner_url`` as the owner's (only for
    migrations and platform acts). ``documents`` is a folder; ``identities`` a file of age identities, given only to
    workers that provision; ``sealed_identities`` one that a web process reads sealed registers with, only where an
    agency wants that. ``lease`` is seconds that a worker may hold a piece of work. ``scanning`` is the folder of
    scanners' rules, signatures and sockets; ``scan_user`` who a sandbox runs as where the worker is root.
    """

    database_url: str = ""
    relay_url: str = ""
    owner_url: str = ""
    redis_url: str = ""
    documents: Path = Path("var/documents")
    secret_key: str = ""
    identities: Path | None = None
    sealed_identities: Path | None = None
    lease: float = 30.0
    upload_limit: int = 20 * 1024 * 1024
    scanning: Path = Path("var/scanning")
    scan_user: str = "nobody"
    secure_cookies: bool = True
    proxies: int = 0

    @classmethod
    def from_environment(cls) -> Config:
        """The configuration of this process, from its environment."""
        env = os.environ
        identities, sealed = env.get("TAPAK_IDENTITIES"), env.get("TAPAK_SEALED_IDENTITIES")
        return cls(
            database_url=env.get("TAPAK_DATABASE_URL", ""),
            relay_url=env.get("TAPAK_RELAY_URL", ""),
            owner_url=env.get("TAPAK_OWNER_URL", ""),
            redis_url=env.get("TAPAK_REDIS_URL", ""),
            documents=Path(env.get("TAPAK_DOCUMENTS", "var/documents")),
            secret_key=env.get("TAPAK_SECRET_KEY", ""),
            identities=Path(identities) if identities else None,
            sealed_identities=Path(sealed) if sealed else None,
            lease=float(env.get("TAPAK_LEASE", "30")),
            upload_limit=int(env.get("TAPAK_UPLOAD_LIMIT", str(20 * 1024 * 1024))),
            scanning=Path(env.get("TAPAK_SCANNING", "var/scanning")),
            scan_user=env.get("TAPAK_SCAN_USER", "nobody"),
            secure_cookies=env.get("TAPAK_SECURE_COOKIES", "1") == "1",
            proxies=int(env.get("TAPAK_PROXIES", "0")),
        )

    def needed(self, name: str) -> str:
        """The setting ``name`` (``database_url``).

        Raises:
            NotConfigured: the environment doesn't give it.
        """
        value = str(getattr(self, name))
        if not value:
            raise NotConfigured(name)
        return value
