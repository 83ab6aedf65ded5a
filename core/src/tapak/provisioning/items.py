"""What a reconciliation knows of each resource of one service before it looks at a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, bindparam, column, func, select, table
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, aliased

from tapak.engine.diff import Known
from tapak.inventory.models import Service
from tapak.provisioning.models import Connection, JournalEntry, Resource
from tapak.sdk.provider import Change, Probe
from tapak.sdk.resources import RecordSet, Site, Spec, spec_from_json

SETTLED = ("live", "gone")


@dataclass(frozen=True)
class Outputs:
    """What ``apply`` gave for one generation of a resource; ``sealed`` holds the secret ones as an age file."""

    generation: int
    plain: Mapping[str, Any]
    sealed: str | None = None


@dataclass
class Item:
    """One resource as it was loaded, and what has come of it since.

    ``intents`` are the specs that were set out for since the last verification, oldest first, each with its
    generation (None: a removal). ``state`` is the row's, or what it becomes with the next commit. ``outputs`` are the
    last that were given, ``fresh`` where they are to be written; ``given`` tells, by key, which generations of others'
    outputs it was given, and ``renewing`` that it is only applied to be given newer ones.
    ``note`` goes with its changes.
    """

    id: int
    key: str
    kind: str
    identity: str
    connection: Connection
    generation: int
    desired: Spec | None
    applied: Spec | None
    intents: Sequence[tuple[int, Spec | None]]
    needs: frozenset[str]
    override: bool
    state: str
    change: Change | None = None
    outputs: Outputs | None = None
    fresh: bool = False
    given: Mapping[str, int] = field(default_factory=dict)
    renewing: bool = False
    probes: tuple[Probe, ...] = ()
    note: str = ""

    @property
    def specs(self) -> tuple[Spec, ...]:
        """Every spec that may stand there by our doing: desired, last applied, set out for."""
        specs = (self.desired, self.applied, *(spec for _, spec in reversed(self.intents)))
        return tuple(dict.fromkeys(spec for spec in specs if spec is not None))

    @property
    def target(self) -> Spec | None:
        """A spec that names the resource to its provider; None where nothing was ever made or wanted."""
        return next(iter(self.specs), None)

    @property
    def intended(self) -> bool:
        """Whether the journal already tells of this generation's intent."""
        return any(generation == self.generation and spec == self.desired for generation, spec in self.intents)

    @property
    def known(self) -> Known:
        """What the diff goes by."""
        made = tuple(spec for _, spec in self.intents if spec is not None)
        return Known(self.desired, self.applied, self.intended, made)


def load(session: Session, service_id: int) -> list[Item]:
    """Every resource of the service with its connection, in the order of declaration."""
    return [_item(*row) for row in session.execute(_LOAD, {"service": service_id})]


def ready(items: Sequence[Item]) -> list[Item]:
    """What can be brought about now: made in the order of needs, then removed backwards, names before sites."""
    live = {item.key for item in items if item.state == "live"}
    leaving = [item for item in items if item.desired is None and item.state != "gone"]
    names_leave = any(item.kind == RecordSet.kind for item in leaving)
    wanted = [item for item in items if item.desired is not None and not (names_leave and _closes(item))]
    making = [item for item in wanted if item.state not in (*SETTLED, "failed")]
    wave = [item for item in making if item.needs <= live]
    if wave or any(item.state != "live" for item in wanted):
        return wave
    return [item for item in leaving if item.state != "failed" and not _wanted(item, leaving)]


def _closes(item: Item) -> bool:
    """Whether a site is to be suspended: its names leave first."""
    return isinstance(item.desired, Site) and item.desired.suspended and item.state != "live"


def _wanted(item: Item, leaving: Sequence[Item]) -> bool:
    return any(
        item.key in other.needs or (other.kind == RecordSet.kind and item.kind != RecordSet.kind)
        for other in leaving
        if other is not item
    )


def _intents() -> ColumnElement[Any]:
    entry, verified = aliased(JournalEntry), aliased(JournalEntry)
    last = (
        select(func.coalesce(func.max(verified.id), 0))
        .where(verified.resource_id == Resource.id, verified.phase == "verified")
        .correlate(Resource)
        .scalar_subquery()
    )
    each = func.jsonb_build_array(entry.generation, entry.spec)
    return (
        select(func.jsonb_agg(aggregate_order_by(each, entry.id)))
        .where(entry.resource_id == Resource.id, entry.phase == "intent", entry.id > last)
        .correlate(Resource)
        .scalar_subquery()
    )


def _item(row: Resource, connection: Connection, intents: Sequence[tuple[int, Any]] | None, number: str | None) -> Item:
    return Item(
        id=row.id,
        key=row.key,
        kind=row.kind,
        identity=row.identity,
        connection=connection,
        generation=row.generation,
        desired=_spec(row.kind, row.spec),
        applied=_spec(row.kind, row.applied),
        intents=[(generation, _spec(row.kind, spec)) for generation, spec in intents or ()],
        needs=frozenset(row.needs),
        override=row.override,
        state=row.state,
        outputs=Outputs(row.outputs_generation, row.outputs, row.sealed_outputs) if row.outputs_generation else None,
        given=row.given,
        note=f"Permohonan {number}" if number else "",
    )


def _spec(kind: str, data: Mapping[str, Any] | None) -> Spec | None:
    return None if data is None else spec_from_json(kind, data)


# The room of requests lies above; of theirs only the number is told.
_REQUEST = table("request", column("id"), column("number"))
_LOAD = (
    select(Resource, Connection, _intents(), _REQUEST.c.number)
    .join(Connection, Connection.id == Resource.connection_id)
    .join(Service, Service.id == Resource.service_id)
    .outerjoin(_REQUEST, _REQUEST.c.id == Service.request_id)
    .where(Resource.service_id == bindparam("service"))
    .order_by(Resource.id)
    .execution_options(populate_existing=True)
)
