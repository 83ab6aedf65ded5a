"""Addresses that a reload couldn't open.

The servers' own tests pass a port that somebody else holds or that they may not open. Apache's reload then takes it in,
and the server is gone with every site; Nginx's says that all is well and keeps the old configuration. So what is new
among them is tried before any reload.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tapak_webhost.agent.protocol import SERVER_BROKEN, AgentError

_FILE = re.compile(r"# In file: (.+)")
_LINE = re.compile(r" *#\s+(\d+):")
_LISTEN = re.compile(r"\s*Listen\s+\"?(?:(\[[0-9A-Fa-f:.]+\]|[0-9.]+|\*):)?([0-9]{1,5})\"?(?:\s.*)?", re.IGNORECASE)
_LISTENING = "0A"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
ANY = ipaddress.IPv4Address(0)


@dataclass(frozen=True)
class Listener:
    """One directive; ``address`` is IPv4's any address where none is given."""

    address: Address
    port: int
    file: str
    line: int
    directive: str = "Listen"


def check(wanted: Iterable[Listener], pid: int) -> None:
    """Try every listener that the server ``pid`` doesn't hold yet.

    Raises:
        AgentError: ``server_broken`` with file and line.
    """
    held = _held(pid)
    if held is None:
        return
    for listener in wanted:
        if _holds(held, listener):
            continue
        try:
            _try(listener)
        except AgentError:
            # The kernel tells its table in parts: where sockets come and go meanwhile, one may be left out.
            if not _holds(_held(pid) or frozenset(), listener):
                raise


def parse(dump: str) -> Iterator[Listener]:
    """The listeners in Apache's ``-D DUMP_CONFIG``."""
    file, line = "", 0
    for row in dump.splitlines():
        if found := _FILE.fullmatch(row):
            file = found[1]
        elif found := _LINE.fullmatch(row):
            line = int(found[1])
        elif found := _LISTEN.fullmatch(row):
            given = (found[1] or "*").strip("[]")
            address = ANY if given == "*" else ipaddress.ip_address(given)
            yield Listener(address, int(found[2]), file, line)


def _holds(held: frozenset[tuple[Address, int]], listener: Listener) -> bool:
    """A directive without an address is held as IPv6's any address."""
    if (listener.address, listener.port) in held:
        return True
    return listener.address.is_unspecified and (ipaddress.IPv6Address("::"), listener.port) in held


def _try(listener: Listener) -> None:
    family = socket.AF_INET if listener.address.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((str(listener.address), listener.port))
        except OSError as error:
            reason = f"{listener.directive} {listener.port}: {error.strerror}"
            message = f"{reason} ({listener.file} line {listener.line}); a reload would not hold"
            raise AgentError(SERVER_BROKEN, message, file=listener.file, line=listener.line, reason=reason) from None


def _held(pid: int) -> frozenset[tuple[Address, int]] | None:
    """Where ``pid`` listens, of proc(5); None where we may not look."""
    try:
        links = [entry.readlink().name for entry in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return None
    inodes = {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}
    rows = [line.split() for table in ("tcp", "tcp6") for line in _table(table)]
    return frozenset(_address(row[1]) for row in rows if row[3] == _LISTENING and row[9] in inodes)


def _table(name: str) -> list[str]:
    path = Path("/proc/net") / name
    return path.read_text().splitlines()[1:] if path.exists() else []


def _address(text: str) -> tuple[Address, int]:
    """``0100007F:1F90``: 32-bit words in the host's order."""
    packed, port = text.split(":")
    words = [bytes.fromhex(packed[start : start + 8])[::-1] for start in range(0, len(packed), 8)]
    return ipaddress.ip_address(b"".join(words)), int(port, 16)
