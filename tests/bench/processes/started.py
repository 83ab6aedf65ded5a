"""Processes that run for as long as a block."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence

from tapak.jobs.supervisor import Supervisor


class Running:
    """A process that ends with the block."""

    def __init__(self, command: Sequence[str], env: dict[str, str]) -> None:
        self._process = subprocess.Popen(command, env=env)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)


class Workers:
    """What ``tapak work`` runs."""

    def __init__(self, env: dict[str, str], processes: int) -> None:
        self._supervisor = Supervisor(processes, env=env, grace=20)
        self._thread = threading.Thread(target=self._supervisor.run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._supervisor.stop()
        self._thread.join(40)
