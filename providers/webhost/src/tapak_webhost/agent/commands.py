"""Programs of the host that the agent runs: their words come from its own settings and from values it checked."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tapak_webhost.agent.protocol import RELOAD_UNPROVED, SERVER_BROKEN, AgentError

LONGEST_COMMAND = 30.0
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C"}

Done = subprocess.CompletedProcess[str]


def run(command: Sequence[str], deadline: float, given: str | None = None) -> Done:
    """Run ``command`` without a shell, ``given`` as its input.

    Raises:
        AgentError: it can't be started, or didn't end by ``deadline``.
    """
    left = max(min(deadline - time.monotonic(), LONGEST_COMMAND), 0.01)
    try:
        return subprocess.run(  # noqa: S603
            list(command),
            input=given or "",
            capture_output=True,
            text=True,
            errors="replace",
            timeout=left,
            check=False,
            env=ENVIRONMENT,
        )
    except subprocess.TimeoutExpired:
        raise AgentError(RELOAD_UNPROVED, f"{Path(command[0]).name} took longer than {left:.1f} s") from None
    except OSError as error:
        raise AgentError(SERVER_BROKEN, f"{command[0]} can't be run: {error.strerror}") from None


def short(output: str) -> str:
    """What a program said, on one line."""
    return " ".join(output.split())[:400]


def living(pid_file: Path) -> int | None:
    """The process that a pid file names, while it lives."""
    try:
        pid = int(pid_file.read_text())
        os.kill(pid, 0)
    except (FileNotFoundError, ValueError, ProcessLookupError, OverflowError):
        return None
    except PermissionError:
        return pid
    return pid
