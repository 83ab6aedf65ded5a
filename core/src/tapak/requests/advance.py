"""The one statement that moves a request on: a task ends, the next arrives, and the audit chain tells of it.

One round trip for what would be eight, since every step of every agency passes here. Each part is optional: a draft
has no task that ends, an ended request none that arrives. The audit event comes last, so that the chain's lock is
held shortest (order of locks: request, task, work to do, number, audit). The next task reads ``ended``, so that it
comes after: a request has one open task at most. Where none arrives PostgreSQL ends the task last, so whoever calls has
locked it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy.orm import Session

from tapak.db.session import send
from tapak.db.wake import look_now
from tapak.requests.models import Request

DEADLINE = "deadline"
CALENDAR = "calendar"
FACTS = "facts"
EVENT = "event"

STATEMENT = """
with ended as (
    update task set
        state = %(task_state)s, started_at = %(started_at)s, started_by = %(started_by)s, finished_at = %(finished_at)s,
        finished_by = %(finished_by)s, actor = %(actor)s, acting_as = %(acting_as)s, outcome = %(outcome)s,
        draft = '{}', input = coalesce(cast(%(input)s as jsonb), input), waiting = %(waiting)s, working = %(working)s,
        deadline = null, escalated_to = null
    where id = %(task_id)s
    returning id
), forgotten as (
    delete from wake where kind in ('deadline', 'facts') and row_id = %(task_id)s
), moved as (
    update request set
        state = %(state)s, step = %(step)s, version = %(version)s, expected_end = %(expected_end)s,
        promised_end = %(promised_end)s, ended_at = %(ended_at)s, end_reason = %(end_reason)s
    where id = %(request_id)s
), next as (
    insert into task (request_id, step, revision, position_id, agency_id, arrived_at, start_by, deadline, note)
    select %(request_id)s, %(step)s, %(revision)s, cast(%(position_id)s as bigint), cast(%(agency_id)s as bigint),
        cast(%(arrived_at)s as timestamptz), cast(%(start_by)s as timestamptz), cast(%(start_by)s as timestamptz),
        %(note)s
    from (select count(*) from ended) as first
    where %(arrives)s
    returning id
), pending as (
    insert into wake (kind, row_id, next_at)
    select 'deadline', id, cast(%(start_by)s as timestamptz) from next where cast(%(position_id)s as bigint) is not null
    union all
    select 'facts', id, now() from next where %(needs_facts)s
), told as (
    insert into audit_event (kind, request_id, account_id, actor, acting_as, summary, content, shown)
    values (%(event)s, %(request_id)s, %(account_id)s, %(person)s, %(as_position)s, %(summary)s,
        cast(%(content)s as jsonb), %(shown)s)
    returning id
), announced as (
    insert into wake (kind, row_id) select 'event', id from told where %(announce)s
)
select (select id from next) as task_id, (select id from told) as event_id
"""


@dataclass(frozen=True)
class Ending:
    """How a task ends. ``waiting`` and ``working`` are seconds of working time; ``task_id`` None: none ends."""

    task_id: int | None = None
    task_state: str = "cancelled"
    started_at: datetime | None = None
    started_by: int | None = None
    finished_at: datetime | None = None
    finished_by: int | None = None
    actor: str = ""
    acting_as: str = ""
    outcome: str = ""
    input: dict[str, Any] | None = None
    waiting: int | None = None
    working: int | None = None


@dataclass(frozen=True)
class Arrival:
    """The next task: its actor is a position or the applicant's unit. ``arrives`` False: there is none."""

    arrives: bool = False
    revision: int = 0
    position_id: int | None = None
    agency_id: int | None = None
    arrived_at: datetime | None = None
    start_by: datetime | None = None
    needs_facts: bool = False
    note: str = ""


@dataclass(frozen=True)
class Told:
    """The audit event: ``event`` is its kind; ``person`` and ``account_id`` who acted, ``as_position`` as what.

    It also tells the version that it makes. ``announce`` has a worker tell plugins of it.
    """

    event: str
    summary: str
    content: dict[str, Any] = field(default_factory=dict)
    account_id: int | None = None
    person: str = ""
    as_position: str = ""
    shown: bool = True
    announce: bool = False


@dataclass(frozen=True)
class Standing:
    """Where the request stands afterwards."""

    state: str
    step: str
    expected_end: datetime | None = None
    promised_end: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str = ""


def advance(
    session: Session, request: Request, standing: Standing, told: Told, *, ending: Ending, arrival: Arrival
) -> int | None:
    """Write it all; gives the id of the task that arrived. The request's version counts up.

    What the session holds is read anew when it is next looked at.
    """
    session.flush()
    values = {
        **vars(ending),
        **vars(arrival),
        **vars(told),
        **vars(standing),
        "input": None if ending.input is None else Jsonb(ending.input),
        "content": Jsonb({**told.content, "version": request.version + 1}),
        "request_id": request.id,
        "version": request.version + 1,
    }
    task_id, event_id = send(session, STATEMENT, values)
    if arrival.needs_facts:
        look_now(session, FACTS, task_id)
    if told.announce:
        look_now(session, EVENT, event_id)
    session.expire_all()
    return None if task_id is None else int(task_id)
