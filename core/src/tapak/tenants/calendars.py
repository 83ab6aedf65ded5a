"""The working calendar of a tenant: its week, Ramadan's, and the days on which nobody works."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.orm import Session

from tapak.engine.working_time import (
    RAMADAN_WEEK,
    STANDARD_WEEK,
    WorkCalendar,
    calendar_from_json,
    calendar_to_json,
)
from tapak.sdk.errors import Invalid
from tapak.tenants.models import CalendarDay, Tenant

COUNTRY = "ID"
NATIONAL, JOINT_LEAVE, REGIONAL = "national", "joint_leave", "regional"
CATEGORIES: Mapping[str, str] = {JOINT_LEAVE: "government", NATIONAL: "public"}
ESTIMATED = " (perkiraan)"
IDUL_FITRI = "Hari Raya Idul Fitri"
LONGEST_RAMADAN = timedelta(days=30)
RECHECK_SECONDS = 2.0


@dataclass(frozen=True)
class NamedDay:
    """A day without work as the decrees name it. ``kind`` as in CalendarDay."""

    day: date
    kind: str
    name: str
    estimated: bool


@dataclass(frozen=True)
class Ramadan:
    """Both ends included; ``estimated`` until the tenant states the days."""

    first: date
    last: date
    estimated: bool


@dataclass(frozen=True)
class _Loaded:
    calendar: WorkCalendar
    basis: tuple[Any, ...]
    version: tuple[int, int, int]
    checked: float


_known: WeakKeyDictionary[Any, dict[int, _Loaded]] = WeakKeyDictionary()


def load_calendar(session: Session, tenant: Tenant, *, fresh: bool = False) -> WorkCalendar:
    """The tenant's calendar. A process looks at most every two seconds, and where ``fresh``, whether it changed.

    ``tenant.calendar`` may hold ``week`` and ``ramadan_week`` (as ``tapak.engine.working_time`` writes a week) and
    ``ramadan``, a list of ``{first, last}`` for the years whose days are decreed; what is missing is the civil
    service's standard.

    Raises:
        Invalid: ``tenant.calendar`` can't be read.
    """
    cache = _known.setdefault(session.get_bind(), {})
    basis = (tenant.time_zone, tenant.calendar, datetime.now(UTC).year)
    known = cache.get(tenant.id)
    now = time.monotonic()
    if known and known.basis == basis and not fresh and now - known.checked < RECHECK_SECONDS:
        return known.calendar
    version = _version(session, tenant)
    same = known is not None and known.basis == basis and known.version == version
    calendar = known.calendar if known and same else _build(session, tenant)
    cache[tenant.id] = _Loaded(calendar, basis, version, now)
    return calendar


def ramadans(years: Iterable[int], stated: Sequence[Mapping[str, str]] = ()) -> tuple[Ramadan, ...]:
    """The ``stated`` seasons (``{first, last}``), and an estimate for every other Idul Fitri of ``years``.

    An estimate is the thirty days before Idul Fitri as the calendar of holidays has it: never too short, a day too
    long in a short Ramadan.

    Raises:
        Invalid: a stated season can't be read.
    """
    known = [_stated(season) for season in stated]
    feasts = (day.day for year in years for day in national_days(year) if day.name == IDUL_FITRI)
    estimates = (Ramadan(feast - LONGEST_RAMADAN, feast - timedelta(days=1), True) for feast in feasts)
    guessed = [guess for guess in estimates if not any(_overlap(guess, season) for season in known)]
    return tuple(sorted((*known, *guessed), key=lambda season: season.first))


@lru_cache(maxsize=32)
def national_days(year: int) -> tuple[NamedDay, ...]:
    """National holidays and joint leave (cuti bersama) of a year, in order."""
    from holidays import country_holidays  # noqa: PLC0415 (slow to load; asked when a calendar is made)

    found: dict[date, NamedDay] = {}
    for kind, category in CATEGORIES.items():
        days = country_holidays(COUNTRY, years=year, language="id", categories=(category,), expand=False)
        for day, name in days.items():
            found[day] = NamedDay(day, kind, name.replace(ESTIMATED, ""), ESTIMATED in name)
    return tuple(found[day] for day in sorted(found))


def copy_holidays(session: Session, tenant: Tenant, years: Iterable[int]) -> int:
    """Bring the tenant's national days and joint leave of ``years`` to what is known now; regional days stay.

    Returns how many days were added, renamed or removed.
    """
    years = set(years)
    wanted = {day.day: day for year in years for day in national_days(year)}
    standing = {
        row.day: row
        for row in session.scalars(select(CalendarDay).where(CalendarDay.tenant_id == tenant.id))
        if row.day.year in years
    }
    changed = 0
    for day, named in wanted.items():
        row = standing.pop(day, None)
        changed += _set_day(session, tenant, row, named)
    for row in standing.values():
        if row.kind != REGIONAL:
            session.delete(row)
            changed += 1
    session.flush()
    return changed


def add_regional_day(session: Session, tenant: Tenant, day: date, name: str) -> bool:
    """Add a day of the region's own, or rename it; whether anything changed.

    Raises:
        Invalid: it has no name, or is a national day already.
    """
    if not name.strip():
        raise Invalid("Hari libur daerah perlu nama.", fields={"name": ["Wajib diisi."]})
    row = session.scalar(select(CalendarDay).where(CalendarDay.tenant_id == tenant.id, CalendarDay.day == day))
    if row is not None and row.kind != REGIONAL:
        raise Invalid(f"{day.isoformat()} sudah libur: {row.name}.", fields={"day": ["Sudah hari libur."]})
    changed = _set_day(session, tenant, row, NamedDay(day, REGIONAL, name.strip(), False))
    session.flush()
    return changed


def _stated(season: Mapping[str, str]) -> Ramadan:
    try:
        return Ramadan(date.fromisoformat(season["first"]), date.fromisoformat(season["last"]), False)
    except (LookupError, ValueError, TypeError) as unreadable:
        raise Invalid(
            "Masa Ramadan tidak terbaca. Tulis first dan last sebagai tanggal, misalnya 2027-02-08.",
            log=f"unreadable Ramadan {season!r}",
        ) from unreadable


def _overlap(one: Ramadan, other: Ramadan) -> bool:
    return one.first <= other.last and other.first <= one.last


def _set_day(session: Session, tenant: Tenant, row: CalendarDay | None, named: NamedDay) -> bool:
    if row is None:
        session.add(
            CalendarDay(tenant_id=tenant.id, day=named.day, kind=named.kind, name=named.name, estimated=named.estimated)
        )
        return True
    if row.kind == REGIONAL != named.kind or (row.kind, row.name, row.estimated) == (
        named.kind,
        named.name,
        named.estimated,
    ):
        return False
    row.kind, row.name, row.estimated = named.kind, named.name, named.estimated
    return True


def _version(session: Session, tenant: Tenant) -> tuple[int, int, int]:
    """Changes with every change of the days: an insert or update brings a new transaction id, a removal the count."""
    changed_by: ColumnElement[int] = literal_column("calendar_day.xmin::text::bigint")
    query = select(func.count(), func.coalesce(func.max(CalendarDay.id), 0), func.coalesce(func.max(changed_by), 0))
    count, last, change = session.execute(query.where(CalendarDay.tenant_id == tenant.id)).one()
    return (count, last, change)


def _build(session: Session, tenant: Tenant) -> WorkCalendar:
    content = tenant.calendar
    standard = calendar_to_json(WorkCalendar("UTC", STANDARD_WEEK))["week"]
    fasting = content.get("ramadan_week") or calendar_to_json(WorkCalendar("UTC", RAMADAN_WEEK))["week"]
    this_year = datetime.now(UTC).year
    days = session.scalars(select(CalendarDay.day).where(CalendarDay.tenant_id == tenant.id))
    return calendar_from_json(
        {
            "zone": tenant.time_zone,
            "week": content.get("week") or standard,
            "seasons": [
                {"first": season.first.isoformat(), "last": season.last.isoformat(), "week": fasting}
                for season in ramadans(range(this_year - 1, this_year + 4), content.get("ramadan", ()))
            ],
            "holidays": [day.isoformat() for day in days],
        }
    )
