"""Changes by agents side by side share a reload: whoever has placed a file waits until those behind it have as well.

Locks of the kernel's (flock(2)) say who is in the line and which change is under way: they end with their agent.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from tapak_webhost.agent import files

LINE = "line"
# For how long a placed change waits for others at most: they come one after the other, and may never end.
PATIENCE = 0.25


class Line:
    """The agents of a host that are about to place a change; this one stands in it until it leaves."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def leave(self) -> bool:
        """Leave it; whether others are in it."""
        return not _empty(self._fd)


@contextlib.contextmanager
def line(state_dir: Path) -> Iterator[Line]:
    """Stand in the line of the host whose agents keep their state there."""
    with _opened(state_dir) as fd:
        fcntl.flock(fd, fcntl.LOCK_SH)
        yield Line(fd)


def wait(state_dir: Path, by: float) -> None:
    """Wait until nobody stands in the line, or until ``by``."""
    with _opened(state_dir) as fd:
        while not _empty(fd) and time.monotonic() < by:
            time.sleep(0.002)


@contextlib.contextmanager
def _opened(state_dir: Path) -> Iterator[int]:
    files.make_directory(state_dir, mode=0o700)
    fd = os.open(state_dir / LINE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        yield fd
    finally:
        os.close(fd)


def _empty(fd: int) -> bool:
    """Whether nobody else stands in it; a lock that ``fd`` had is let go."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        # Whether one that couldn't be turned into another is kept, systems differ.
        fcntl.flock(fd, fcntl.LOCK_UN)
        return False
    fcntl.flock(fd, fcntl.LOCK_UN)
    return True
