"""What is left until a deadline: the calendar's own sums, and words for them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st

from tapak.engine.working_time import STANDARD_WEEK, WorkCalendar
from tapak.web.time_left import Countdown

CALENDAR = WorkCalendar("Asia/Makassar", STANDARD_WEEK, holidays=frozenset({date(2026, 11, 18)}))
MONDAY = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
"""09:00 WITA."""
moments = st.integers(-45 * 24 * 60, 45 * 24 * 60).map(lambda minutes: MONDAY + timedelta(minutes=minutes))


@given(moments, moments)
def test_the_sum_is_the_calendar_s(now, at):
    assert Countdown(CALENDAR, now).between(at) == CALENDAR.between(min(now, at), max(now, at))


def test_one_countdown_serves_deadlines_in_any_order():
    countdown = Countdown(CALENDAR, MONDAY)
    for days in (9, -12, 3, -1, 0, 30, -30, 2):
        at = MONDAY + timedelta(days=days, hours=2)
        assert countdown.between(at) == CALENDAR.between(min(MONDAY, at), max(MONDAY, at))


@pytest.mark.parametrize(
    ("ahead", "words", "tone"),
    [
        (timedelta(seconds=20), "tinggal kurang dari 1 menit", "soon"),
        (timedelta(minutes=59), "tinggal 59 menit", "soon"),
        (timedelta(hours=3), "tinggal 3 jam kerja", "calm"),
        (timedelta(days=1), "tinggal 1 hari kerja", "calm"),
        (timedelta(days=3), "tinggal 2 hari kerja", "calm"),
        (timedelta(days=90), "tinggal lebih dari 3 bulan", "calm"),
        (-timedelta(minutes=20), "terlambat 20 menit", "late"),
        (-timedelta(days=2, hours=18), "terlambat 3 jam kerja", "late"),
        (-timedelta(days=100), "terlambat lebih dari 3 bulan", "late"),
    ],
)
def test_words_and_tone(ahead, words, tone):
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        left = Countdown(CALENDAR, MONDAY).left(MONDAY + ahead)
    assert (left.words, left.tone) == (words, tone)


def test_a_calendar_without_work_leaves_nothing():
    never = Countdown(WorkCalendar("Asia/Jakarta", STANDARD_WEEK.__class__({})), MONDAY)
    assert never.between(MONDAY + timedelta(days=5)) == timedelta(0)
