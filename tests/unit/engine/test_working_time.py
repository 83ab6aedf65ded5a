"""Working time: the calendar's own days, the order of instants, and zones that change their clocks."""

from __future__ import annotations

import json
import time as stopwatch
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapak.engine.working_time import (
    RAMADAN_WEEK,
    STANDARD_WEEK,
    NoWorkingDay,
    Season,
    Shift,
    WorkCalendar,
    WorkWeek,
    calendar_from_json,
    calendar_to_json,
)
from tapak.sdk.errors import Invalid
from tapak.sdk.procedure import TimeStandard

WITA = ZoneInfo("Asia/Makassar")
NEW_YORK = ZoneInfo("America/New_York")
OFFICE = WorkCalendar(
    zone="Asia/Makassar",
    week=STANDARD_WEEK,
    seasons=(Season(date(2026, 2, 18), date(2026, 3, 19), RAMADAN_WEEK),),
    holidays=frozenset({date(2026, 12, 24), date(2026, 12, 25)}),
)
WHOLE_DAY = (Shift(time(0), time(0)),)
ROUND_THE_CLOCK = WorkCalendar("America/New_York", WorkWeek(dict.fromkeys(range(7), WHOLE_DAY)))
NIGHTLY = WorkCalendar(
    "America/New_York",
    WorkWeek(dict.fromkeys(range(7), (Shift(time(1, 30), time(2, 30)), Shift(time(2, 45), time(4))))),
)
MIDNIGHT_CHANGE = WorkCalendar("America/Santiago", WorkWeek(dict.fromkeys(range(7), WHOLE_DAY)))
CALENDARS = st.sampled_from([OFFICE, ROUND_THE_CLOCK, NIGHTLY, MIDNIGHT_CHANGE])
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
AMOUNTS = st.timedeltas(timedelta(0), timedelta(days=30))


def wita(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=WITA)


def test_ninety_minutes_begun_late_on_friday_end_on_monday() -> None:
    assert OFFICE.add(wita(11, 20, 15, 45), 90) == wita(11, 23, 8, 15)


@pytest.mark.parametrize(
    ("week", "hours"), [(STANDARD_WEEK, timedelta(hours=37.5)), (RAMADAN_WEEK, timedelta(hours=32.5))]
)
def test_the_weeks_have_their_printed_hours(week: WorkWeek, hours: timedelta) -> None:
    assert WorkCalendar("Asia/Makassar", week).between(wita(6, 1), wita(6, 8)) == hours


def test_stretches_are_utc_and_leave_out_the_break() -> None:
    assert OFFICE.stretches(date(2026, 11, 23)) == (
        (datetime(2026, 11, 22, 23, 30, tzinfo=UTC), datetime(2026, 11, 23, 4, tzinfo=UTC)),
        (datetime(2026, 11, 23, 5, tzinfo=UTC), datetime(2026, 11, 23, 8, tzinfo=UTC)),
    )


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),
        (date(2026, 12, 24), False),
        (date(2026, 12, 28), True),
    ],
)
def test_weekends_and_holidays_are_free(day: date, works: bool) -> None:
    assert bool(OFFICE.stretches(day)) is works


def test_a_season_has_its_own_hours_on_its_first_and_last_day_only() -> None:
    last_minutes = [
        OFFICE.stretches(date(2026, month, day))[-1][1] for month, day in ((2, 17), (2, 18), (3, 19), (3, 20))
    ]
    assert last_minutes == [wita(2, 17, 16), wita(2, 18, 15), wita(3, 19, 15), wita(3, 20, 16, 30)]


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        (wita(11, 23, 8), 0, wita(11, 23, 8)),
        (wita(11, 21, 8), 0, wita(11, 21, 8)),
        (wita(11, 23, 11, 30), 30, wita(11, 23, 12)),
        (wita(11, 23, 11, 30), 31, wita(11, 23, 13, 1)),
        (wita(11, 23, 12, 20), 10, wita(11, 23, 13, 10)),
        (wita(11, 21, 9), 1, wita(11, 23, 7, 31)),
        (wita(12, 23, 15, 59), 2, wita(12, 28, 7, 31)),
        (wita(11, 23, 7, 30), 450, wita(11, 23, 16)),
    ],
    ids=["nothing", "nothing-on-saturday", "up-to-break", "over-break", "from-break", "saturday", "holidays", "a-day"],
)
def test_minutes_run_within_shifts(start: datetime, minutes: int, end: datetime) -> None:
    assert OFFICE.add(start, minutes) == end


@pytest.mark.parametrize("hour", [0, 7, 12, 23])
def test_a_day_starts_the_morning_after_whatever_the_hour(hour: int) -> None:
    assert OFFICE.add_days(wita(11, 19, hour), 1) == wita(11, 20, 16, 30)
    assert OFFICE.add_days(wita(11, 19, hour), 2) == wita(11, 23, 16)


def test_days_skip_weekends_and_holidays_and_follow_the_local_date() -> None:
    assert OFFICE.add_days(wita(12, 23, 9), 1) == wita(12, 28, 16)
    assert OFFICE.add_days(datetime(2026, 11, 22, 22, 0, tzinfo=UTC), 1) == wita(11, 24, 16)
    assert OFFICE.add_days(wita(11, 21, 9), 0) == wita(11, 21, 9)


@pytest.mark.parametrize(
    ("standard", "due"),
    [
        (TimeStandard(30, "minute"), wita(11, 20, 16, 15)),
        (TimeStandard(24, "hour", at_least=12), wita(11, 26, 8, 15)),
        (TimeStandard(2, "day"), wita(11, 24, 16)),
    ],
)
def test_due_counts_the_upper_bound_in_its_unit(standard: TimeStandard, due: datetime) -> None:
    assert OFFICE.due(wita(11, 20, 15, 45), standard) == due


def test_between_is_nothing_backwards() -> None:
    assert OFFICE.between(wita(11, 24, 9), wita(11, 23, 9)) == timedelta(0)


@given(calendar=CALENDARS, start=INSTANTS, amount=AMOUNTS)
def test_adding_and_measuring_agree(calendar: WorkCalendar, start: datetime, amount: timedelta) -> None:
    end = calendar.add(start, amount)
    assert end.tzinfo is UTC
    assert calendar.between(start, end) == amount


@given(calendar=CALENDARS, first=INSTANTS, second=INSTANTS, amount=AMOUNTS, days=st.integers(0, 60))
def test_a_later_start_never_ends_sooner(
    calendar: WorkCalendar, first: datetime, second: datetime, amount: timedelta, days: int
) -> None:
    early, late = sorted((first, second))
    assert calendar.add(early, amount) <= calendar.add(late, amount)
    assert calendar.add_days(early, days) <= calendar.add_days(late, days)


@given(calendar=CALENDARS, start=INSTANTS, first=AMOUNTS, second=AMOUNTS)
def test_working_time_adds_up(calendar: WorkCalendar, start: datetime, first: timedelta, second: timedelta) -> None:
    assert calendar.add(calendar.add(start, first), second) == calendar.add(start, first + second)


@given(calendar=CALENDARS, instants=st.tuples(INSTANTS, INSTANTS, INSTANTS))
def test_stretches_of_time_add_up(calendar: WorkCalendar, instants: tuple[datetime, datetime, datetime]) -> None:
    first, middle, last = sorted(instants)
    assert calendar.between(first, middle) + calendar.between(middle, last) == calendar.between(first, last)


@given(first=INSTANTS, second=INSTANTS)
def test_round_the_clock_is_elapsed_time_whatever_the_clocks_do(first: datetime, second: datetime) -> None:
    early, late = sorted((first, second))
    assert ROUND_THE_CLOCK.between(early, late) == late - early
    assert MIDNIGHT_CHANGE.between(early, late) == late - early


def test_the_left_out_hour_is_no_work_and_the_repeated_one_is() -> None:
    nightly_minutes = [
        [(end - start) / timedelta(minutes=1) for start, end in NIGHTLY.stretches(day)]
        for day in (date(2026, 3, 7), date(2026, 3, 8), date(2026, 11, 1))
    ]
    assert nightly_minutes == [[60, 75], [30, 60], [120, 75]]
    assert NIGHTLY.stretches(date(2026, 3, 8))[0][1] == datetime(2026, 3, 8, 3, tzinfo=NEW_YORK)


def test_a_shift_within_the_left_out_hour_does_not_exist() -> None:
    calendar = WorkCalendar("America/New_York", WorkWeek({6: (Shift(time(2, 15), time(2, 45)),)}))
    assert calendar.stretches(date(2026, 3, 8)) == ()
    assert calendar.add(datetime(2026, 3, 8, tzinfo=NEW_YORK), 1) == datetime(2026, 3, 15, 2, 16, tzinfo=NEW_YORK)


def test_ten_years_are_counted_quickly() -> None:
    calendar = WorkCalendar("Asia/Makassar", STANDARD_WEEK)
    begun = stopwatch.perf_counter()
    end = calendar.add(wita(1, 1), timedelta(hours=37.5) * 520)
    assert calendar.between(wita(1, 1), end) == timedelta(hours=37.5) * 520
    assert stopwatch.perf_counter() - begun < 2


@pytest.mark.parametrize("week", [WorkWeek({}), WorkWeek({0: ()})])
def test_a_calendar_without_work_says_so(week: WorkWeek) -> None:
    calendar = WorkCalendar("Asia/Makassar", week)
    with pytest.raises(NoWorkingDay) as told:
        calendar.add(wita(11, 20, 9), 1)
    assert "2026-11-20" in told.value.message
    with pytest.raises(NoWorkingDay):
        calendar.add_days(wita(11, 20, 9), 1)
    assert calendar.between(wita(11, 20), wita(11, 30)) == timedelta(0)


def test_the_search_bridges_a_long_closure_of_less_than_two_years() -> None:
    closed = frozenset(date(2026, 1, 1) + timedelta(days=day) for day in range(700))
    calendar = WorkCalendar("Asia/Makassar", STANDARD_WEEK, holidays=closed)
    assert calendar.add(wita(1, 1), 1).date() >= date(2027, 12, 1)


def test_naive_and_negative_are_programming_errors() -> None:
    naive = datetime(2026, 11, 20, 9)  # noqa: DTZ001
    with pytest.raises(ValueError, match="time zone"):
        OFFICE.add(naive, 1)
    with pytest.raises(ValueError, match="negative"):
        OFFICE.add(wita(11, 20), -1)
    with pytest.raises(ValueError, match="negative"):
        OFFICE.add_days(wita(11, 20), -1)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Shift(time(12), time(12)),
        lambda: Shift(time(13), time(12)),
        lambda: WorkWeek({7: ()}),
        lambda: WorkWeek({0: (Shift(time(8), time(12)), Shift(time(11), time(13)))}),
        lambda: WorkWeek({0: (Shift(time(8), time(0)), Shift(time(9), time(10)))}),
        lambda: Season(date(2026, 3, 2), date(2026, 3, 1), RAMADAN_WEEK),
        lambda: WorkCalendar("Asia/Nowhere", STANDARD_WEEK),
        lambda: WorkCalendar("../../etc/passwd", STANDARD_WEEK),
        lambda: WorkCalendar("", STANDARD_WEEK),
        lambda: WorkCalendar("Asia", STANDARD_WEEK),
    ],
)
def test_an_impossible_calendar_is_refused(wrong) -> None:
    with pytest.raises(Invalid) as told:
        wrong()
    assert told.value.message


def test_a_calendar_survives_json() -> None:
    text = json.dumps(calendar_to_json(OFFICE))
    assert calendar_from_json(json.loads(text)) == OFFICE
    assert json.loads(text)["week"]["4"] == [["07:30", "11:30"], ["13:00", "16:30"]]
    around = calendar_from_json(json.loads(json.dumps(calendar_to_json(ROUND_THE_CLOCK))))
    assert around == ROUND_THE_CLOCK


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"zone": "Asia/Makassar", "week": []},
        {"zone": "Asia/Makassar", "week": {"senin": []}},
        {"zone": "Asia/Makassar", "week": {"0": [["07:30"]]}},
        {"zone": "Asia/Makassar", "week": {"0": [["pagi", "sore"]]}},
        {"zone": 7, "week": {}},
        {"zone": "Asia/Makassar", "week": {}, "holidays": ["31/01/2026"]},
        {"zone": "Asia/Makassar", "week": {}, "seasons": [{"first": "2026-01-01"}]},
    ],
)
def test_an_unreadable_calendar_is_refused(content) -> None:
    with pytest.raises(Invalid):
        calendar_from_json(content)
