"""Requests, bytes and answers per site, from the access log (``%V:%p %h %l %u %t "%r" %>s %O …``)."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tapak_webhost.agent.names import MARKER_NAME

# What is read of each file at most, from its end; the answer says since when it counts.
MAX_BYTES = 134_217_728
MAX_FILES = 32

_LINE = re.compile(
    rb'([^ :]{1,255})(?::\d+)? \S+ \S+ \S+ \[([^\]]{26})\] "(?:[^"\\]|\\.)*" ([1-5])\d\d (\d+|-)(?: .*)?\n?', re.DOTALL
)


@dataclass
class Count:
    """``status`` maps the first digit of the answers to how many there were."""

    requests: int = 0
    bytes: int = 0
    status: dict[str, int] = field(default_factory=dict)

    def add(self, status: str, size: int) -> None:
        """Count one request."""
        self.requests += 1
        self.bytes += size
        self.status[status] = self.status.get(status, 0) + 1


@dataclass
class Traffic:
    """What a period saw; ``hours`` maps the beginning of an hour (epoch seconds) to bytes sent in it."""

    since: float
    total: Count = field(default_factory=Count)
    sites: dict[str, Count] = field(default_factory=dict)
    hours: dict[int, int] = field(default_factory=dict)
    first: int | None = None


def count(log: Path, names: Iterable[str], since: float) -> Traffic:
    """Count what ``log`` and its rotated companions hold since that time, in all and for ``names``."""
    traffic = Traffic(since, sites={name: Count() for name in names})
    hours: dict[bytes, int | None] = {}
    for path in _files(log, since):
        for line in _lines(path):
            _take(traffic, hours, line)
    return traffic


def _files(log: Path, since: float) -> list[Path]:
    """``log``, ``log.1``, ``log.2.gz``, … as far as they were written since then."""
    companions = sorted(log.parent.glob(f"{log.name}.*"), key=lambda path: path.name)[:MAX_FILES]
    return [path for path in (log, *companions) if path.is_file() and path.stat().st_mtime >= since]


def _lines(path: Path) -> Iterator[bytes]:
    if path.suffix == ".gz":
        with gzip.open(path) as packed:
            yield from packed
        return
    with path.open("rb") as stream:
        if path.stat().st_size > MAX_BYTES:
            stream.seek(-MAX_BYTES, 2)
            stream.readline()
        yield from stream


def _take(traffic: Traffic, hours: dict[bytes, int | None], line: bytes) -> None:
    found = _LINE.fullmatch(line)
    if found is None:
        return
    host, stamp, status, sent = found.groups()
    key = stamp[:14] + stamp[20:]
    if key not in hours:
        hours[key] = _hour(key)
    hour = hours[key]
    name = host.decode("ascii", "replace")
    # Whole hours: one that began before the period doesn't count.
    if hour is None or hour < traffic.since or name == MARKER_NAME:
        return
    size = 0 if sent == b"-" else int(sent)
    traffic.first = hour if traffic.first is None else min(traffic.first, hour)
    traffic.hours[hour] = traffic.hours.get(hour, 0) + size
    traffic.total.add(status.decode(), size)
    if name in traffic.sites:
        traffic.sites[name].add(status.decode(), size)


def _hour(key: bytes) -> int | None:
    try:
        return int(datetime.strptime(key.decode(), "%d/%b/%Y:%H %z").timestamp())
    except ValueError:
        return None
