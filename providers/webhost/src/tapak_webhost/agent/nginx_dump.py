"""What ``nginx -T`` prints: the whole configuration, file by file."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from pathlib import PurePath

from tapak_webhost.agent.listeners import ANY, Listener

_FILE = re.compile(r"# configuration file (.+):")
_NAMES = re.compile(r"(?:^|[\s{;])server_name\s+([^;]*)")
_LISTEN = re.compile(r"(?:^|[\s{;])listen\s+\"?(?:(\[[0-9A-Fa-f:.]+\]|[0-9.]+|\*):)?([0-9]{1,5})\"?(?=[\s;])")
_LONE_ADDRESS = re.compile(r"(?:^|[\s{;])listen\s+\"?(\[[0-9A-Fa-f:.]+\]|[0-9]+(?:\.[0-9]+){3})\"?(?=[\s;])")


def listeners(dump: str) -> Iterator[Listener]:
    """Its listeners; a name or a socket's path in place of an address is left to the marker's proof."""
    for file, line, code in _rows(dump):
        for address, port in _LISTEN.findall(code):
            yield _listener(address or "*", int(port), file, line)
        for address in _LONE_ADDRESS.findall(code):
            yield _listener(address, 80, file, line)


def claimed(dump: str, name: str, ours: str) -> tuple[str, int]:
    """File and line where somebody else's block takes ``name``; ``ours`` is the file that may. ("", 0): not found."""
    for file, line, code in _rows(dump):
        words = {word.strip("\"'") for found in _NAMES.findall(code) for word in found.split()}
        if name in words and PurePath(file).name != ours:
            return file, line
    return "", 0


def _rows(dump: str) -> Iterator[tuple[str, int, str]]:
    file, line = "", 0
    for row in dump.splitlines():
        if found := _FILE.fullmatch(row):
            file, line = found[1], 0
            continue
        line += 1
        yield file, line, row.partition("#")[0]


def _listener(given: str, port: int, file: str, line: int) -> Listener:
    bare = given.strip("[]")
    return Listener(ANY if bare == "*" else ipaddress.ip_address(bare), port, file, line, "listen")
