"""Working time: minutes and hours count only within shifts, "Hari" counts working days and starts the morning after.

Shifts are wall-clock times of the calendar's zone; every instant given back is aware and in UTC. A wall-clock time
that a change to summer time leaves out stands for the moment of the change, one that occurs twice for its first
occurrence, so no stretch of a day ever overlaps another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from tapak.sdk.errors import Invalid, TapakError
from tapak.sdk.procedure import TimeStandard

Stretch = tuple[datetime, datetime]

DAY = timedelta(days=1)
NOTHING = timedelta(0)
SEARCH_LIMIT = 2 * 366
DAY_NAMES = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")


class NoWorkingDay(TapakError):
    """A calendar has no working day for two years, so no deadline can be counted."""

    code = "no_working_day"
    status = 409

    def __init__(self, since: date) -> None:
        super().__init__(
            f"Kalender kerja tidak memuat hari kerja selama dua tahun sejak {since.isoformat()}. "
            "Periksa jam kerja dan hari libur pada kalender.",
            log=f"the working calendar has no working day within two years of {since.isoformat()}",
        )


@dataclass(frozen=True)
class Shift:
    """A stretch of work within a day, wall-clock, ``end`` excluded. An ``end`` of 00:00 is the end of that day.

    Raises:
        Invalid: it doesn't end after it starts.
    """

    start: time
    end: time

    def __post_init__(self) -> None:
        if self.end != time.min and self.end <= self.start:
            raise Invalid(
                f"Jam kerja {self.start:%H:%M}-{self.end:%H:%M} berakhir sebelum mulai. Jam selesai harus sesudah "
                "jam mulai; pekerjaan lewat tengah malam ditulis sebagai dua bagian.",
                log=f"shift {self.start}-{self.end} ends before it starts",
            )


@dataclass(frozen=True)
class WorkWeek:
    """The shifts of each weekday (0 is Monday), in order; breaks are what lies between them.

    Raises:
        Invalid: a weekday doesn't exist, or its shifts overlap or are out of order.
    """

    shifts: Mapping[int, tuple[Shift, ...]]

    def __post_init__(self) -> None:
        for weekday, shifts in self.shifts.items():
            if weekday not in range(7):
                raise Invalid(f"Hari ke-{weekday} tidak ada; pakai 0 (Senin) sampai 6 (Minggu).")
            for earlier, later in pairwise(shifts):
                if earlier.end == time.min or later.start < earlier.end:
                    raise Invalid(
                        f"Jam kerja {DAY_NAMES[weekday]} bertumpuk atau tidak urut. Urutkan dari pagi dan pisahkan.",
                        log=f"shifts of weekday {weekday} overlap or are out of order",
                    )


@dataclass(frozen=True)
class Season:
    """Days, both ends included, on which another week holds (Ramadan)."""

    first: date
    last: date
    week: WorkWeek

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise Invalid(
                f"Masa {self.first.isoformat()} sampai {self.last.isoformat()} berakhir sebelum mulai.",
                log=f"season {self.first}-{self.last} ends before it starts",
            )


@dataclass(frozen=True)
class WorkCalendar:
    """When an agency works. ``zone`` is an IANA name; where seasons overlap the first that holds the day is taken.

    Methods take aware datetimes of any zone and give UTC.

    Raises:
        Invalid: the zone is unknown.
    """

    zone: str
    week: WorkWeek
    seasons: tuple[Season, ...] = ()
    holidays: frozenset[date] = frozenset()
    _zone: ZoneInfo = field(init=False, repr=False, compare=False)
    _known: dict[date, tuple[Stretch, ...]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "_zone", ZoneInfo(self.zone))
        except (LookupError, ValueError, OSError) as unknown:
            raise Invalid(
                "Zona waktu tidak dikenal. Pakai nama IANA, misalnya Asia/Jakarta, Asia/Makassar atau Asia/Jayapura.",
                log=f"unknown time zone {self.zone!r}",
            ) from unknown

    def stretches(self, day: date) -> tuple[Stretch, ...]:
        """The stretches of work on the local ``day``, in order, as aware UTC (start, end)."""
        known = self._known.get(day)
        if known is None:
            wall = ((shift, day + DAY if shift.end == time.min else day) for shift in self._shifts(day))
            pairs = ((self._instant(day, shift.start), self._instant(last, shift.end)) for shift, last in wall)
            known = self._known[day] = tuple(pair for pair in pairs if pair[0] < pair[1])
        return known

    def add(self, start: datetime, minutes: int | timedelta) -> datetime:
        """The end of that much working time from ``start``; ``start`` itself for none.

        Raises:
            ValueError: the time is negative or ``start`` is naive.
            NoWorkingDay: there is no work for two years.
        """
        at = _utc(start)
        left = minutes if isinstance(minutes, timedelta) else timedelta(minutes=minutes)
        if left < NOTHING:
            raise ValueError(f"working time to add is negative: {left}")
        if not left:
            return at
        for begin, end in self._ahead(at):
            if end - begin >= left:
                return begin + left
            left -= end - begin
        raise AssertionError("the search ends by itself")

    def add_days(self, start: datetime, days: int) -> datetime:
        """The end of work on the ``days``-th working day after the local date of ``start``; ``start`` for none.

        Raises:
            ValueError: ``days`` is negative or ``start`` is naive.
            NoWorkingDay: there is no work for two years.
        """
        at = _utc(start)
        if days < 0:
            raise ValueError(f"working days to add are negative: {days}")
        if not days:
            return at
        for stretches in self._working_days(self._local_date(at) + DAY):
            days -= 1
            if not days:
                return stretches[-1][1]
        raise AssertionError("the search ends by itself")

    def due(self, start: datetime, standard: TimeStandard) -> datetime:
        """When work that begins at ``start`` has used up the upper bound of ``standard``."""
        if standard.unit == "day":
            return self.add_days(start, standard.amount)
        return self.add(start, standard.amount * (60 if standard.unit == "hour" else 1))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from ``start`` to ``end``; none where ``end`` isn't later."""
        first, last = _utc(start), _utc(end)
        total = NOTHING
        day, last_day = self._local_date(first), self._local_date(last)
        while day <= last_day:
            for begin, finish in self.stretches(day):
                total += max(min(finish, last) - max(begin, first), NOTHING)
            day += DAY
        return total

    def _shifts(self, day: date) -> tuple[Shift, ...]:
        if day in self.holidays:
            return ()
        week = next((season.week for season in self.seasons if season.first <= day <= season.last), self.week)
        return week.shifts.get(day.weekday(), ())

    def _ahead(self, at: datetime) -> Iterator[Stretch]:
        """What is left of each stretch from ``at`` on."""
        for stretches in self._working_days(self._local_date(at)):
            for begin, end in stretches:
                if end > at:
                    yield max(begin, at), end

    def _working_days(self, day: date) -> Iterator[tuple[Stretch, ...]]:
        idle = 0
        while idle <= SEARCH_LIMIT:
            stretches = self.stretches(day)
            if stretches:
                idle = 0
                yield stretches
            idle += 1
            day += DAY
        raise NoWorkingDay(day - idle * DAY)

    def _local_date(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()

    def _instant(self, day: date, wall: time) -> datetime:
        local = datetime.combine(day, wall, self._zone)
        offset, other = local.utcoffset() or NOTHING, local.replace(fold=1).utcoffset() or NOTHING
        instant = local.replace(tzinfo=UTC) - offset
        return instant if offset >= other else self._change_of_offset(instant - (other - offset), instant)

    def _change_of_offset(self, before: datetime, after: datetime) -> datetime:
        old = before.astimezone(self._zone).utcoffset()
        while after - before > timedelta(seconds=1):
            middle = before + (after - before) // 2
            if middle.astimezone(self._zone).utcoffset() == old:
                before = middle
            else:
                after = middle
        return after.replace(microsecond=0)


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a datetime without a time zone")
    return at.astimezone(UTC)


def _hours(*wall: str) -> tuple[Shift, ...]:
    times = [time.fromisoformat(text) for text in wall]
    return tuple(Shift(start, end) for start, end in zip(times[::2], times[1::2], strict=True))


STANDARD_WEEK = WorkWeek(
    {
        **dict.fromkeys(range(4), _hours("07:30", "12:00", "13:00", "16:00")),
        4: _hours("07:30", "11:30", "13:00", "16:30"),
    }
)
"""37.5 hours in five days."""

RAMADAN_WEEK = WorkWeek(
    {
        **dict.fromkeys(range(4), _hours("08:00", "12:00", "12:30", "15:00")),
        4: _hours("08:00", "11:30", "12:30", "15:30"),
    }
)
"""32.5 hours in five days."""


def calendar_to_json(calendar: WorkCalendar) -> dict[str, Any]:
    """``{zone, week: {"0": [["07:30", "12:00"], …]}, seasons: [{first, last, week}], holidays: ["2026-01-01"]}``."""
    return {
        "zone": calendar.zone,
        "week": _week_to_json(calendar.week),
        "seasons": [
            {"first": season.first.isoformat(), "last": season.last.isoformat(), "week": _week_to_json(season.week)}
            for season in calendar.seasons
        ],
        "holidays": sorted(day.isoformat() for day in calendar.holidays),
    }


def calendar_from_json(content: Mapping[str, Any]) -> WorkCalendar:
    """The calendar that :func:`calendar_to_json` wrote; seasons and holidays may be missing.

    Raises:
        Invalid: it can't be read as a calendar.
    """
    try:
        return WorkCalendar(
            zone=content["zone"],
            week=_week_from_json(content["week"]),
            seasons=tuple(_season_from_json(season) for season in content.get("seasons", ())),
            holidays=frozenset(date.fromisoformat(day) for day in content.get("holidays", ())),
        )
    except (LookupError, ValueError, TypeError, AttributeError) as unreadable:
        raise Invalid(
            "Kalender kerja tidak terbaca. Jam ditulis 07:30, tanggal ditulis 2026-01-31.",
            log=f"unreadable working calendar: {unreadable!r}",
        ) from unreadable


def _week_to_json(week: WorkWeek) -> dict[str, list[list[str]]]:
    return {
        str(weekday): [[shift.start.isoformat("minutes"), shift.end.isoformat("minutes")] for shift in shifts]
        for weekday, shifts in sorted(week.shifts.items())
    }


def _week_from_json(content: Mapping[str, Any]) -> WorkWeek:
    shifts = {
        int(weekday): tuple(Shift(time.fromisoformat(start), time.fromisoformat(end)) for start, end in pairs)
        for weekday, pairs in content.items()
    }
    return WorkWeek(shifts)


def _season_from_json(content: Mapping[str, Any]) -> Season:
    first, last = date.fromisoformat(content["first"]), date.fromisoformat(content["last"])
    return Season(first, last, _week_from_json(content["week"]))
