"""Checking a tenant's audit chain from its rows alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

# Every row against the row before it by seq; the end of the chain is what the trigger wrote down apart.
CHECK = text("""
select seq, at, count_before, previous_is, hash_is from (
    select seq, at, row_number() over running as count_before,
        previous = coalesce(lag(hash) over running, '') as previous_is,
        hash = encode(sha256(convert_to(audit_payload(audit_event), 'UTF8')), 'hex') as hash_is
    from audit_event where tenant_id = :tenant window running as (order by seq)
) as chain where seq <> count_before or not previous_is or not hash_is order by seq
""")
END = text("""
select coalesce(max(event.seq), 0), coalesce(max(head.seq), 0), coalesce(max(head.hash), ''),
    coalesce((array_agg(event.hash order by event.seq desc))[1], '')
from audit_event as event full join audit_head as head using (tenant_id) where tenant_id = :tenant
""")
SHOWN = 100

Fault = Literal["changed", "broken link", "gap", "cut off"]


@dataclass(frozen=True)
class Problem:
    """What is wrong at the event numbered ``seq``.

    ``changed``: the event isn't what was hashed. ``broken link``: the event before it isn't the one it was hashed
    onto. ``gap``: an event before it is missing or there twice. ``cut off``: events after it are missing.
    """

    seq: int
    fault: Fault
    at: datetime | None = None


@dataclass(frozen=True)
class VerifyReport:
    """The chain of one tenant: ``events`` counted, ``seq`` and ``hash`` of its end, the first hundred ``problems``.

    Who rewrites the whole chain and its end leaves none: keep ``seq`` and ``hash`` of earlier reports elsewhere.
    """

    events: int
    seq: int
    hash: str
    problems: tuple[Problem, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was changed, removed or reordered."""
        return not self.problems


def verify(session: Session, tenant_id: int) -> VerifyReport:
    """Recompute the tenant's chain: SHA-256 over each event's payload, onto the event before it."""
    within = {"tenant": tenant_id}
    counted = text("select count(*) from audit_event where tenant_id = :tenant")
    events = session.execute(counted, within).scalar_one()
    last, head, head_hash, last_hash = session.execute(END, within).one()
    problems = [_problem(*row) for row in session.execute(CHECK, within).fetchmany(SHOWN)]
    if last != head or (not problems and last_hash != head_hash):
        problems.append(Problem(last, "cut off"))
    return VerifyReport(events, head, head_hash, tuple(problems))


def _problem(seq: int, at: datetime, place: int, linked: bool, hashed: bool) -> Problem:
    if not hashed:
        return Problem(seq, "changed", at)
    return Problem(seq, "gap" if seq != place else "broken link", at)
