"""What Apache's ``-D DUMP_CONFIG`` prints: every directive with its file and line."""

from __future__ import annotations

import re
from pathlib import PurePath

_FILE = re.compile(r"# In file: (.+)")
_LINE = re.compile(r" *#\s+(\d+):")
_NAMES = re.compile(r"\s*Server(?:Name|Alias)\s+(.+)", re.IGNORECASE)
_NAME = re.compile(r'"?(?:https?://)?([^:"]+)(?::\d+)?"?')


def claimed(dump: str, name: str, ours: str) -> tuple[str, int]:
    """File and line where somebody else's block takes ``name``; ``ours`` is the file that may. ("", 0): nowhere."""
    file, line = "", 0
    for row in dump.splitlines():
        if found := _FILE.fullmatch(row):
            file = found[1]
        elif found := _LINE.fullmatch(row):
            line = int(found[1])
        elif (found := _NAMES.fullmatch(row)) and PurePath(file).name != ours:
            words = (_NAME.fullmatch(word) for word in found[1].split())
            if name in {word[1].lower() for word in words if word}:
                return file, line
    return "", 0
