"""Switches of releases: asked for in the history at once, in the register of changes when they are done."""

from __future__ import annotations

from sqlalchemy import select

from tapak.audit.models import AuditEvent
from tapak.audit.service import record
from tapak.db.wake import wake
from tapak.panel.service import Panel
from tapak.panel.work import pause
from tapak.provisioning.models import JournalEntry, Resource
from tapak.requests.desk import Desk
from tapak.requests.effects import add_row

SWITCHED = "release_switched"
"""The wake kind (row: the audit event of the asking) of looking whether a release went live."""
CHANGES = "tapak.changes"


def begin(desk: Desk, shown: Panel, row: Resource, before: str, after: str) -> None:
    """Tell the history who asked for the release ``after`` (SHA-256), and have a worker see what comes of it."""
    event = record(
        desk.session,
        "service.release_switched",
        person=desk.somebody,
        request_id=shown.service.request_id,
        summary=f"Rilis {row.identity} diminta diganti ke {after[:12]}",
        content={
            "service": shown.service.title,
            "agency": shown.agency,
            "resource": row.id,
            "identity": row.identity,
            "before": before,
            "after": after,
        },
    )
    desk.session.flush()
    wake(desk.session, SWITCHED, event.id)


def tell(desk: Desk, event_id: int) -> float | None:
    """Write a switch that is done into the register; seconds until the next look, None where that is over.

    Where another release was asked for before this one was live, nothing was done and nothing is written.
    """
    event = desk.session.scalars(select(AuditEvent).where(AuditEvent.id == event_id)).one()
    after = event.content["after"]
    live = (
        JournalEntry.resource_id == event.content["resource"],
        JournalEntry.phase == "verified",
        JournalEntry.at >= event.at,
        JournalEntry.spec["sha256"].as_string() == after,
    )
    if desk.session.scalar(select(JournalEntry.id).where(*live).limit(1)) is not None:
        _register(desk, event)
        return None
    row = desk.session.get_one(Resource, (desk.tenant.id, event.content["resource"]))
    wanted = row.suspended_spec or row.spec
    return pause(event.at) if wanted is not None and wanted["sha256"] == after else None


def _register(desk: Desk, event: AuditEvent) -> None:
    asked = event.content
    content = {
        "changed_on": desk.today.isoformat(),
        "service": asked["service"],
        "change": "Ganti rilis",
        "difference": f"Rilis {asked['identity']} (SHA-256): {asked['before']} → {asked['after']}\nOleh: {event.actor}",
        "agency": asked["agency"],
    }
    origin = {"request_id": event.request_id} if event.request_id is not None else {"author": event.actor}
    add_row(desk, desk.registry.registers[CHANGES], content, **origin)
