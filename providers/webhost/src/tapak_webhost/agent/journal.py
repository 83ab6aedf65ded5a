"""What was there before, written down before anything is changed: the undo of a change to the server's files."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass

from tapak_webhost.agent import files

LIMIT = 1_048_576


@dataclass(frozen=True)
class Entry:
    """One change under way. ``vhost`` is the site's own file as it was; ``removed`` where the site was moved to."""

    name: str
    change: str
    vhost: str | None
    removed: str = ""


def write(journal_fd: int, entry: Entry) -> None:
    """Make ``entry`` durable; there is one per site."""
    files.replace(journal_fd, entry.name, json.dumps(asdict(entry)).encode())


def hold(journal_fd: int, entry: Entry) -> int:
    """Say that its agent lives on while it lets others at the host; gives what is closed in the end."""
    fd = os.open(entry.name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=journal_fd)
    fcntl.flock(fd, fcntl.LOCK_EX)
    return fd


def under_way(journal_fd: int, name: str) -> Entry | None:
    """The change of ``name`` that a living agent holds."""
    try:
        fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=journal_fd)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        content = files.read(journal_fd, name, LIMIT)
        return None if content is None else Entry(**json.loads(content))
    finally:
        os.close(fd)
    return None


def end(journal_fd: int, entry: Entry) -> None:
    """The change is whole, or wholly undone."""
    files.remove(journal_fd, entry.name)


def pending(journal_fd: int) -> list[Entry]:
    """Changes whose agent died."""
    found = []
    for name in sorted(os.listdir(journal_fd)):
        content = files.read(journal_fd, name, LIMIT)
        if name != files.DRAFT and content is not None and under_way(journal_fd, name) is None:
            found.append(Entry(**json.loads(content)))
    return found
