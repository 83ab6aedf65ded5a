"""Requests, bytes and answers per site, from the access log (``%V:%p %h %l %u %t "%r" %>s %O …``)."""

from __future__ import annotations

import gzip
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
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
    for hour, name, status, size in _requests(log, since):
        # Whole hours: one that began before the period doesn't count.
        if hour < since:
            continue
        traffic.first = hour if traffic.first is None else min(traffic.first, hour)
        traffic.hours[hour] = traffic.hours.get(hour, 0) + size
        traffic.total.add(status, size)
        if name in traffic.sites:
            traffic.sites[name].add(status, size)
    return traffic


def tally(log: Path, names: Iterable[str], bounds: Sequence[int]) -> tuple[list[dict[str, Count]], int | None]:
    """Count each of ``names`` between every two of ``bounds`` (epoch seconds of whole hours, rising), in one pass.

    Also tells since when the log counts: the first hour that it has, None where it reaches back before the first bound.
    """
    wanted = frozenset(names)
    spans = [{name: Count() for name in wanted} for _ in bounds[1:]]
    first: int | None = bounds[-1]
    for hour, name, status, size in _requests(log, bounds[0]):
        first = None if first is None or hour < bounds[0] else min(first, hour)
        if name in wanted and bounds[0] <= hour < bounds[-1]:
            spans[bisect_right(bounds, hour) - 1][name].add(status, size)
    return spans, None if _has_older(log, bounds[0]) else first


def _has_older(log: Path, since: float) -> bool:
    """Whether a rotated companion ended before that time, so that nothing since then is missing."""
    return any(path.is_file() and path.stat().st_mtime < since for path in log.parent.glob(f"{log.name}.*"))


def _requests(log: Path, since: float) -> Iterator[tuple[int, str, str, int]]:
    """Hour (epoch seconds of its beginning), site, first digit of the answer and bytes sent, of every request."""
    hours: dict[bytes, int | None] = {}
    for path in _files(log, since):
        for line in _lines(path):
            found = _LINE.fullmatch(line)
            if found is None:
                continue
            host, stamp, status, sent = found.groups()
            key = stamp[:14] + stamp[20:]
            if key not in hours:
                hours[key] = _hour(key)
            hour, name = hours[key], host.decode("ascii", "replace")
            if hour is not None and name != MARKER_NAME:
                yield hour, name, status.decode(), 0 if sent == b"-" else int(sent)


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


def _hour(key: bytes) -> int | None:
    try:
        return int(datetime.strptime(key.decode(), "%d/%b/%Y:%H %z").timestamp())
    except ValueError:
        return None
