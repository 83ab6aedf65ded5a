"""Numbers of letters and requests after a pattern; a pattern is data and can reach nothing else."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapak.engine.numbering import BadPattern, pattern_problem, render

ON = date(2026, 9, 5)
VALUES = {"unit": "DISKOMINFO", "archive_code": "500.12.16.3", "secrecy": "B"}


@pytest.mark.parametrize(
    ("pattern", "number", "expected"),
    [
        ("{archive_code}/{seq}/{unit}/{year}", 265, "500.12.16.3/265/DISKOMINFO/2026"),
        ("{secrecy}/{archive_code}/{seq}/{unit}/{roman_month}/{year}", 573, "B/500.12.16.3/573/DISKOMINFO/IX/2026"),
        ("HST-{year}-{seq:04}", 7, "HST-2026-0007"),
        ("{seq:03}", 1234, "1234"),
        ("{month}.{seq}", 1, "09.1"),
    ],
)
def test_the_patterns_in_use(pattern: str, number: int, expected: str) -> None:
    assert pattern_problem(pattern, VALUES) is None
    assert render(pattern, number=number, on=ON, values=VALUES) == expected


def test_roman_months() -> None:
    months = [render("{roman_month}{seq}", number=1, on=date(2026, month, 1), values={}) for month in (1, 4, 9, 12)]
    assert months == ["I1", "IV1", "IX1", "XII1"]


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "HST-{year}",
        "{seq}{seq}",
        "{seq",
        "seq}",
        "{}{seq}",
        "{{seq}}",
        "{seq}{unit.__class__}",
        "{seq}{unit[0]}",
        "{seq}{unit!r}",
        "{seq}{0}",
        "{seq:3}",
        "{seq:00}",
        "{seq:>3}",
        "{seq:0999999999}",
        "{year:04}{seq}",
        "{SEQ}",
        "{ seq }",
        "{seq}{kota}",
        "{seq}\n",
        "{seq}\u200b",
        "{seq}" + "x" * 200,
    ],
)
def test_a_bad_pattern_is_told_in_words(pattern: str) -> None:
    problem = pattern_problem(pattern, VALUES)
    assert problem
    assert problem.endswith(".")
    with pytest.raises(BadPattern):
        render(pattern, number=1, on=ON, values=VALUES)


def test_an_unknown_token_is_named_with_those_that_exist() -> None:
    problem = pattern_problem("{seq}/{kota}", ("unit",))
    assert problem is not None
    assert "{kota}" in problem
    assert "{roman_month}, {unit}" in problem


def test_a_value_is_never_read_as_a_pattern() -> None:
    assert render("{unit}/{seq}", number=2, on=ON, values={"unit": "{seq}{year}"}) == "{seq}{year}/2"


def test_an_own_token_cannot_be_overridden_by_a_value() -> None:
    values = {"seq": "9", "year": "1999", "month": "x", "roman_month": "x"}
    assert render("{seq}/{month}/{roman_month}/{year}", number=2, on=ON, values=values) == "2/09/IX/2026"


def test_an_empty_value_leaves_its_place_empty() -> None:
    assert render("{unit}{seq}", number=2, on=ON, values={"unit": ""}) == "2"


def test_numbers_start_at_one() -> None:
    with pytest.raises(ValueError, match="starts at 1"):
        render("{seq}", number=0, on=ON, values={})


@given(st.text(alphabet="{}:0369seqyar_month.[]! -/A", max_size=40))
def test_what_has_no_problem_can_be_rendered(pattern: str) -> None:
    if pattern_problem(pattern, ()) is None:
        assert "{" not in render(pattern, number=5, on=ON, values={})


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 9))
def test_different_numbers_are_written_differently(first: int, second: int, width: int) -> None:
    told = {render(f"{{seq:0{width}}}/{{year}}", number=number, on=ON, values={}) for number in (first, second)}
    assert len(told) == len({first, second})
