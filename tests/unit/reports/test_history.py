"""What became of names, from lines of the journal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tapak.reports.history import Line, events, running

START = datetime(2026, 1, 10, tzinfo=UTC)
A, B = {"values": ["192.0.2.1"]}, {"values": ["192.0.2.2"]}


def line(day: int, spec: Mapping[str, Any] | None, resource: int = 1, **more: Any) -> Line:
    at = START + timedelta(days=day)
    return Line(more.pop("name", "situs.example"), 7, more.pop("service", 1), resource, 1, at, spec, **more)


def told(*lines: Line) -> list[tuple[str, int]]:
    return [(event.kind, (event.at - START).days) for event in events(lines)]


def test_a_name_is_new_changes_and_ends() -> None:
    assert told(line(0, A), line(5, B), line(9, None)) == [("new", 0), ("changed", 5), ("ended", 9)]


def test_two_records_that_were_declared_together_are_one_new_name() -> None:
    assert told(line(0, A, 1), line(1, A, 2), line(4, None, 1), line(5, None, 2)) == [
        ("new", 0),
        ("changed", 4),
        ("ended", 5),
    ]


def test_a_record_that_comes_later_changes_the_name() -> None:
    assert told(line(0, A), line(5, A, 2, service=2)) == [("new", 0), ("changed", 5)]


def test_a_suspension_is_no_end_whether_over_or_not() -> None:
    assert told(line(0, A), line(3, None, suspended=True)) == [("new", 0)]
    assert told(line(0, A), line(3, None), line(8, A)) == [("new", 0)]
    assert told(line(0, A), line(3, None), line(8, B)) == [("new", 0), ("changed", 8)]


def test_a_name_that_somebody_else_takes_later_is_new_again() -> None:
    again = told(line(0, A), line(3, None), line(9, A, 2, service=2))
    assert again == [("new", 0), ("ended", 3), ("new", 9)]


def test_what_stood_there_before_it_was_ours_is_not_new() -> None:
    assert told(line(0, A, known=True), line(1, B)) == [("changed", 0), ("changed", 1)]


def test_what_was_never_there_is_nothing() -> None:
    assert told(line(0, None)) == []


def test_names_are_counted_as_they_run() -> None:
    found = events([line(0, A), line(6, None), line(2, A, 2, name="lain.example")])
    counts = running(found, [START + timedelta(days=day) for day in (0, 1, 3, 7)])
    assert counts == [{}, {7: 1}, {7: 2}, {7: 1}]
