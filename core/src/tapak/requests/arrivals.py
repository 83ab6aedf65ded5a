"""A step's turn comes: whose it is, and by when it must be begun."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from tapak.accounts.policy import has_part, stand_in
from tapak.requests import access, deadlines
from tapak.requests.advance import Arrival, Standing
from tapak.requests.desk import Desk
from tapak.requests.models import Request
from tapak.sdk.errors import Conflict
from tapak.sdk.procedure import Procedure, Step
from tapak.tenants.positions import Seat


class Turn(NamedTuple):
    """The task that arrives, and where the request stands then."""

    arrival: Arrival
    standing: Standing


def turn(desk: Desk, request: Request, procedure: Procedure, step: Step, state: str) -> Turn:
    """The turn of ``step`` of a request that is then in ``state``.

    Raises:
        Conflict: the step is for a position that the tenant doesn't have.
    """
    kind = desk.registry.step_kinds[step.kind]
    position_id, note = whose(desk, request, procedure, step)
    start_by = desk.calendar.due(desk.now, deadlines.waiting_limit(desk, step))
    first = step.key == procedure.steps[0].key
    arrival = Arrival(
        arrives=True,
        revision=request.revision + 1 if first else request.revision,
        position_id=position_id,
        agency_id=request.agency_id if position_id is None else None,
        arrived_at=desk.now,
        start_by=start_by,
        needs_facts=kind.asks_figures(step),
        note=note,
    )
    return Turn(arrival, _standing(desk, request, procedure, step, state, start_by))


def _standing(
    desk: Desk, request: Request, procedure: Procedure, step: Step, state: str, start_by: datetime
) -> Standing:
    if state == "draft":
        return Standing(state, step.key)
    expected = deadlines.expected(desk, procedure, step, request.answers, start_by=start_by, due_at=None)
    return Standing(state, step.key, expected_end=expected, promised_end=request.promised_end or expected)


def whose(desk: Desk, request: Request, procedure: Procedure, step: Step) -> tuple[int | None, str]:
    """The position that acts at ``step`` (None: the applicant's unit), and what is to be noted of that.

    Raises:
        Conflict: the step is for a position that the tenant doesn't have.
    """
    actor = procedure.actor(step.actor)
    if actor.applicant:
        return None, ""
    key = desk.position_key(procedure, actor)
    seat = desk.seats.get(key)
    if seat is None:
        raise Conflict(
            f"Langkah {step.number} ditujukan kepada {actor.title}, tetapi jabatannya belum ada. "
            "Minta admin instansi menambahkan jabatan itu, lalu ulangi.",
            log=f"no position {key!r} for actor {actor.key} of {procedure.code}",
        )
    decides = desk.registry.step_kinds[step.kind].decides
    return _substitute(desk, request, seat) if decides else (seat.position_id, "")


def _substitute(desk: Desk, request: Request, seat: Seat) -> tuple[int, str]:
    """Nobody decides on an own request: the task goes to the substitute that the tenant names (di luar SOP)."""
    holder, position_id, title = seat.holder, seat.position_id, seat.title
    concerned = access.subject(request)
    if holder is None or not has_part(holder.account_id, holder.nip, concerned):
        return position_id, ""
    instead = stand_in(desk.session, position_id, concerned, desk.today)
    if instead is None:
        return position_id, (
            f"{title} adalah pemohon sendiri dan tidak boleh memutuskan; "
            "admin perlu menunjuk jabatan pengganti (di luar SOP)"
        )
    return instead.position_id, f"{title} adalah pemohon sendiri; diputuskan oleh {instead.title} (di luar SOP)"
