"""The yearly report of subdomains (laporan tahunan subdomain): per month and unit, from what really happened.

A name is new when it was first seen at every authoritative server, changed when its records became others, renewed when
an officer approved it, ended when it was gone there for good. A suspension is none of these.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from tapak.inventory.models import Renewal, Service
from tapak.provisioning.models import JournalEntry, Resource
from tapak.reports.history import CHANGED, ENDED, KINDS, NEW, RENEWED, Event, Line, events, running
from tapak.reports.tables import MOMENT, NUMBER, Cell, Column, Report, Stamp, Table
from tapak.requests.desk import Desk
from tapak.sdk.addresses import is_reverse
from tapak.sdk.resources import RecordSet
from tapak.sdk.wording import MONTHS, day_words
from tapak.tenants.models import Agency

NAME, TITLE = "laporan-subdomain", "Laporan tahunan subdomain"
WORDS = {NEW: "Baru", CHANGED: "Berubah", RENEWED: "Diperpanjang", ENDED: "Berakhir"}
COUNTS = tuple(Column(word, NUMBER) for word in WORDS.values())


@dataclass(frozen=True)
class Year:
    """A year by the tenant's clock, as far as it has gone; ``events`` are its own, at that clock's naive times."""

    year: int
    until: date
    events: Sequence[Event]
    before: Mapping[int, int]
    after: Mapping[int, int]
    month_ends: Sequence[int | None]
    agencies: Mapping[int, str]


def report(desk: Desk, year: int, printed_by: str) -> Report:
    """The report of ``year``."""
    told = of_year(desk, year)
    stamp = Stamp.of(desk.now, desk.tenant.time_zone, printed_by)
    tables = (_months(told), _units(told), _both(told), _each(told))
    period = f"1 Januari {year} sampai {day_words(told.until)}"
    about = [("Periode", period), ("Sumber", "Rekaman DNS yang terverifikasi di semua server, dan daftar ulang")]
    return Report(f"{NAME}-{year}", f"{TITLE} {year}", tables, stamp, about)


def of_year(desk: Desk, year: int) -> Year:
    """What happened in ``year``."""
    zone = ZoneInfo(desk.tenant.time_zone)
    starts = [datetime(year, month, 1, tzinfo=zone) for month in range(1, 13)] + [datetime(year + 1, 1, 1, tzinfo=zone)]
    found = events(_lines(desk))
    found = sorted([*found, *_renewals(desk, found)], key=lambda event: event.at)
    own = [_local(event, zone) for event in found if starts[0] <= event.at < starts[-1]]
    held = running(found, starts)
    pairs = zip(starts, held[1:], strict=False)
    ends = [sum(units.values()) if start <= desk.now else None for start, units in pairs]
    agencies = {row.id: row.name for row in desk.session.execute(select(Agency.id, Agency.name))}
    until = min(date(year, 12, 31), max(desk.today, date(year, 1, 1)))
    return Year(year, until, own, held[0], held[-1], ends, agencies)


def _local(event: Event, zone: ZoneInfo) -> Event:
    return replace(event, at=event.at.astimezone(zone).replace(tzinfo=None, microsecond=0))


def _lines(desk: Desk) -> Iterable[Line]:
    """What was seen of every record set below the tenant's zones of names, where it differed from before."""
    resource, line = JournalEntry.resource_id, JournalEntry.id
    seen = (
        select(
            *(resource, line, JournalEntry.phase, JournalEntry.generation, JournalEntry.at, JournalEntry.spec),
            *(Resource.identity, Resource.service_id, Resource.suspended_spec.is_not(None).label("suspended")),
            func.lag(JournalEntry.spec).over(partition_by=resource, order_by=line).label("before"),
            func.row_number().over(partition_by=resource, order_by=line).label("number"),
        )
        .join(Resource, Resource.id == resource)
        .where(JournalEntry.phase.in_(("verified", "adopted")), Resource.kind == RecordSet.kind)
        .subquery()
    )
    query = (
        select(seen, Service.agency_id)
        .join(Service, Service.id == seen.c.service_id)
        .where(Service.agency_id.is_not(None), (seen.c.number == 1) | seen.c.spec.is_distinct_from(seen.c.before))
        .order_by(seen.c.resource_id, seen.c.id)
    )
    for row in desk.session.execute(query):
        name = row.identity.partition("/")[0]
        if not is_reverse(name):
            told = (name, row.agency_id, row.service_id, row.resource_id, row.generation, row.at, row.spec)
            yield Line(*told, known=row.phase == "adopted", suspended=row.suspended)


def _renewals(desk: Desk, found: Sequence[Event]) -> list[Event]:
    """An event for each name of every service whose renewal was approved, where the name was running then."""
    query = (
        select(Renewal.decided_at, Service.agency_id, Resource.identity)
        .join(Service, Service.id == Renewal.service_id)
        .join(Resource, (Resource.service_id == Service.id) & (Resource.kind == RecordSet.kind))
        .where(Renewal.approved.is_(True), Renewal.decided_at.is_not(None))
    )
    told = {(row.identity.partition("/")[0], row.agency_id, row.decided_at) for row in desk.session.execute(query)}
    by_name: dict[str, list[Event]] = defaultdict(list)
    for event in found:
        by_name[event.name].append(event)
    return [Event(RENEWED, name, agency, at) for name, agency, at in told if _runs(by_name[name], at)]


def _runs(of_name: Sequence[Event], at: datetime) -> bool:
    before = [event.kind for event in of_name if event.at <= at]
    return bool(before) and before[-1] != ENDED


def _counted(found: Iterable[Event]) -> list[Cell]:
    """How many names were new, changed, renewed and ended; one that changed twice in a day changed once."""
    days = {(event.kind, event.name, event.at.date()) for event in found}
    counts = Counter(kind for kind, _, _ in days)
    return [counts[kind] for kind in KINDS]


def _months(told: Year) -> Table:
    columns = (Column("Bulan"), *COUNTS, Column("Aktif akhir bulan", NUMBER))
    rows = [
        [MONTHS[number], *_counted(_in_month(told, number + 1)), end]
        for number, end in enumerate(told.month_ends)
        if end is not None
    ]
    last = next((end for end in reversed(told.month_ends) if end is not None), None)
    return Table("Per bulan", columns, rows, ["Jumlah", *_counted(told.events), last])


def _units(told: Year) -> Table:
    columns = (Column("Perangkat daerah"), Column("Awal tahun", NUMBER), *COUNTS, Column("Akhir", NUMBER))
    rows = [
        [name, told.before.get(key, 0), *_counted(_of_unit(told.events, key)), told.after.get(key, 0)]
        for key, name in _involved(told)
    ]
    whole = [sum(told.before.values()), *_counted(told.events), sum(told.after.values())]
    return Table("Per perangkat daerah", columns, rows, ["Jumlah", *whole])


def _both(told: Year) -> Table:
    columns = (Column("Bulan"), Column("Perangkat daerah"), *COUNTS)
    rows: list[list[Cell]] = []
    for number, month in enumerate(MONTHS, 1):
        happened = _in_month(told, number)
        for key, name in _involved(told):
            own = _of_unit(happened, key)
            rows += [[month, name, *_counted(own)]] if own else []
    return Table("Per bulan dan perangkat daerah", columns, rows, ["Jumlah", "", *_counted(told.events)])


def _each(told: Year) -> Table:
    columns = (Column("Waktu", MOMENT), Column("Nama"), Column("Perangkat daerah"), Column("Kejadian"))
    rows: list[list[Cell]] = [
        [each.at, each.name, told.agencies.get(each.agency_id, ""), WORDS[each.kind]] for each in told.events
    ]
    return Table("Rincian", columns, rows)


def _in_month(told: Year, month: int) -> list[Event]:
    return [event for event in told.events if event.at.month == month]


def _of_unit(found: Iterable[Event], agency_id: int) -> list[Event]:
    return [event for event in found if event.agency_id == agency_id]


def _involved(told: Year) -> list[tuple[int, str]]:
    keys = {*told.before, *told.after, *(event.agency_id for event in told.events)}
    return sorted(((key, told.agencies.get(key, "")) for key in keys), key=lambda pair: pair[1])
