"""Dates and NIP in official writing."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from tapak.sdk.resources import Site
from tapak.sdk.wording import clock_words, day_words, nip_spaced, resource_words, state_words


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 11, 20), "20 November 2026"),
        (date(2027, 1, 1), "1 Januari 2027"),
        (date(2026, 5, 31), "31 Mei 2026"),
        (date(2026, 8, 17), "17 Agustus 2026"),
    ],
)
def test_days(day: date, words: str) -> None:
    assert day_words(day) == words


def test_times_of_day_tell_whose_clock_they_are_by() -> None:
    now = datetime(2026, 11, 20, 9, tzinfo=ZoneInfo("Asia/Makassar"))
    assert clock_words(("01:30", "13:00"), now) == "01.30, 13.00 WITA"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("198001012005011999", "19800101 200501 1 999"),
        ("19800101 200501 1 999", "19800101 200501 1 999"),
        ("1980010120050119", "1980010120050119"),
        ("198001012005011999\n", "198001012005011999\n"),
        ("", ""),
    ],
)
def test_a_nip_is_spaced_and_an_odd_one_left_alone(text: str, shown: str) -> None:
    assert nip_spaced(text) == shown


def test_resources_are_told_as_people_call_them() -> None:
    told = resource_words(
        [
            ("database", "mariadb/antrean"),
            ("release", "antrean.example/release"),
            ("record_set", "antrean.example/AAAA"),
            ("site", "antrean.example"),
        ]
    )
    assert told == (
        "Basis data antrean (MariaDB), Rilis aplikasi antrean.example, Rekaman DNS antrean.example (AAAA), "
        "Situs antrean.example"
    )


def test_a_site_that_is_live_and_closed_is_told_as_closed():
    open_site, closed = Site("a.example.test"), Site("a.example.test", suspended=True)
    assert [state_words("live", each) for each in (open_site, None, closed, {"suspended": True})] == [
        *("aktif", "aktif"),
        *("ditutup (410)", "ditutup (410)"),
    ]
    assert state_words("gone", closed) == "sudah dihapus"
