"""Places where a test lets the agent die as if the power had gone."""

from __future__ import annotations

import os
import signal

CRASHPOINTS = (
    "create.staged",
    "create.placed",
    "update.paged",
    "update.written",
    "delete.moved",
    "site.owned",
    "site.suspended",
    "php.written",
    "php.stopped",
    "php.started",
    "release.unpacked",
    "release.placed",
    "release.recorded",
    "release.diverted",
    "release.switched",
    "release.named",
    "release.dropped",
    "account.keyed",
    "account.opened",
    "account.recorded",
    "account.locked",
    "https.placed",
    "https.switched",
    "vhost.journaled",
    "vhost.placed",
    "vhost.marked",
    "vhost.shared",
    "vhost.reloaded",
    "vhost.committed",
)


def crashpoint(name: str) -> None:
    """Kill this process here when ``TAPAK_CRASHPOINT`` names the place."""
    if name not in CRASHPOINTS:
        raise ValueError(f"unknown crash point {name!r}")
    if os.environ.get("TAPAK_CRASHPOINT") == name:
        os.kill(os.getpid(), signal.SIGKILL)
