"""Telling plugins of a finished step, after the commit and at least once."""

from __future__ import annotations

from sqlalchemy import select

from tapak.audit.models import AuditEvent
from tapak.requests.desk import Desk
from tapak.requests.models import Request
from tapak.sdk.hookspecs import StepFinished


def announce(desk: Desk, event_id: int) -> None:
    """Tell every plugin of the step that the audit event ``event_id`` is about."""
    query = (
        select(AuditEvent.content, Request.number, Request.procedure)
        .join(Request, Request.id == AuditEvent.request_id)
        .where(AuditEvent.id == event_id)
    )
    content, number, procedure = desk.session.execute(query).one()
    desk.registry.announce(
        StepFinished(
            tenant=desk.tenant.slug,
            request_number=number,
            procedure=procedure,
            step=content["step"],
            outcome=content["outcome"],
        )
    )
