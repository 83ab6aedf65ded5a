"""What a change would leave without a way on: running requests, each with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from tapak.requests.desk import Desk
from tapak.requests.models import Request, Snapshot
from tapak.requests.snapshots import pinned
from tapak.requests.versions import Running, running
from tapak.sdk.names import fold_label
from tapak.settings.sections import Content, Section
from tapak.settings.steps import ACTOR
from tapak.tenants.settings import RESERVED


@dataclass(frozen=True)
class Stranded:
    """A request that couldn't go on, because of the setting ``name``; ``reason`` is Indonesian."""

    name: str
    reason: str
    request: Running


def stranded(desk: Desk, section: Section, before: Content, after: Content) -> tuple[Stranded, ...]:
    """Every request that the change of ``section`` from ``before`` to ``after`` (what differs) would strand."""
    return (
        *_closed(desk, before, after),
        *_unheld(desk, section, before, after),
        *_taken(desk, section, before, after),
    )


def _closed(desk: Desk, before: Content, after: Content) -> Iterator[Stranded]:
    gone = set(before.get("procedures", ())) - set(after.get("procedures", ()))
    for each in running(desk, gone) if gone else ():
        yield Stranded("procedures", "Layanannya ditutup, padahal permohonan ini masih berjalan.", each)


def _unheld(desk: Desk, section: Section, before: Content, after: Content) -> Iterator[Stranded]:
    """Actors whose steps would go to a position that nobody holds."""
    for name in sorted({*before, *after}):
        if not name.startswith(ACTOR):
            continue
        seat = desk.seats.get(after.get(name) or section.default(name))
        if seat is not None and seat.holder is not None:
            continue
        reason = (
            f"Langkahnya akan ditujukan kepada “{seat.title if seat else 'jabatan yang tidak ada'}” yang tanpa pejabat."
        )
        for each in running(desk, section.procedures or ()):
            yield Stranded(name, reason, each)


def _taken(desk: Desk, section: Section, before: Content, after: Content) -> Iterator[Stranded]:
    """Names that would no longer be given to anybody, though a running request asks for them."""
    added = set(_reserved(section, after)) - set(_reserved(section, before))
    if not added or RESERVED not in after:
        return
    asked = _asked(desk)
    for each in running(desk, section.procedures):
        for label in sorted(added & asked.get(each.request_id, set())):
            yield Stranded(RESERVED, f"Permohonan ini meminta nama “{label}”.", each)


def _reserved(section: Section, content: Content) -> Any:
    return content.get(RESERVED, section.default(RESERVED) if RESERVED in section.schema().fields else ()) or ()


def _asked(desk: Desk) -> Mapping[int, set[str]]:
    """The labels that each running request asks for."""
    query = (
        select(Request.id, Request.answers, Snapshot.hash)
        .join(Snapshot, Snapshot.id == Request.snapshot_id)
        .where(Request.ended_at.is_(None), Request.number != "")
    )
    return {
        request_id: {fold_label(wish.label) for wish in pinned(desk, digest).procedure.wished_names(answers)}
        for request_id, answers, digest in desk.session.execute(query)
    }
