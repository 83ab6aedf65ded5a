"""Versions of the tenant's procedures: which takes new requests from which day, and what runs on which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select

from tapak.accounts.policy import require
from tapak.engine.states import RequestState
from tapak.requests.desk import Desk
from tapak.requests.models import Request, Snapshot
from tapak.requests.snapshots import pinned
from tapak.sdk.procedure import Procedure
from tapak.tenants.models import Agency

SHOWN = (Request.id, Request.number, Request.subject, Request.state, Request.step)


@dataclass(frozen=True)
class Running:
    """A request that hasn't ended, and the step at which it stands. Drafts are told without their content."""

    request_id: int
    number: str
    subject: str
    agency: str
    state: str
    step: str
    step_number: str
    step_title: str


@dataclass(frozen=True)
class Version:
    """An installed version: ``takes`` new requests today, will (``awaits`` its day), or did (``former``)."""

    procedure: Procedure
    standing: Literal["takes", "awaits", "former"]
    running: tuple[Running, ...]


def versions(desk: Desk) -> tuple[Version, ...]:
    """Every version of the procedures that the tenant runs or that requests still run on, the newest of each first.

    Raises:
        Forbidden: the person oversees no procedures.
    """
    require(desk.somebody, "procedure.oversee", None)
    return all_versions(desk)


def all_versions(desk: Desk) -> tuple[Version, ...]:
    """The same, whoever asks."""
    running = _running(desk)
    offered = list(desk.tenant.settings.get("procedures", ()))
    keys = dict.fromkeys([*offered, *(code.rpartition("/")[0] for code in running)])
    return tuple(each for key in keys for each in _of_key(desk, key, running, offered=key in offered))


def _of_key(desk: Desk, key: str, running: Mapping[str, Sequence[Running]], *, offered: bool) -> tuple[Version, ...]:
    installed = desk.registry.versions(key)
    ahead = [each.code for each in installed if each.effective_from > desk.today]
    takes = next((each.code for each in installed if each.code not in ahead), "") if offered else ""
    return tuple(
        Version(
            each,
            "takes" if each.code == takes else "awaits" if each.code in ahead else "former",
            tuple(running.get(each.code, ())),
        )
        for each in installed
    )


def _running(desk: Desk) -> dict[str, list[Running]]:
    """Running requests by the code of the version that they run on, oldest first."""
    query = (
        select(*SHOWN, Snapshot.code, Snapshot.hash, Agency.name)
        .join(Snapshot, Snapshot.id == Request.snapshot_id)
        .join(Agency, Agency.id == Request.agency_id)
        .where(Request.ended_at.is_(None))
        .order_by(Request.id)
    )
    found: dict[str, list[Running]] = defaultdict(list)
    for row in desk.session.execute(query):
        found[row.code].append(_row(row, pinned(desk, row.hash).procedure))
    return found


def _row(row: Any, procedure: Procedure) -> Running:
    step = procedure.step(row.step)
    number, subject = (row.number, row.subject) if row.state != RequestState.DRAFT else ("", "")
    return Running(row.id, number, subject, row.name, row.state, step.key, step.number, step.title)
