"""Local days and how dates and times are written in Indonesian."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from tapak.sdk.wording import day_words

INDONESIAN_ZONES = ("WIB", "WITA", "WIT")


def local_day(at: datetime, zone: str) -> date:
    """The day of the instant ``at`` (aware) in the IANA ``zone``."""
    return _local(at, zone).date()


def format_date(at: date | datetime, zone: str = "UTC") -> str:
    """``20 November 2026``: of a day as it is, of an instant (aware) in ``zone``."""
    day = local_day(at, zone) if isinstance(at, datetime) else at
    return day_words(day)


def zone_name(at: datetime, zone: str) -> str:
    """WIB, WITA or WIT where the IANA ``zone`` is one of Indonesia's; otherwise the offset from UTC at that instant."""
    local = _local(at, zone)
    name = local.tzname()
    return name if name in INDONESIAN_ZONES else f"UTC{local:%z}"


def _local(at: datetime, zone: str) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a datetime without a time zone")
    return at.astimezone(ZoneInfo(zone))
