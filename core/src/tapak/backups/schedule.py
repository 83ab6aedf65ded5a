"""When a plan runs next: pure rules."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from tapak.sdk.backups import Backup


def next_run(spec: Backup, zone: ZoneInfo, now: datetime) -> datetime:
    """The first of the plan's times of the day after ``now``; a time that a clock change skips comes an hour later."""
    today = now.astimezone(zone).date()
    days = (today + timedelta(days=number) for number in range(2))
    times = (datetime.combine(day, time.fromisoformat(at), zone) for day in days for at in spec.at)
    return min(each for each in times if each > now)


def is_due(spec: Backup, zone: ZoneInfo, last: datetime | None, now: datetime) -> bool:
    """Whether a run is to begin: at once where there was none, else as soon as one of the plan's times has passed."""
    return last is None or next_run(spec, zone, last) <= now


def next_test(spec: Backup, last: datetime) -> datetime:
    """When what was kept is to be tried again after a test at ``last``."""
    return last + timedelta(days=spec.test_days)
