"""Versions of the tenant's procedures: which takes new requests from which day, and what runs on which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import func, select

from tapak.accounts.policy import require
from tapak.engine.states import RequestState
from tapak.requests.desk import Desk
from tapak.requests.models import Request, Snapshot
from tapak.requests.snapshots import pinned
from tapak.sdk.errors import NotFound
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
    """An installed version: ``takes`` new requests today, will (``awaits`` its day), or did (``former``).

    ``running`` are the oldest of the ``count`` requests that run on it, or all of them.
    """

    procedure: Procedure
    standing: Literal["takes", "awaits", "former"]
    running: tuple[Running, ...]
    count: int


def versions(desk: Desk, most: int | None = None) -> tuple[Version, ...]:
    """Every version of the procedures that the tenant runs or that requests still run on, the newest of each first.

    Each with the ``most`` oldest of the requests on it, or with all.

    Raises:
        Forbidden: the person oversees no procedures.
    """
    require(desk.somebody, "procedure.oversee", None)
    return all_versions(desk, most)


def one(desk: Desk, code: str, after: int | None, limit: int) -> Version:
    """The version ``code`` with ``limit`` of its running requests, those after the request ``after``.

    Raises:
        Forbidden: the person oversees no procedures.
        NotFound: the tenant has no such version.
    """
    for each in versions(desk, 0):
        if each.procedure.code == code:
            query = _query().where(Snapshot.code == code, Request.id > (after or 0)).limit(limit)
            return replace(each, running=tuple(row for _, row in _rows(desk, query)))
    raise NotFound("Versi SOP ini tidak ditemukan.", log=f"no version {code!r}")


def running(desk: Desk, procedures: Collection[str] | None) -> tuple[Running, ...]:
    """The submitted requests that run by one of ``procedures`` (keys; None: any), oldest first, whoever asks."""
    query = _query().where(Request.state != RequestState.DRAFT)
    if procedures is not None:
        query = query.where(Request.procedure.in_(procedures))
    return tuple(row for _, row in _rows(desk, query))


def all_versions(desk: Desk, most: int | None = None) -> tuple[Version, ...]:
    """The same as :func:`versions`, whoever asks."""
    counts, found = _counts(desk), _running(desk, most)
    offered = list(desk.tenant.settings.get("procedures", ()))
    keys = dict.fromkeys([*offered, *(code.rpartition("/")[0] for code in counts)])
    return tuple(each for key in keys for each in _of_key(desk, key, found, counts, key in offered))


def _of_key(
    desk: Desk, key: str, found: Mapping[str, Sequence[Running]], counts: Mapping[str, int], offered: bool
) -> tuple[Version, ...]:
    installed = desk.registry.versions(key)
    ahead = [each.code for each in installed if each.effective_from > desk.today]
    takes = next((each.code for each in installed if each.code not in ahead), "") if offered else ""
    return tuple(
        Version(
            each,
            "takes" if each.code == takes else "awaits" if each.code in ahead else "former",
            tuple(found.get(each.code, ())),
            counts.get(each.code, 0),
        )
        for each in installed
    )


def _counts(desk: Desk) -> dict[str, int]:
    """How many requests run, by the code of their version."""
    query = select(Snapshot.code, func.count()).join(Request, Request.snapshot_id == Snapshot.id)
    query = query.where(Request.ended_at.is_(None)).group_by(Snapshot.code)
    return dict(desk.session.execute(query).all())


def _running(desk: Desk, most: int | None) -> dict[str, list[Running]]:
    """Running requests by the code of the version that they run on, oldest first, ``most`` of each."""
    query = _query()
    if most is not None:
        place = func.row_number().over(partition_by=Snapshot.code, order_by=Request.id).label("place")
        placed = _query().order_by(None).with_only_columns(Request.id, place).subquery()
        query = query.join(placed, placed.c.id == Request.id).where(placed.c.place <= most)
    found: dict[str, list[Running]] = defaultdict(list)
    for code, row in _rows(desk, query):
        found[code].append(row)
    return found


def _query() -> Any:
    return (
        select(*SHOWN, Snapshot.code, Snapshot.hash, Agency.name)
        .join(Snapshot, Snapshot.id == Request.snapshot_id)
        .join(Agency, Agency.id == Request.agency_id)
        .where(Request.ended_at.is_(None))
        .order_by(Request.id)
    )


def _rows(desk: Desk, query: Any) -> Iterator[tuple[str, Running]]:
    for row in desk.session.execute(query):
        yield row.code, _row(row, pinned(desk, row.hash).procedure)


def _row(row: Any, procedure: Procedure) -> Running:
    step = procedure.step(row.step)
    number, subject = (row.number, row.subject) if row.state != RequestState.DRAFT else ("", "")
    return Running(row.id, number, subject, row.name, row.state, step.key, step.number, step.title)
