"""A report as data: tables with typed columns, which every format writes in its own way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tapak.tenants.dates import zone_name

Cell = str | int | date | datetime | None
"""A ``datetime`` is naive, by the tenant's clock."""
TEXT, NUMBER, DAY, MOMENT = "text", "number", "day", "moment"


@dataclass(frozen=True)
class Column:
    """A column. ``kind`` is text, number, day or moment; ``wide`` ones hold sentences."""

    label: str
    kind: str = TEXT
    wide: bool = False


@dataclass(frozen=True)
class Table:
    """A table. ``rows`` may be lazy, and are then gone through once; ``total`` is its last line, if it has one."""

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]
    total: Sequence[Cell] = ()


@dataclass(frozen=True)
class Stamp:
    """Who had a report made, and when: ``at`` by the tenant's clock, whose zone is called ``zone``."""

    by: str
    at: datetime
    zone: str

    @classmethod
    def of(cls, now: datetime, time_zone: str, by: str) -> Stamp:
        """The stamp of the instant ``now`` (aware) in the IANA ``time_zone``."""
        local = now.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None, microsecond=0)
        return cls(by, local, zone_name(now, time_zone))


@dataclass(frozen=True)
class Report:
    """Tables under one title. ``about`` are labels with texts; ``name`` is the file's, without suffix."""

    name: str
    title: str
    tables: Sequence[Table]
    stamp: Stamp
    about: Sequence[tuple[str, str]] = ()
