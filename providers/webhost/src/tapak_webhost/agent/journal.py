"""What was there before, written down before anything is changed: the undo of a change to the server's files."""

from __future__ import annotations

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


def end(journal_fd: int, entry: Entry) -> None:
    """The change is whole, or wholly undone."""
    files.remove(journal_fd, entry.name)


def pending(journal_fd: int) -> list[Entry]:
    """Changes whose agent died."""
    found = []
    for name in sorted(os.listdir(journal_fd)):
        content = files.read(journal_fd, name, LIMIT)
        if name != files.DRAFT and content is not None:
            found.append(Entry(**json.loads(content)))
    return found
