"""Figures of the host and its sites, for the people who review a request."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tapak_webhost.agent import access_log, files
from tapak_webhost.agent.config import Config

MAX_FILES = 500_000
DAY = 86_400


def gather(config: Config, names: Sequence[str], days: int) -> dict[str, Any]:
    """Sizes in bytes, times in epoch seconds. ``names`` are looked at one by one."""
    now = time.time()
    # The period begins at a whole hour, so that every hour in it is complete.
    since = (now - days * DAY) // 3600 * 3600
    traffic = access_log.count(config.access_log, names, since)
    return {
        "disk": _disk(config.web_dir),
        "load": list(os.getloadavg()),
        "processors": os.cpu_count() or 1,
        "memory": _memory(),
        "sites": _sites(config.web_dir),
        "traffic": {
            "days": days,
            "since": since,
            "until": now,
            "first": traffic.first,
            "busiest_hour": max(traffic.hours.values(), default=0),
            **asdict(traffic.total),
        },
        "usage": {name: {**_size(config.web_dir, name), **asdict(traffic.sites[name])} for name in names},
    }


def usage(config: Config, names: Sequence[str], bounds: Sequence[int]) -> dict[str, Any]:
    """What each of ``names`` was asked for between every two of ``bounds``, and what it takes on disk now.

    ``first`` is since when the log counts; None where it counts all of it.
    """
    spans, first = access_log.tally(config.access_log, names, bounds)
    return {
        "first": first,
        "disk": {name: _size(config.web_dir, name)["disk"] for name in names},
        "spans": [{name: asdict(found) for name, found in span.items()} for span in spans],
    }


def _sites(web_dir: Path) -> int:
    try:
        with os.scandir(web_dir / "sites") as entries:
            return sum(1 for entry in entries if entry.is_dir(follow_symlinks=False))
    except FileNotFoundError:
        return 0


def _disk(place: Path) -> dict[str, int]:
    found = os.statvfs(place)
    return {"total": found.f_blocks * found.f_frsize, "free": found.f_bavail * found.f_frsize}


def _memory() -> dict[str, int]:
    """proc_meminfo(5); its figures are in KiB."""
    lines = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
    found = {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines}
    return {"total": found["MemTotal"], "available": found["MemAvailable"]}


def _size(web_dir: Path, name: str) -> dict[str, Any]:
    """What the site takes on disk, with its releases and its PHP's files; ``disk`` is None where there is no site."""
    taken, seen = _walked(web_dir / "sites", name, 0)
    if taken is None:
        return {"disk": None, "files": 0, "complete": True}
    private, seen = _walked(web_dir / "private", name, seen)
    return {"disk": taken + (private or 0), "files": seen, "complete": seen <= MAX_FILES}


def _walked(place: Path, name: str, seen: int) -> tuple[int | None, int]:
    """Bytes taken below ``place/name`` (None: nothing is there), and ``seen`` with what was seen here."""
    with contextlib.suppress(FileNotFoundError, files.NotOurs), files.directory(place) as above:
        with files.directory(name, above) as top:
            taken, more = files.measure(top, max(0, MAX_FILES - seen))
        return taken, seen + more
    return None, seen
