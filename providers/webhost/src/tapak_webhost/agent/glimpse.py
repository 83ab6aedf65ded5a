"""What a site's own unit may see of it: its releases, and the last lines of its logs."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tapak_webhost.agent import files, releases
from tapak_webhost.agent.config import Config
from tapak_webhost.agent.sites import Web

# What is read of a log at most, from its end.
TAIL = 4_194_304
LONGEST_LINE = 600
# Whose an error is stands in Apache's lines behind the process, in Nginx's at the end: what a visitor asked for, and
# what a message quotes of it, stands in between and may hold anything.
_ERROR = (
    rb"\[[^]]*\] \[[^]]*\] \[pid \d+\] \[host %(name)s(?::\d+)?\] .*|"
    rb'\d{4}/\d\d/\d\d .*, host: "%(name)s(?::\d+)?"(?:, referrer: "[^"]*")?'
)
MAX_LINES = 200


def gather(config: Config, web: Web, name: str, lines: int) -> dict[str, Any]:
    """Log lines begin with the site's name (access), name it as their host (errors), or are its PHP's."""
    asked = f"{name}:".encode()
    own_line = re.compile(_ERROR % {b"name": re.escape(name.encode())})
    own = _last(_php_log(web, name), lines, lambda line: True)
    served = _last(_tail(config.error_log), lines, lambda line: own_line.fullmatch(line) is not None)
    return {
        "releases": releases.kept(web, name),
        "access": _last(_tail(config.access_log), lines, lambda line: line.startswith(asked)),
        "errors": (served + own)[-lines:],
    }


def _last(content: bytes, lines: int, mine: Callable[[bytes], bool]) -> list[str]:
    found = [line for line in content.splitlines() if mine(line)]
    return [_shown(line) for line in found[-lines:]]


def _shown(line: bytes) -> str:
    text = line[:LONGEST_LINE].decode(errors="replace")
    return "".join(mark if mark.isprintable() else " " for mark in text)


def _tail(path: Path | None) -> bytes:
    if path is None:
        return b""
    with contextlib.suppress(FileNotFoundError), path.open("rb") as stream:
        return _end(stream.fileno())
    return b""


def _php_log(web: Web, name: str) -> bytes:
    """Written by the site's user, who may have put anything in its place: nothing but a regular file is opened."""
    with (
        contextlib.suppress(FileNotFoundError, files.NotOurs, OSError),
        files.directory(name, web.private) as private,
        files.directory("log", private) as log,
    ):
        fd = os.open("php.log", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=log)
        try:
            return _end(fd) if files.is_regular(fd) else b""
        finally:
            os.close(fd)
    return b""


def _end(fd: int) -> bytes:
    size = os.fstat(fd).st_size
    content = os.pread(fd, TAIL, max(0, size - TAIL))
    return content.partition(b"\n")[2] if size > TAIL else content
