"""gunicorn's settings in a deployment that tests use: each request is served at the moment that the clock's file tells.

A test needn't wait for Friday (time-machine), nor for a process to start anew.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

CLOCK = Path(os.environ["TAPAK_CLOCK"])


class Present:
    """What this process takes for the present."""

    def __init__(self) -> None:
        self._ahead = ""
        self._elsewhere: time_machine.travel | None = None
        self._turning = threading.Lock()

    def follow(self) -> None:
        """Go where the clock's file tells, and on from there."""
        ahead = ""
        with suppress(FileNotFoundError):
            ahead = CLOCK.read_text()
        with self._turning:
            if ahead == self._ahead:
                return
            if self._elsewhere:
                self._elsewhere.stop()
            self._elsewhere = None
            if ahead:
                self._elsewhere = time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(ahead)))
                self._elsewhere.start()
            self._ahead = ahead


_present = Present()


def pre_request(worker: object, request: object) -> None:
    """What gunicorn calls before each request."""
    _present.follow()
