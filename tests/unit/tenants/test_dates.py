"""Dates and times as Indonesian letters and screens write them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tapak.tenants.dates import format_date, local_day, zone_name

LATE = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)


def test_the_local_day_of_an_instant() -> None:
    assert local_day(LATE, "Asia/Makassar") == date(2026, 11, 24)
    assert local_day(LATE, "Asia/Jakarta") == date(2026, 11, 23)


def test_dates() -> None:
    assert format_date(date(2026, 11, 20)) == "20 November 2026"
    assert format_date(LATE, "Asia/Makassar") == "24 November 2026"


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        ("Asia/Pontianak", "WIB"),
        ("Asia/Makassar", "WITA"),
        ("Asia/Jayapura", "WIT"),
        ("Asia/Kolkata", "UTC+0530"),
        ("UTC", "UTC+0000"),
    ],
)
def test_zones_have_the_names_that_people_use(zone: str, name: str) -> None:
    assert zone_name(LATE, zone) == name


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        zone_name(datetime(2026, 1, 1), "Asia/Jakarta")  # noqa: DTZ001
