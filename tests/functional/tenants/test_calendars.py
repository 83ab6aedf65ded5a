"""A tenant's calendar: its days, Ramadan, and what happens when it is changed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from tapak.db.session import Database
from tapak.sdk.errors import Invalid
from tapak.tenants.calendars import add_regional_day, copy_holidays, load_calendar, national_days, ramadans
from tapak.tenants.models import CalendarDay, Tenant


def days(session: Session) -> dict[date, CalendarDay]:
    return {row.day: row for row in session.scalars(select(CalendarDay))}


def test_copies_holidays_and_joint_leave_once(session: Session, tenant: Tenant) -> None:
    assert copy_holidays(session, tenant, [2026, 2027]) == len(days(session)) > 40
    assert copy_holidays(session, tenant, [2026, 2027]) == 0
    known = days(session)
    independence, leave = known[date(2026, 8, 17)], known[date(2026, 12, 24)]
    assert (independence.kind, independence.name) == ("national", "Hari Kemerdekaan Republik Indonesia")
    assert (leave.kind, leave.name) == ("joint_leave", "Cuti Bersama Hari Raya Natal")
    assert all("perkiraan" not in row.name for row in known.values())


def test_days_without_a_decree_are_marked_as_estimates() -> None:
    assert any(day.estimated for day in national_days(2029))
    assert not any(day.estimated for day in national_days(2025))


def test_mends_what_moved_and_leaves_regional_days_alone(session: Session, tenant: Tenant) -> None:
    copy_holidays(session, tenant, [2026])
    assert add_regional_day(session, tenant, date(2026, 12, 15), "Hari Jadi (contoh)")
    assert not add_regional_day(session, tenant, date(2026, 12, 15), "Hari Jadi (contoh)")
    session.add(CalendarDay(day=date(2026, 7, 1), kind="national", name="Tidak jadi"))
    session.execute(update(CalendarDay).where(CalendarDay.day == date(2026, 1, 1)).values(name="Salah"))
    session.execute(delete(CalendarDay).where(CalendarDay.day == date(2026, 5, 1)))
    assert copy_holidays(session, tenant, [2026]) == 3
    known = days(session)
    assert date(2026, 7, 1) not in known
    assert known[date(2026, 12, 15)].kind == "regional"


def test_a_regional_day_needs_a_name_and_a_free_day(session: Session, tenant: Tenant) -> None:
    copy_holidays(session, tenant, [2026])
    for day, name in ((date(2026, 8, 17), "Hari Jadi"), (date(2026, 12, 15), "  ")):
        with pytest.raises(Invalid):
            add_regional_day(session, tenant, day, name)


def test_ramadan_is_estimated_unless_stated() -> None:
    (guess,) = ramadans([2026])
    assert (guess.first, guess.last, guess.estimated) == (date(2026, 2, 19), date(2026, 3, 20), True)
    stated = [{"first": "2026-02-18", "last": "2026-03-19"}]
    assert [(season.first, season.estimated) for season in ramadans([2026], stated)] == [(date(2026, 2, 18), False)]
    assert len(ramadans(range(2025, 2034))) == 10  # 2033 has two
    assert len(ramadans([2033], [{"first": "2033-11-23", "last": "2033-12-22"}])) == 2


@pytest.mark.parametrize("season", [{}, {"first": "x", "last": "y"}, {"first": 1, "last": 2}, {"first": "2026-01-01"}])
def test_a_bad_season_is_told(session: Session, tenant: Tenant, season: dict[str, str]) -> None:
    tenant.calendar = {"ramadan": [season]}
    with pytest.raises(Invalid):
        load_calendar(session, tenant)


def test_counts_in_the_tenants_zone_week_and_days(session: Session, tenant: Tenant) -> None:
    copy_holidays(session, tenant, [2026])
    calendar = load_calendar(session, tenant)
    friday = datetime(2026, 11, 20, 7, 45, tzinfo=UTC)  # 15:45 WITA
    assert calendar.add(friday, 90) == datetime(2026, 11, 23, 0, 15, tzinfo=UTC)
    assert not calendar.stretches(date(2026, 12, 24))
    ramadan = calendar.stretches(date(2026, 3, 2))
    assert ramadan[0][0] == datetime(2026, 3, 2, 0, 0, tzinfo=UTC)


def test_a_week_of_ones_own(session: Session, tenant: Tenant) -> None:
    tenant.calendar = {"week": {"5": [["09:00", "11:00"]]}}
    calendar = load_calendar(session, tenant)
    assert calendar.stretches(date(2026, 11, 21))
    assert not calendar.stretches(date(2026, 11, 20))


def test_is_kept_by_the_process_and_seen_anew_when_a_day_changes(
    session: Session, tenant: Tenant, database: Database
) -> None:
    copy_holidays(session, tenant, [2026])
    session.commit()
    first = load_calendar(session, tenant)
    assert load_calendar(session, tenant) is first
    assert load_calendar(session, tenant, fresh=True) is first
    for change in (
        update(CalendarDay).where(CalendarDay.day == date(2026, 12, 24)).values(day=date(2026, 12, 23)),
        delete(CalendarDay).where(CalendarDay.day == date(2026, 12, 23)),
    ):
        with database.begin(tenant.id) as other:
            other.execute(change)
        session.rollback()
        assert load_calendar(session, tenant, fresh=True) is not first
    assert load_calendar(session, tenant).stretches(date(2026, 12, 23))


def test_each_tenant_has_its_own(session: Session, tenant: Tenant, other_tenant: Tenant, database: Database) -> None:
    copy_holidays(session, tenant, [2026])
    load_calendar(session, tenant)
    with database.begin(other_tenant.id) as theirs:
        assert load_calendar(theirs, other_tenant).holidays == frozenset()
        assert load_calendar(theirs, other_tenant).zone == "Asia/Jakarta"
