"""The statement behind the inbox: a short walk along an index for each way by which a task reaches somebody.

One condition over all ways would have PostgreSQL read, join and sort everything that waits to show a page of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import Select, bindparam, select, true, tuple_, union_all
from sqlalchemy.sql import ColumnElement

from tapak.accounts.policy import Person
from tapak.requests.models import Request, Snapshot, Task
from tapak.tenants.models import Agency

Waiting = Literal["all", "mine", "late", "escalated"]
Way = Literal["position_id", "agency_id", "escalated_to"]
NOBODY = -1
SHOWN = (
    Task.id.label("task_id"),
    Task.deadline.label("at"),
    Task.due_at,
    Task.position_id,
    Task.request_id,
    Task.step,
    Task.state,
    Task.arrived_at,
)


@dataclass(frozen=True)
class Shape:
    """What the statement's text depends on; everything else is a parameter."""

    ways: tuple[Way, ...]
    late: bool
    goes_on: bool


def waiting(
    person: Person, only: Waiting, now: datetime, after: tuple[datetime, int] | None, limit: int
) -> tuple[Select[Any], dict[str, Any]]:
    """The first ``limit`` tasks that wait for ``person``, soonest first, as a statement with its parameters."""
    ways = _ways(person, only)
    statement = _statement(Shape(tuple(way for way, _ in ways), only == "late", after is not None))
    given = {f"way_{number}": row_id for number, (_, row_id) in enumerate(ways)}
    held = [each.position_id for each in person.positions] or [NOBODY]
    begin = {"after_at": after[0], "after_id": after[1]} if after else {}
    return statement, {**given, **begin, "held": held, "now": now, "most": limit}


def _ways(person: Person, only: Waiting) -> list[tuple[Way, int]]:
    positions = [each.position_id for each in person.positions]
    own: list[tuple[Way, int]] = [("position_id", position) for position in positions]
    if person.agency_id is not None:
        own.append(("agency_id", person.agency_id))
    escalated: list[tuple[Way, int]] = [("escalated_to", position) for position in positions]
    ways = {"mine": own, "escalated": escalated}.get(only, [*own, *escalated])
    return ways or [("position_id", NOBODY)]


@lru_cache(maxsize=256)
def _statement(shape: Shape) -> Select[Any]:
    walks = [_walk(way, f"way_{number}", shape) for number, way in enumerate(shape.ways)]
    page = union_all(*walks).subquery().c if len(walks) > 1 else walks[0].subquery().c
    first = select(*page).order_by(page.at, page.task_id).limit(bindparam("most")).subquery().c
    # A row at a time: joined, PostgreSQL would read every request of the tenant to find those of one page.
    told = (
        select(
            Request.number,
            Request.subject,
            Request.state.label("request_state"),
            Agency.name.label("agency"),
            Snapshot.hash.label("digest"),
        )
        .join(Agency, Agency.id == Request.agency_id)
        .join(Snapshot, Snapshot.id == Request.snapshot_id)
        .where(Request.id == first.request_id)
        .limit(1)
        .lateral()
    )
    return select(*first, *told.c).join(told, true()).order_by(first.at, first.task_id)


def _walk(way: Way, parameter: str, shape: Shape) -> Select[Any]:
    """One way's first tasks; what was escalated to its own actor's other position is there already."""
    order = Task.deadline, Task.id
    wanted: list[ColumnElement[bool]] = [getattr(Task, way) == bindparam(parameter), Task.deadline.is_not(None)]
    if way == "escalated_to":
        wanted.append(Task.position_id.not_in(bindparam("held", expanding=True)))
    if shape.late:
        wanted.append(Task.deadline < bindparam("now"))
    if shape.goes_on:
        wanted.append(tuple_(*order) > tuple_(bindparam("after_at"), bindparam("after_id")))
    walk = select(*SHOWN).where(*wanted)
    return select(walk.order_by(*order).limit(bindparam("most")).subquery())
