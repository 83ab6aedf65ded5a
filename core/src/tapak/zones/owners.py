"""Whose the names are that came with a zone: listed, and given to units one by one or by a file that went round."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import fields
from sqlalchemy import ColumnElement, Row, func, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by

from tapak.accounts.policy import require
from tapak.audit.service import record
from tapak.documents.csv_lines import BYTE_ORDER_MARK, csv_line
from tapak.inventory.models import IMPORTED, Service
from tapak.provisioning.models import Resource
from tapak.requests.desk import Desk
from tapak.requests.import_files import read_rows
from tapak.sdk.errors import Conflict, Invalid
from tapak.sdk.fields import Line
from tapak.sdk.forms import StepSchema
from tapak.tenants.models import Agency

PAGE = 50
COLUMNS = ("Nama", "Rekaman", "Unit")


class _Row(StepSchema):
    """A line of the file; what stands at a name is only shown."""

    name = Line("Nama", 253)
    records = fields.String(load_default="", metadata={"label": "Rekaman"})
    unit = Line("Unit", 300, optional=True)


@dataclass(frozen=True)
class Found:
    """A name that came with its zone; ``records`` are told as ``A 192.0.2.1 (TTL 300)``, ``agency`` may be empty."""

    id: int
    name: str
    state: str
    agency_id: int | None
    agency: str
    records: tuple[str, ...]
    drifted: bool


@dataclass(frozen=True)
class Asked:
    """Which names are listed: those in which ``search`` occurs, of a unit or of none, ending with ``zone``."""

    search: str = ""
    unassigned: bool = False
    agency_id: int | None = None
    zone: str = ""


@dataclass(frozen=True)
class Assignment:
    """A name that is to go from one unit to another; ``before`` is empty where it belongs to none.

    ``unit`` is the key of the unit that ``after`` names.
    """

    service_id: int
    name: str
    before: str
    after: str
    agency_id: int
    unit: str


@dataclass(frozen=True)
class Plan:
    """What a file would change. ``checksum`` binds a confirmation to just these assignments."""

    assignments: tuple[Assignment, ...]
    unchanged: int

    @property
    def checksum(self) -> str:
        """SHA-256 over the assignments, in hexadecimal, its first 16 digits."""
        told = [(each.service_id, each.name, each.before, each.after) for each in self.assignments]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def names(desk: Desk, asked: Asked, *, after: str = "", limit: int | None = PAGE) -> Sequence[Found]:
    """The names that came with zones and still run, by name, those after ``after``.

    Raises:
        Forbidden: the person may not read them.
    """
    require(desk.somebody, "zone.names")
    return list(listed(desk, asked, after=after, limit=limit))


def listed(desk: Desk, asked: Asked, *, after: str = "", limit: int | None = None) -> Iterator[Found]:
    """The same for whoever may anything: the command line."""
    rows = func.coalesce(
        func.jsonb_agg(aggregate_order_by(Resource.spec, Resource.identity)).filter(Resource.spec.is_not(None)),
        func.jsonb_build_array(),
    )
    query = (
        select(Service.id, Service.title, Service.state, Service.agency_id, Agency.name, rows.label("specs"))
        .add_columns(func.coalesce(func.bool_or(Resource.drift.is_not(None)), False).label("drifted"))
        .outerjoin(Agency, Agency.id == Service.agency_id)
        .outerjoin(Resource, (Resource.service_id == Service.id) & (Resource.state != "gone"))
        .where(*_where(asked), Service.title > after)
        .group_by(Service.tenant_id, Service.id, Agency.tenant_id, Agency.id)
        .order_by(Service.title)
        .limit(limit)
    )
    for row in desk.session.execute(query.execution_options(yield_per=1000)):
        yield _found(row)


def counts(desk: Desk) -> tuple[int, int]:
    """How many names came with zones and still run, and how many of them belong to no unit."""
    query = select(func.count(), func.count().filter(Service.agency_id.is_(None))).where(*_where(Asked()))
    total, unassigned = desk.session.execute(query).one()
    return total, unassigned


def units(desk: Desk) -> Sequence[Agency]:
    """The agency's units by name."""
    return desk.session.scalars(select(Agency).order_by(Agency.name, Agency.id)).all()


def csv_lines(desk: Desk, asked: Asked) -> Iterator[str]:
    """The names as CSV for a spreadsheet: the column Unit is to be filled in."""
    called = _called(units(desk))
    yield BYTE_ORDER_MARK
    yield csv_line(COLUMNS)
    for each in listed(desk, asked):
        yield csv_line([each.name, "; ".join(each.records), called.get(each.agency_id or 0, "")])


def read_file(desk: Desk, filename: str, content: bytes) -> Plan:
    """What the file (CSV or XLSX) would change; a row without a unit changes nothing.

    Raises:
        Forbidden: the person may not.
        Invalid: rows are wrong; ``fields["file"]`` names every one of them, and nothing is changed.
    """
    rows = read_rows(_Row, filename, content)
    return plan(desk, [(row["name"], row["unit"]) for row in rows])


def plan(desk: Desk, wanted: Iterable[tuple[str, str]]) -> Plan:
    """What giving names to units (by key or name) would change; an empty unit changes nothing.

    Raises:
        Forbidden: the person may not.
        Invalid: a name didn't come with a zone or is told twice, or there is no such unit; all of it is told.
    """
    if desk.person is not None:
        require(desk.person, "zone.names")
    pairs = [(name.strip().rstrip(".").lower(), unit.strip()) for name, unit in wanted]
    by_words = _by_words(units(desk))
    known = _known(desk)
    times = Counter(name for name, _ in pairs)
    problems = [
        *(f"{name}: tidak ada di antara nama yang diimpor." for name in times if name not in known),
        *(f"{name}: ditulis {number} kali." for name, number in times.items() if number > 1),
        *(f"{name}: unit “{unit}” tidak dikenal." for name, unit in pairs if unit and unit.casefold() not in by_words),
    ]
    if problems:
        raise Invalid(
            f"Belum ada yang diubah: {len(problems)} baris perlu diperbaiki.",
            log=f"{len(problems)} wrong rows",
            fields={"file": problems},
        )
    given = [(known[name], by_words[unit.casefold()]) for name, unit in pairs if unit]
    moved = [(row.title, row, unit) for row, unit in given if row.agency_id != unit.id]
    moved.sort(key=lambda each: each[0])
    made = tuple(Assignment(row.id, name, row.name or "", unit.name, unit.id, unit.key) for name, row, unit in moved)
    return Plan(made, len(pairs) - len(made))


def apply(desk: Desk, wanted: Plan, confirmed: str) -> Plan:
    """Give the names to their units, if ``confirmed`` is the plan's checksum.

    Raises:
        Conflict: another plan was confirmed: names or units have changed since. Nothing is done.
    """
    if confirmed != wanted.checksum:
        told = "Rencana ini sudah berubah sejak ditampilkan. Periksa lagi, lalu konfirmasikan rencana yang baru."
        raise Conflict(told, log=f"confirmed {confirmed!r}, planned {wanted.checksum}")
    by_unit: dict[int, list[Assignment]] = {}
    for each in wanted.assignments:
        by_unit.setdefault(each.agency_id, []).append(each)
    for agency_id, some in by_unit.items():
        mine = Service.id.in_([each.service_id for each in some])
        given = {"agency_id": agency_id, "live_at": func.coalesce(Service.live_at, desk.now)}
        desk.session.execute(update(Service).where(mine, *_where(Asked())).values(**given))
        _tell(desk, some)
    return wanted


def _tell(desk: Desk, some: Sequence[Assignment]) -> None:
    unit, told = some[0].after, some[0].name if len(some) == 1 else f"{len(some)} nama"
    record(
        desk.session,
        "zone.assigned",
        person=desk.person,
        summary=f"{told} ditetapkan milik {unit}",
        content={"unit": some[0].agency_id, "names": [each.name for each in some]},
    )


def _known(desk: Desk) -> Mapping[str, Any]:
    query = select(Service.id, Service.title, Service.agency_id, Agency.name)
    query = query.outerjoin(Agency, Agency.id == Service.agency_id).where(*_where(Asked()))
    return {row.title: row for row in desk.session.execute(query).all()}


def _where(asked: Asked) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Service.procedure == IMPORTED, Service.state != "ended"]
    if asked.search:
        found.append(Service.title.contains(asked.search.lower(), autoescape=True))
    if asked.zone:
        below = Service.title.endswith(f".{asked.zone}", autoescape=True)
        found.append(below | (Service.title == asked.zone))
    if asked.unassigned:
        found.append(Service.agency_id.is_(None))
    elif asked.agency_id is not None:
        found.append(Service.agency_id == asked.agency_id)
    return found


def _found(row: Row[Any]) -> Found:
    told = tuple(f"{each['type']} {', '.join(each['values'])} (TTL {each['ttl']})" for each in row.specs)
    return Found(row.id, row.title, row.state, row.agency_id, row.name or "", told, row.drifted)


def _by_words(units: Sequence[Agency]) -> dict[str, Agency]:
    called = _called(units)
    return {words.casefold(): unit for unit in units for words in (called[unit.id], unit.key)}


def _called(units: Sequence[Agency]) -> dict[int, str]:
    """What a file calls each unit: its name, or its key where several have that name."""
    times = Counter(unit.name.casefold() for unit in units)
    return {unit.id: unit.name if times[unit.name.casefold()] == 1 else unit.key for unit in units}
