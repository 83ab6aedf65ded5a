"""Counting the access log."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

from tapak_webhost.agent.access_log import count, tally

HOUR = 1_795_215_600  # 20/Nov/2026:23:00:00 +0000


def row(host: str, stamp: str = "20/Nov/2026:23:10:01 +0000", status: int = 200, sent: str = "100") -> str:
    return f'{host}:80 192.0.2.1 - - [{stamp}] "GET / HTTP/1.1" {status} {sent} "-" "curl"\n'


def test_a_period_is_counted_per_site_and_in_all(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(
        row("a.example.test")
        + row("a.example.test", status=404, sent="-")
        + row("b.example.test", sent="7")
        + row("a.example.test", "21/Nov/2026:06:10:01 +0700")
        + row("a.example.test", "20/Nov/2026:22:59:59 +0000")
        + row("tapak-marker.invalid")
        + "nonsense\n"
        + row("a.example.test").replace("GET /", r"GET /\"x\" 500 999999 \"")
    )
    traffic = count(log, ["a.example.test", "c.example.test"], since=HOUR)
    a = traffic.sites["a.example.test"]
    assert (a.requests, a.bytes, a.status) == (4, 300, {"2": 3, "4": 1})
    assert traffic.sites["c.example.test"].requests == 0
    assert (traffic.total.requests, traffic.total.bytes) == (5, 307)
    assert traffic.hours == {HOUR: 307}
    assert traffic.first == HOUR


def test_rotated_files_are_read_too(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(row("a.example.test"))
    (tmp_path / "access.log.1").write_text(row("a.example.test"))
    with gzip.open(tmp_path / "access.log.2.gz", "wt") as packed:
        packed.write(row("a.example.test"))
    assert count(log, ["a.example.test"], since=HOUR).sites["a.example.test"].requests == 3


def test_no_log_counts_nothing(tmp_path: Path) -> None:
    assert count(tmp_path / "access.log", [], since=HOUR).total.requests == 0


def test_days_are_tallied_in_one_pass_whatever_the_log_s_own_offset(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(
        row("a.example.test", "20/Nov/2026:22:59:59 +0000")
        + row("a.example.test")
        + row("a.example.test", "21/Nov/2026:07:59:59 +0800", status=404, sent="-")
        + row("a.example.test", "21/Nov/2026:00:00:00 +0000")
        + row("b.example.test", "21/Nov/2026:00:10:00 +0000")
        + row("a.example.test", "21/Nov/2026:01:00:00 +0000")
        + row("tapak-marker.invalid")
        + "nonsense\n"
    )
    bounds = [HOUR, HOUR + 3600, HOUR + 7200]
    (before, after), first = tally(log, ["a.example.test", "c.example.test"], bounds)
    assert (before["a.example.test"].requests, before["a.example.test"].bytes) == (2, 100)
    assert before["a.example.test"].status == {"2": 1, "4": 1}
    assert after["a.example.test"].requests == 1
    assert after["c.example.test"].requests == 0
    assert set(after) == {"a.example.test", "c.example.test"}
    assert first is None


def test_a_log_that_begins_later_says_so_and_one_whose_rotated_part_is_older_does_not(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(row("a.example.test", "21/Nov/2026:00:10:00 +0000"))
    bounds = [HOUR, HOUR + 3600, HOUR + 7200]
    assert tally(log, ["a.example.test"], bounds)[1] == HOUR + 3600
    older = tmp_path / "access.log.1"
    older.write_text(row("a.example.test", "19/Nov/2026:00:10:00 +0000"))
    os.utime(older, (HOUR - 3600, HOUR - 3600))
    assert tally(log, ["a.example.test"], bounds)[1] is None


def test_an_empty_log_reaches_back_to_nothing(tmp_path: Path) -> None:
    (spans,), first = tally(tmp_path / "access.log", ["a.example.test"], [HOUR, HOUR + 3600])
    assert spans["a.example.test"].requests == 0
    assert first == HOUR + 3600
