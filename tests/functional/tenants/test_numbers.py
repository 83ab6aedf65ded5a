"""Running numbers under many takers at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from tapak.db.session import Database
from tapak.engine.numbering import BadPattern
from tapak.tenants.models import Tenant
from tapak.tenants.numbers import take_number

TODAY = date(2026, 11, 20)


def take(database: Database, tenant: Tenant, on: date = TODAY, pattern: str = "{seq}") -> tuple[int, str]:
    with database.begin(tenant.id) as session:
        return take_number(session, tenant, "agenda", on, pattern, {"unit": "DKISP"})


def test_starts_at_one_each_year_and_for_each_tenant(database: Database, tenant: Tenant, other_tenant: Tenant) -> None:
    assert take(database, tenant, pattern="{seq:03}/{unit}/{roman_month}/{year}") == (1, "001/DKISP/XI/2026")
    assert take(database, tenant)[0] == 2
    assert take(database, tenant, date(2027, 1, 1))[0] == 1
    assert take(database, other_tenant)[0] == 1


def test_two_hundred_takers_leave_no_gap_and_no_double(database: Database, tenant: Tenant) -> None:
    with ThreadPoolExecutor(16) as pool:
        taken = list(pool.map(lambda _: take(database, tenant)[0], range(200)))
    assert sorted(taken) == list(range(1, 201))


def test_a_rollback_gives_the_number_back(database: Database, tenant: Tenant) -> None:
    def fail_after_taking(number: int) -> int:
        with database.begin(tenant.id) as session:
            taken, _ = take_number(session, tenant, "agenda", TODAY, "{seq}", {})
            if number % 3 == 0:
                raise InterruptedError
            return taken

    def attempt(number: int) -> int | None:
        try:
            return fail_after_taking(number)
        except InterruptedError:
            return None

    with ThreadPoolExecutor(16) as pool:
        kept = [number for number in pool.map(attempt, range(60)) if number is not None]
    assert sorted(kept) == list(range(1, 41))
    assert take(database, tenant)[0] == 41


def test_a_bad_pattern_takes_no_number(database: Database, tenant: Tenant) -> None:
    with pytest.raises(BadPattern):
        take(database, tenant, pattern="{seq}/{office}")
    assert take(database, tenant)[0] == 1
