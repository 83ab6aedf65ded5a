"""Bringing a zone to what Tapak knows: a plan that is shown, kept within limits, confirmed by its checksum, and then
written as rows, so that workers carry it out by reconciliation, with journal and verification."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from tapak.audit.service import record
from tapak.monitoring.drift import Look
from tapak.monitoring.notes import note
from tapak.provisioning.intake import take_in
from tapak.provisioning.models import Resource
from tapak.provisioning.zone_acts import clear, put_back
from tapak.requests.desk import Desk
from tapak.sdk.errors import Conflict
from tapak.sdk.resources import RecordSet, spec_to_json
from tapak.zones.comparing import Comparison
from tapak.zones.places import record_types, serving

FEW = 10
"""So many record sets may always be changed or removed: a share of a small zone says little."""


@dataclass(frozen=True)
class Limits:
    """The largest shares of a zone's record sets, in percent, that one plan may remove, and change or make."""

    removals: int = 10
    changes: int = 30


@dataclass(frozen=True)
class SyncPlan:
    """What would become of the zone: ours is put back; what is foreign goes only where that was asked for."""

    seen: Comparison
    removals: tuple[RecordSet, ...]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.seen.different or self.removals)

    @property
    def checksum(self) -> str:
        """SHA-256 over every change, with what stands there now, in hexadecimal, its first 16 digits."""
        told = json.dumps([self.seen.zone, *self.changes()], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def changes(self) -> Iterator[dict[str, Any]]:
        """Each change as JSON: action, identity, what stands and what is wanted."""
        for each in sorted(self.seen.different, key=lambda each: each.ours.spec.identity):
            now, wanted = each.found, each.ours.spec
            action = "create" if now is None else "update"
            yield _line(action, wanted.identity, now and spec_to_json(now), spec_to_json(wanted))
        for gone in self.removals:
            yield _line("delete", gone.identity, spec_to_json(gone), None)


def plan(seen: Comparison, *, delete_foreign: bool = False) -> SyncPlan:
    """What would make the zone as it is known; foreign records go only with ``delete_foreign``."""
    return SyncPlan(seen, tuple(seen.foreign) if delete_foreign else ())


def check(wanted: SyncPlan, limits: Limits) -> None:
    """Refuse a plan that goes too far.

    Raises:
        Conflict: it removes or changes more than ``limits`` allow; the message tells how many and how to allow it.
    """
    total = max(wanted.seen.total, 1)
    for number, most, words, option in (
        (len(wanted.removals), limits.removals, "menghapus", "--max-removals"),
        (len(wanted.seen.different), limits.changes, "mengubah atau membuat", "--max-changes"),
    ):
        if number > FEW and number * 100 > total * most:
            share = round(number * 100 / total)
            told = (
                f"Rencana ini {words} {number} dari {wanted.seen.total} rekaman ({share}%), lebih dari batas {most}%. "
                f"Periksa dahulu; bila memang benar, naikkan batasnya ({option})."
            )
            raise Conflict(told, log=f"{wanted.seen.zone}: {number} of {total} is above {most}%")


@dataclass(frozen=True)
class HandedOver:
    """How many record sets workers were given, and which foreign ones stay, by the reason (Indonesian)."""

    record_sets: int
    left_out: Mapping[str, Sequence[str]]


def apply(desk: Desk, wanted: SyncPlan, limits: Limits, confirmed: str) -> HandedOver:
    """Hand the plan to workers, if ``confirmed`` is its checksum.

    What changes at the server before a worker comes there is seen by it: a record that is to be removed and was
    changed is left, and told.

    Raises:
        Conflict: another plan was confirmed, or it is above ``limits``. Nothing is done.
    """
    check(wanted, limits)
    if confirmed != wanted.checksum:
        told = "Rencana ini sudah berubah sejak ditampilkan. Periksa lagi, lalu konfirmasikan rencana yang baru."
        raise Conflict(told, log=f"confirmed {confirmed!r}, planned {wanted.checksum}")
    session, zone = desk.session, wanted.seen.zone
    connection = serving(session, zone)
    note(session, connection, Look(different=wanted.seen.different))
    done = put_back(session, [each.ours.id for each in wanted.seen.different], desk.person)
    stays: Mapping[str, Sequence[str]] = {}
    if wanted.removals:
        served = record_types(desk.registry, connection)
        stays = take_in(session, connection, zone, wanted.removals, served).left_out
        done += clear(session, {each.identity for each in wanted.removals})
    record(
        session,
        "zone.synced",
        person=desk.person,
        summary=f"Zona {zone} diselaraskan: {len(wanted.seen.different)} dikembalikan, {len(wanted.removals)} dihapus",
        content={"zone": zone, "checksum": wanted.checksum, "changes": list(wanted.changes())[:1000]},
    )
    return HandedOver(done, stays)


def pending(desk: Desk, zone: str) -> int:
    """How many record sets of the zone workers are still to bring about or to remove."""
    connection = serving(desk.session, zone)
    busy = Resource.state.not_in(("live", "gone", "failed"))
    mine = (Resource.connection_id == connection.id, Resource.kind == RecordSet.kind, busy)
    return desk.session.scalar(select(func.count()).select_from(Resource).where(*mine)) or 0


def _line(action: str, identity: str, now: Any, wanted: Any) -> dict[str, Any]:
    return {"action": action, "identity": identity, "now": now, "wanted": wanted}
