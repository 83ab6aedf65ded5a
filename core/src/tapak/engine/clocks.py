"""A task's clocks and a request's expected end, all in working time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tapak.engine.working_time import NOTHING, WorkCalendar
from tapak.sdk.procedure import TimeStandard

Pause = tuple[datetime, datetime | None]
"""From when to when a clock stands still; None while it still does."""


@dataclass(frozen=True)
class Clock:
    """Working time that a task waited to be begun, and that was worked on it; pauses are in neither."""

    waiting: timedelta
    working: timedelta


def clock(
    calendar: WorkCalendar,
    *,
    now: datetime,
    arrived_at: datetime,
    started_at: datetime | None = None,
    finished_at: datetime | None = None,
    pauses: Sequence[Pause] = (),
) -> Clock:
    """The clock of a task at ``now``; a task that was finished without a beginning only waited."""
    end = finished_at or now
    begun = min(started_at or end, end)
    return Clock(
        waiting=_running(calendar, arrived_at, begun, pauses),
        working=_running(calendar, begun, end, pauses),
    )


def due_after_pauses(
    calendar: WorkCalendar,
    *,
    now: datetime,
    started_at: datetime,
    standard: TimeStandard,
    pauses: Sequence[Pause] = (),
) -> datetime:
    """When work begun at ``started_at`` is due; each pause that began before it was due moves it on by its own time."""
    due = calendar.due(started_at, standard)
    for start, end in _merged(pauses, now):
        if start < due and end > started_at:
            due = calendar.add(due, calendar.between(max(start, started_at), end))
    return due


def expected_end(
    calendar: WorkCalendar,
    *,
    now: datetime,
    start_by: datetime | None,
    due_at: datetime | None,
    current: TimeStandard,
    remaining: Sequence[TimeStandard] = (),
    waiting_limit: timedelta = NOTHING,
) -> datetime:
    """When a request ends if everything from here on takes its whole standard; moves on while a step is late.

    ``due_at`` is the current step's where it was begun; before that ``start_by`` says when it must be begun (None: at
    once). ``waiting_limit`` is working time that each remaining step may wait before it is begun.
    """
    end = calendar.due(max(start_by or now, now), current) if due_at is None else max(due_at, now)
    for standard in remaining:
        end = calendar.due(calendar.add(end, waiting_limit), standard)
    return end


def _running(calendar: WorkCalendar, start: datetime, end: datetime, pauses: Sequence[Pause]) -> timedelta:
    total = calendar.between(start, end)
    for since, until in _merged(pauses, end):
        total -= calendar.between(max(since, start), min(until, end))
    return total


def _merged(pauses: Sequence[Pause], now: datetime) -> list[tuple[datetime, datetime]]:
    """Pauses in order without overlap; one that still runs ends ``now``."""
    merged: list[tuple[datetime, datetime]] = []
    for start, end in sorted((start, end or max(now, start)) for start, end in pauses):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
