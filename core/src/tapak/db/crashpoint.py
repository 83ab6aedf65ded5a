"""Places between two effects where a test lets the process die as if the power had gone."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

JOB_LEASED = "job.leased"
PROVISION_READ = "provision.read"
PROVISION_INTENT = "provision.intent_written"
PROVISION_APPLIED = "provision.applied"
PROVISION_VERIFIED = "provision.verified"
PROVISION_RECORDED = "provision.recorded"
NUMBER_TAKEN = "number.taken"
DOCUMENT_RENDERED = "document.rendered"
DOCUMENT_RECORDED = "document.recorded"
SCAN_STARTED = "scan.started"
SCAN_FINISHED = "scan.finished"

CRASHPOINTS = frozenset(
    {
        JOB_LEASED,
        PROVISION_READ,
        PROVISION_INTENT,
        PROVISION_APPLIED,
        PROVISION_VERIFIED,
        PROVISION_RECORDED,
        NUMBER_TAKEN,
        DOCUMENT_RENDERED,
        DOCUMENT_RECORDED,
        SCAN_STARTED,
        SCAN_FINISHED,
    }
)


def crashpoint(name: str) -> None:
    """Kill this process here when ``TAPAK_CRASHPOINT`` names the place.

    Where ``TAPAK_CRASHPOINT_MARK`` names a file, only the process that makes the file dies, so that a restarted one
    goes on.

    Raises:
        ValueError: no such place is declared.
    """
    if name not in CRASHPOINTS:
        raise ValueError(f"unknown crash point {name!r}")
    if os.environ.get("TAPAK_CRASHPOINT") != name:
        return
    mark = os.environ.get("TAPAK_CRASHPOINT_MARK")
    with suppress(FileExistsError):
        if mark:
            Path(mark).touch(exist_ok=False)
        os.kill(os.getpid(), signal.SIGKILL)
