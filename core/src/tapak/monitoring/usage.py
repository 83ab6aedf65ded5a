"""Usage of sites: counted each day, before logs are rotated away, and written into the register each month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Date, cast, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert

from tapak.db.wake import Wake, wake
from tapak.inventory.models import Service
from tapak.monitoring.models import UsageDay
from tapak.provisioning.connections import ProviderPool
from tapak.provisioning.models import Connection, JournalEntry, Resource
from tapak.requests.desk import Desk
from tapak.requests.effects import add_row
from tapak.requests.models import RegisterRow
from tapak.sdk.errors import TapakError
from tapak.sdk.resources import Site
from tapak.sdk.usage import Usage, UsageTeller
from tapak.tenants.models import Agency

log = structlog.get_logger(__name__)

WAKE = "usage"
"""The wake kind, with one row a tenant."""
ROW = 0
BOOK = "tapak.usage"
AT = time(0, 40)
"""The time of the day, by the tenant's clock, at which the day before is counted."""
AFTER_FAILURE = 3600.0
"""Seconds until a server that couldn't be asked is asked again."""
FURTHEST = 14
"""Days that are caught up with: what logs are mostly kept."""
KILOBYTE = 1000


@dataclass(frozen=True)
class Asking:
    """The sites of one server, and the days that are to be counted there: all after the last one that was.

    ``since`` are the days on which sites were first seen there; of those before nothing is kept.
    """

    connection: Connection
    services: Mapping[str, int]
    since: Mapping[str, date]
    days: Sequence[date]


def begin_counting(desk: Desk) -> None:
    """Have the tenant's sites counted from now on, where they aren't yet."""
    if desk.session.get(Wake, (desk.tenant.id, WAKE, ROW)) is None:
        wake(desk.session, WAKE, ROW)


def due(desk: Desk) -> list[Asking]:
    """What is to be asked of which server now; nothing where yesterday was counted."""
    first_seen = (
        select(JournalEntry.at)
        .where(JournalEntry.resource_id == Resource.id, JournalEntry.phase.in_(("verified", "adopted")))
        .order_by(JournalEntry.id)
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(Connection, Resource.identity, Resource.service_id, func.max(UsageDay.day), first_seen)
        .join(Resource, Resource.connection_id == Connection.id)
        .outerjoin(UsageDay, UsageDay.name == Resource.identity)
        .where(Resource.kind == Site.kind, Resource.state != "gone", Resource.applied.is_not(None))
        .group_by(Connection.tenant_id, Connection.id, Resource.tenant_id, Resource.id)
        .order_by(Connection.id)
    )
    zone, found = ZoneInfo(desk.tenant.time_zone), []
    for _, group in groupby(desk.session.execute(query).all(), key=lambda row: row[0].id):
        rows = list(group)
        since = {row[1]: row[4].astimezone(zone).date() for row in rows if row[4] is not None}
        before = {name: day - timedelta(days=1) for name, day in since.items()}
        days = _missing(desk.today, min(max(row[3] or date.min, before.get(row[1], date.min)) for row in rows))
        found += [Asking(rows[0][0], {row[1]: row[2] for row in rows}, since, days)] if days else []
    return found


def ask(asking: Asking, pool: ProviderPool, zone: str) -> Sequence[Usage] | None:
    """Ask the server; nothing where it tells no usage, None where it can't be asked."""
    try:
        provider = pool.get(asking.connection)
        if not isinstance(provider, UsageTeller):
            return ()
        bounds = [datetime.combine(day, time.min, ZoneInfo(zone)) for day in asking.days]
        return provider.usage(list(asking.services), [*bounds, bounds[-1] + timedelta(days=1)])
    except TapakError as problem:
        log.warning("usage not told", connection=asking.connection.key, code=problem.code, problem=problem.log)
        pool.discard(asking.connection)
        return None


def store(desk: Desk, asking: Asking, told: Iterable[Usage]) -> None:
    """Keep what was told; a day that was counted already stays as it is, one before the site was there is none."""
    zone = ZoneInfo(desk.tenant.time_zone)
    for each in told:
        day = each.since.astimezone(zone).date()
        if day < asking.since.get(each.name, date.min):
            continue
        whole = each.first is None or each.first <= each.since
        row = {
            "service_id": asking.services[each.name],
            "name": each.name,
            "day": day,
            "requests": each.requests if whole else None,
            "size": each.size if whole else None,
            "disk": each.disk,
            "source": asking.connection.title,
        }
        statement = insert(UsageDay).values(**row)
        desk.session.execute(statement.on_conflict_do_nothing(index_elements=["tenant_id", "name", "day"]))


def write_months(desk: Desk) -> None:
    """Write a row of the register for every site and month that is over and has none yet.

    A month is over when its last day was counted, or can no longer be caught up with: a row is never written anew.
    """
    this_month = desk.today.replace(day=1)
    month = func.to_char(UsageDay.day, "YYYY-MM")
    last_counted, given_up = func.max(UsageDay.day), desk.today - timedelta(days=FURTHEST)
    last_day = cast(func.date_trunc("month", last_counted) + text("interval '1 month - 1 day'"), Date)
    written = select(RegisterRow.id).where(
        RegisterRow.register == BOOK,
        RegisterRow.content["month"].as_string() == month,
        RegisterRow.content["name"].as_string() == UsageDay.name,
    )
    query = (
        select(
            UsageDay.name,
            month.label("month"),
            func.max(UsageDay.service_id).label("service_id"),
            func.count(UsageDay.requests).label("days"),
            func.min(UsageDay.day).filter(UsageDay.requests.is_not(None)).label("since"),
            func.max(UsageDay.day).filter(UsageDay.requests.is_not(None)).label("until"),
            func.coalesce(func.sum(UsageDay.requests), 0).label("requests"),
            func.coalesce(func.sum(UsageDay.size), 0).label("size"),
            func.max(UsageDay.disk).label("disk"),
            func.string_agg(UsageDay.source.distinct(), ", ").label("source"),
        )
        .where(UsageDay.day < this_month, ~written.exists())
        .group_by(UsageDay.name, month)
        .having(func.count(UsageDay.requests) > 0, or_(last_counted == last_day, last_day < given_up))
        .order_by(month, UsageDay.name)
    )
    for row in desk.session.execute(query).all():
        _write(desk, row)


def until_tomorrow(desk: Desk) -> float:
    """Seconds until sites are counted again."""
    zone = ZoneInfo(desk.tenant.time_zone)
    following = datetime.combine(desk.today + timedelta(days=1), AT, zone)
    return (following - desk.now).total_seconds()


def _missing(today: date, last: date) -> list[date]:
    first = max(last + timedelta(days=1), today - timedelta(days=FURTHEST))
    return [first + timedelta(days=number) for number in range((today - first).days)]


def _write(desk: Desk, row: object) -> None:
    values = row._mapping  # type: ignore[attr-defined]
    service, agency = desk.session.execute(
        select(Service, Agency.name)
        .join(Agency, Agency.id == Service.agency_id)
        .where(Service.id == values["service_id"])
    ).one()
    content = {
        "month": values["month"],
        "name": values["name"],
        "system": service.title[:200],
        "agency": agency[:200],
        "requests": int(values["requests"]),
        "traffic": round(values["size"] / KILOBYTE),
        "disk": None if values["disk"] is None else round(values["disk"] / KILOBYTE),
        "since": values["since"].isoformat(),
        "until": values["until"].isoformat(),
        "days": values["days"],
        "source": f"Log akses {values['source']}"[:200],
    }
    origin = {"author": "Tapak"} if service.request_id is None else {"request_id": service.request_id}
    add_row(desk, desk.registry.registers[BOOK], content, **origin)
