from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tapak.backups.schedule import is_due, next_run, next_test
from tapak.sdk.backups import Backup

MAKASSAR = ZoneInfo("Asia/Makassar")
NIGHT = Backup("a", at=("01:30",))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MAKASSAR)


@pytest.mark.parametrize(
    ("times", "now", "expected"),
    [
        (("01:30",), "2026-11-16 00:00", "2026-11-16 01:30"),
        (("01:30",), "2026-11-16 01:30", "2026-11-17 01:30"),
        (("01:30",), "2026-12-31 23:59", "2027-01-01 01:30"),
        (("13:00", "01:00"), "2026-11-16 02:00", "2026-11-16 13:00"),
        (("13:00", "01:00"), "2026-11-16 14:00", "2026-11-17 01:00"),
    ],
)
def test_the_next_run_is_the_first_of_the_plan_s_times(times: tuple[str, ...], now: str, expected: str) -> None:
    assert next_run(Backup("a", at=times), MAKASSAR, at(now)) == at(expected)


def test_times_are_those_of_the_agency_s_zone() -> None:
    assert next_run(NIGHT, MAKASSAR, datetime(2026, 11, 16, tzinfo=UTC)) == datetime(2026, 11, 16, 17, 30, tzinfo=UTC)


def test_a_time_that_the_clock_change_skips_isn_t_lost() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    spec = Backup("a", at=("02:30",))
    before = datetime(2026, 3, 28, 12, tzinfo=berlin)
    first = next_run(spec, berlin, before)
    assert first > before
    assert next_run(spec, berlin, first) - first < timedelta(hours=26)


def test_a_run_is_due_at_once_and_then_once_for_each_time() -> None:
    assert is_due(NIGHT, MAKASSAR, None, at("2026-11-16 12:00"))
    assert not is_due(NIGHT, MAKASSAR, at("2026-11-16 12:00"), at("2026-11-17 01:29"))
    assert is_due(NIGHT, MAKASSAR, at("2026-11-16 12:00"), at("2026-11-17 01:30"))
    # A machine that was off for a week owes one run, not seven.
    assert is_due(NIGHT, MAKASSAR, at("2026-11-10 01:30"), at("2026-11-17 09:00"))
    assert not is_due(NIGHT, MAKASSAR, at("2026-11-17 09:00"), at("2026-11-17 09:01"))


def test_a_test_follows_after_the_plan_s_days() -> None:
    assert next_test(Backup("a", test_days=7), at("2026-11-16 02:00")) == at("2026-11-23 02:00")
