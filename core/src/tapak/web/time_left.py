"""What is left until deadlines, in working time and in words; many of them on one page cost little."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from flask_babel import gettext, ngettext

from tapak.engine.working_time import DAY, NOTHING, WorkCalendar

HOUR = timedelta(hours=1)
SOON = HOUR
FAR = timedelta(days=60)
"""Beyond this nobody counts days, and a page needn't either."""


@dataclass(frozen=True)
class TimeLeft:
    """``tone`` is late, soon or calm; ``words`` say the same."""

    words: str
    tone: str


@dataclass(frozen=True)
class Countdown:
    """Working time between ``now`` and deadlines: each day's is summed once, however many deadlines fall on it."""

    calendar: WorkCalendar
    now: datetime
    _sums: dict[date, timedelta] = field(init=False, repr=False, default_factory=dict)
    _told: dict[tuple[bool, int], TimeLeft] = field(init=False, repr=False, default_factory=dict)

    def left(self, at: datetime) -> TimeLeft:
        """How long until ``at``, or since."""
        late, distance = at < self.now, abs(at - self.now)
        if distance <= FAR:
            span = self.between(at)
            return _time_left(late, span, self.words(span))
        months = distance.days // 30
        if (late, months) not in self._told:
            words = ngettext("lebih dari %(num)d bulan", "lebih dari %(num)d bulan", months)
            self._told[late, months] = _time_left(late, FAR, words)
        return self._told[late, months]

    def between(self, at: datetime) -> timedelta:
        """The working time from ``now`` to ``at``, or from ``at`` to ``now``."""
        day = at.astimezone(self._zone).date()
        before_at = sum((min(end, at) - begin for begin, end in self.calendar.stretches(day) if begin < at), NOTHING)
        return abs(self._since_today(day) + before_at - self._gone_today)

    def words(self, span: timedelta) -> str:
        """Working time roughly, as people say it: ``20 menit``, ``3 jam kerja``, ``2 hari kerja``."""
        if span < timedelta(minutes=1):
            return gettext("kurang dari 1 menit")
        if span < HOUR:
            return ngettext("%(num)d menit", "%(num)d menit", span // timedelta(minutes=1))
        if span < self._usual_day:
            return ngettext("%(num)d jam kerja", "%(num)d jam kerja", span // HOUR)
        return ngettext("%(num)d hari kerja", "%(num)d hari kerja", span // self._usual_day)

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.calendar.zone)

    @cached_property
    def _today(self) -> date:
        return self.now.astimezone(self._zone).date()

    @cached_property
    def _gone_today(self) -> timedelta:
        stretches = self.calendar.stretches(self._today)
        return sum((min(end, self.now) - begin for begin, end in stretches if begin < self.now), NOTHING)

    @cached_property
    def _usual_day(self) -> timedelta:
        """The length of the first whole working day from a week ago on; a calendar day where there is none."""
        days = (self._length(self._today + DAY * ahead) for ahead in range(-7, 15))
        return next((length for length in days if length), DAY)

    def _length(self, day: date) -> timedelta:
        return sum((end - begin for begin, end in self.calendar.stretches(day)), NOTHING)

    def _since_today(self, day: date) -> timedelta:
        """The working time from the start of today to the start of ``day``; negative where it lies before."""
        known = self._sums
        if day not in known:
            step = DAY if day > self._today else -DAY
            at = self._today
            total = known.setdefault(at, NOTHING)
            while at != day:
                total = total + self._length(at) if step == DAY else total - self._length(at + step)
                at += step
                total = known.setdefault(at, total)
        return known[day]


def _time_left(late: bool, span: timedelta, words: str) -> TimeLeft:
    if late:
        return TimeLeft(gettext("terlambat %(span)s", span=words), "late")
    return TimeLeft(gettext("tinggal %(span)s", span=words), "soon" if span < SOON else "calm")


def time_left(calendar: WorkCalendar, now: datetime, at: datetime) -> TimeLeft:
    """How long until ``at``, or since."""
    return Countdown(calendar, now).left(at)
