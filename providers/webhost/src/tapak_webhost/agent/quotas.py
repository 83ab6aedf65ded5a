"""Whether the disk under sites has quotas: told to who tests the connection."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tapak_webhost.agent import kernel

_ESCAPED = re.compile(r"\\([0-7]{3})")


def enforced(place: Path) -> bool:
    """Whether the file system of ``place`` enforces quotas of users."""
    found = place.stat().st_dev
    device = f"{os.major(found)}:{os.minor(found)}"
    mounts = (line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines())  # proc_pid_mountinfo(5)
    sources = {_plain(words[words.index("-") + 2]) for words in mounts if words[2] == device}
    return any(kernel.enforces_quotas(source) for source in sources)


def _plain(source: str) -> str:
    return _ESCAPED.sub(lambda octal: chr(int(octal[1], 8)), source)
