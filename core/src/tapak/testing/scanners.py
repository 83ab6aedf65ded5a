"""Scanners that mean harm or fall over, to try the sandbox with; found by this module's name from inside it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tapak.sdk.scanning import Equipment, Finding, ScannedFile, Scanner


class Trial(Scanner):
    """The base of them: works with nothing."""

    name = "tapak.trial"
    title = "Percobaan"

    def prepare(self) -> Equipment:
        """Nothing is needed."""
        return Equipment("1")


class Snoop(Trial):
    """Tells what it could reach: each finding's rule is something that a sandbox should keep away."""

    name = "tapak.snoop"

    def scan(self, files: Sequence[ScannedFile]) -> Iterator[Finding]:
        """Try everything."""
        for rule, tried in (
            ("secret", lambda: Path("/etc/shadow").read_bytes()),
            ("environment", lambda: os.environ["TAPAK_DATABASE_URL"]),
            ("parent", lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes() if os.getppid() else 1 / 0),
            ("root", lambda: os.setuid(0)),
            ("host", lambda: socket.create_connection(("127.0.0.1", int(files[0].read(10))), timeout=2)),
            ("outside", lambda: socket.create_connection(("192.0.2.1", 80), timeout=2)),
            ("others", lambda: next(place for place in Path("/proc").glob("[0-9]*") if int(place.name) > 64)),
            ("large", lambda: Path("large").write_bytes(b"x" * 3_000_000)),
            ("memory", lambda: bytearray(2 * 1024**3)),
        ):
            try:
                tried()
            except (OSError, KeyError, StopIteration, MemoryError, ZeroDivisionError):
                continue
            yield Finding(rule, "critical", "terbuka")
        yield Finding("user", "info", str(os.getuid()))


class Forks(Trial):
    """Makes processes for as long as it can; the finding's line is how many."""

    name = "tapak.forks"

    def scan(self, files: Sequence[ScannedFile]) -> Iterator[Finding]:
        """At most a few hundred, each of which waits."""
        made = 0
        try:
            for _ in range(300):
                if os.fork() == 0:
                    time.sleep(30)
                    os._exit(0)
                made += 1
        except OSError:
            pass
        yield Finding("processes", "info", "proses", line=made)


class Endless(Trial):
    """Never ends."""

    name = "tapak.endless"

    def scan(self, files: Sequence[ScannedFile]) -> Iterator[Finding]:
        """Wait, with a child that waits as well."""
        if os.fork() == 0:
            os.setsid()
        time.sleep(600)
        yield Finding("awake", "info", "bangun")


class Dies(Trial):
    """Ends its process in the midst, as a bug in a library would."""

    name = "tapak.dies"

    def scan(self, files: Sequence[ScannedFile]) -> Iterator[Finding]:
        """One finding, then the end."""
        yield Finding("first", "low", "pertama")
        os.abort()


class Lies(Trial):
    """Has its process say that it is done, and what it likes."""

    name = "tapak.lies"

    def scan(self, files: Sequence[ScannedFile]) -> Iterator[Finding]:
        """Whatever the first file holds, on standard output."""
        os.write(1, files[0].read(10_000_000) + b"\n")
        yield from ()


class Raises(Trial):
    """Raises something of its own."""

    name = "tapak.raises"

    def scan(self, files: Sequence[ScannedFile]) -> Iterator[Finding]:
        """Fail."""
        raise LookupError("a bug")
