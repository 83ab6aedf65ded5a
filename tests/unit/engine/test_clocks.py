"""A task's clocks, pauses, and the end that an applicant may expect."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tapak.engine.clocks import Clock, clock, due_after_pauses, expected_end
from tapak.engine.working_time import STANDARD_WEEK, WorkCalendar
from tapak.sdk.procedure import TimeStandard

WITA = ZoneInfo("Asia/Makassar")
OFFICE = WorkCalendar("Asia/Makassar", STANDARD_WEEK)
NOTHING = timedelta(0)
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 3, 1), timezones=st.just(UTC))  # noqa: DTZ001
STANDARDS = st.builds(TimeStandard, st.integers(1, 30), st.sampled_from(["minute", "hour", "day"]))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=WITA)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def test_a_task_that_waits_over_the_weekend_waits_in_working_time() -> None:
    assert clock(OFFICE, now=at(23, 8), arrived_at=at(20, 16)) == Clock(waiting=minutes(60), working=NOTHING)


def test_waiting_ends_where_working_begins() -> None:
    told = clock(OFFICE, now=at(24, 9), arrived_at=at(23, 8), started_at=at(23, 9), finished_at=at(23, 13, 30))
    assert told == Clock(waiting=minutes(60), working=minutes(210))


def test_a_running_clock_stops_at_the_finish() -> None:
    running = clock(OFFICE, now=at(23, 10), arrived_at=at(23, 8), started_at=at(23, 9))
    later = clock(OFFICE, now=at(23, 11), arrived_at=at(23, 8), started_at=at(23, 9))
    assert (running.working, later.working) == (minutes(60), minutes(120))


def test_a_task_finished_without_a_beginning_only_waited() -> None:
    told = clock(OFFICE, now=at(23, 15), arrived_at=at(23, 8), finished_at=at(23, 9))
    assert told == Clock(waiting=minutes(60), working=NOTHING)


def test_pauses_stop_both_clocks_once_even_where_they_overlap() -> None:
    told = clock(
        OFFICE,
        now=at(23, 16),
        arrived_at=at(23, 8),
        started_at=at(23, 10),
        finished_at=at(23, 12),
        pauses=((at(23, 10, 30), at(23, 11)), (at(23, 9, 30), at(23, 10, 15)), (at(23, 10, 40), at(23, 11, 10))),
    )
    assert told == Clock(waiting=minutes(90), working=minutes(65))


def test_a_pause_that_still_runs_holds_the_clock() -> None:
    told = [
        clock(OFFICE, now=now, arrived_at=at(23, 8), started_at=at(23, 8), pauses=((at(23, 9), None),)).working
        for now in (at(23, 9), at(23, 15))
    ]
    assert told == [minutes(60), minutes(60)]


@given(instants=st.lists(INSTANTS, min_size=3, max_size=3), pauses=st.lists(st.tuples(INSTANTS, INSTANTS), max_size=4))
def test_the_two_clocks_make_up_the_time_that_was_not_paused(instants, pauses) -> None:
    arrived, started, finished = sorted(instants)
    ordered = [(min(pair), max(pair)) for pair in pauses]
    told = clock(OFFICE, now=finished, arrived_at=arrived, started_at=started, finished_at=finished, pauses=ordered)
    whole = clock(OFFICE, now=finished, arrived_at=arrived, pauses=ordered)
    assert told.waiting >= NOTHING
    assert told.working >= NOTHING
    assert told.waiting + told.working == whole.waiting <= OFFICE.between(arrived, finished)


def test_a_pause_moves_what_is_due_by_its_working_time() -> None:
    standard = TimeStandard(30, "minute")
    due = due_after_pauses(
        OFFICE, now=at(24, 9), started_at=at(23, 15), standard=standard, pauses=((at(23, 15, 10), at(24, 8)),)
    )
    assert due == at(24, 8, 20)


def test_a_running_pause_keeps_the_rest_of_the_time_untouched() -> None:
    for now in (at(23, 9, 10), at(23, 14), at(25, 10)):
        due = due_after_pauses(
            OFFICE, now=now, started_at=at(23, 9), standard=TimeStandard(30, "minute"), pauses=((at(23, 9, 10), None),)
        )
        assert OFFICE.between(now, due) == minutes(20)


def test_a_pause_of_a_working_day_moves_a_standard_in_days_by_a_day() -> None:
    due = due_after_pauses(
        OFFICE,
        now=at(27, 9),
        started_at=at(23, 9),
        standard=TimeStandard(2, "day"),
        pauses=((at(24, 9), at(25, 9)),),
    )
    assert due == at(26, 16)


def test_pauses_before_the_work_or_after_the_deadline_move_nothing() -> None:
    due = due_after_pauses(
        OFFICE,
        now=at(25, 9),
        started_at=at(23, 9),
        standard=TimeStandard(30, "minute"),
        pauses=((at(23, 8), at(23, 8, 30)), (at(23, 10), at(24, 10))),
    )
    assert due == at(23, 9, 30)


def test_the_expected_end_adds_each_remaining_standard() -> None:
    end = expected_end(
        OFFICE,
        now=at(19, 9),
        start_by=None,
        due_at=at(19, 9, 20),
        current=TimeStandard(30, "minute"),
        remaining=(TimeStandard(2, "day"), TimeStandard(2, "minute")),
    )
    assert end == at(24, 7, 32)


def test_the_expected_end_stands_still_in_time_and_moves_when_late() -> None:
    def told(now: datetime, **known: datetime | None) -> datetime:
        known = {"start_by": None, "due_at": None, **known}
        return expected_end(OFFICE, now=now, current=TimeStandard(30, "minute"), remaining=(), **known)

    assert told(at(23, 8), due_at=at(23, 9)) == told(at(23, 8, 59), due_at=at(23, 9)) == at(23, 9)
    assert told(at(23, 10), due_at=at(23, 9)) == at(23, 10)
    assert told(at(23, 8), start_by=at(23, 9)) == told(at(23, 9), start_by=at(23, 9)) == at(23, 9, 30)
    assert told(at(23, 10), start_by=at(23, 9)) == at(23, 10, 30)
    assert told(at(23, 10)) == at(23, 10, 30)


def test_each_remaining_step_may_wait_up_to_its_limit() -> None:
    end = expected_end(
        OFFICE,
        now=at(23, 8),
        start_by=None,
        due_at=at(23, 9),
        current=TimeStandard(2, "minute"),
        remaining=(TimeStandard(2, "minute"), TimeStandard(3, "minute")),
        waiting_limit=minutes(30),
    )
    assert end == at(23, 10, 5)


@given(
    first=INSTANTS,
    second=INSTANTS,
    start_by=st.none() | INSTANTS,
    due_at=st.none() | INSTANTS,
    current=STANDARDS,
    remaining=st.lists(STANDARDS, max_size=5),
)
def test_the_expected_end_is_never_past_and_never_moves_back(
    first, second, start_by, due_at, current, remaining
) -> None:
    early, late = (
        expected_end(OFFICE, now=now, start_by=start_by, due_at=due_at, current=current, remaining=remaining)
        for now in sorted((first, second))
    )
    assert early >= min(first, second)
    assert early <= late
