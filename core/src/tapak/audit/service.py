"""Writing the audit chain. The database fills in number, time and hashes; nothing here is ever changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy.orm import Session

from tapak.audit.models import AuditEvent


class Actor(Protocol):
    """Who did it: the account and the name at that time."""

    @property
    def account_id(self) -> int: ...
    @property
    def name(self) -> str: ...


def record(
    session: Session,
    kind: str,
    *,
    person: Actor | None,
    request_id: int | None = None,
    acting_as: str = "",
    summary: str = "",
    content: Mapping[str, Any] | None = None,
    shown: bool = True,
) -> AuditEvent:
    """Add one event to the tenant's chain; ``person`` None means that Tapak itself did it.

    Its ``id``, ``seq``, ``at`` and ``hash`` are there after a flush. Inserting locks the end of the chain until the
    transaction ends, so numbers are taken before it. ``content`` holds JSON values and no secret; ``summary`` is
    Indonesian.
    """
    event = AuditEvent(
        kind=kind,
        request_id=request_id,
        account_id=person.account_id if person else None,
        actor=person.name if person else "",
        acting_as=acting_as,
        summary=summary,
        content=dict(content or {}),
        shown=shown,
    )
    session.add(event)
    return event
