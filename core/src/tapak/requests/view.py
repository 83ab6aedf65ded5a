"""The read-only look at one request that pure functions are given; it reads lazily, and nothing twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from tapak.documents.models import DISCARDED, Document
from tapak.inventory import service as inventory
from tapak.provisioning import service as provisioning
from tapak.provisioning.connections import serves
from tapak.provisioning.public import site_url
from tapak.requests import concerning, continuing, names
from tapak.requests.desk import Desk
from tapak.requests.imported import newest
from tapak.requests.models import Pause, RegisterRow, Request, Task
from tapak.requests.snapshots import Pinned
from tapak.scanning import service as scanning
from tapak.sdk.concerned import Concerned
from tapak.sdk.procedure import Procedure, Step
from tapak.sdk.registers import Imported
from tapak.sdk.resources import Fact, Site
from tapak.sdk.scanning import ScanReport
from tapak.sdk.step_kinds import StepKind
from tapak.sdk.view import DocumentRef, PositionRef, RequestFacts, ResourceState, ServiceRef
from tapak.tenants.settings import RECIPIENTS

MOST_ROWS = 50
ASKED = "asked_of_applicant"
"""Where a task's draft, and then its input, keeps what the officer asked for."""


@dataclass(frozen=True)
class Known:
    """What was read with the task: the unit's name and kind, the applicant's name, the revision's finished inputs by
    step, the newest number in each register, and whether the clock ever stood still.
    """

    agency: str
    agency_kind: str
    applicant: str
    results: Mapping[str, Mapping[str, Any]]
    numbers: Mapping[str, str]
    paused: bool


@dataclass(frozen=True)
class TaskView:
    """``tapak.sdk.view.View`` over the database, for one task of one request."""

    desk: Desk
    row: Request
    task: Task
    pinned: Pinned
    known: Known

    @property
    def procedure(self) -> Procedure:
        return self.pinned.procedure

    @cached_property
    def step(self) -> Step:
        return self.procedure.step(self.task.step)

    @property
    def kind(self) -> StepKind:
        """The step's kind, in the version that the request began with."""
        return self.desk.registry.step_kinds[self.step.kind]

    @cached_property
    def pauses(self) -> Sequence[tuple[datetime, datetime | None]]:
        """Stretches in which the task's clock stood still."""
        if not self.known.paused:
            return ()
        query = select(Pause.since, Pause.until).where(Pause.task_id == self.task.id).order_by(Pause.id)
        return [(since, until) for since, until in self.desk.session.execute(query)]

    @cached_property
    def request(self) -> RequestFacts:
        row, known = self.row, self.known
        return RequestFacts(
            row.id,
            row.number,
            row.state,
            known.agency,
            known.applicant,
            self.task.revision,
            row.submitted_at,
            known.agency_kind,
        )

    @property
    def now(self) -> datetime:
        return self.desk.now.astimezone(ZoneInfo(self.desk.tenant.time_zone))

    @property
    def answers(self) -> Mapping[str, Any]:
        return self.row.answers

    @property
    def results(self) -> Mapping[str, Mapping[str, Any]]:
        return self.known.results

    @property
    def asked(self) -> Mapping[str, Any]:
        asked: Mapping[str, Any] = self.task.draft.get(ASKED) or (self.task.input or {}).get(ASKED) or {}
        return asked

    @property
    def actor(self) -> str:
        return self.desk.person.name if self.desk.person else ""

    @cached_property
    def concerned(self) -> Concerned | None:
        return concerning.concerned(self.desk, self.row)

    @cached_property
    def documents(self) -> Sequence[DocumentRef]:
        kept = Document.request_id == self.row.id, Document.state != DISCARDED
        query = select(Document).where(*kept).order_by(Document.id)
        return tuple(
            DocumentRef(
                paper.id,
                paper.kind,
                paper.filename,
                paper.sha256,
                paper.size,
                paper.revision,
                paper.number,
                paper.title,
            )
            for paper in self.desk.session.scalars(query)
        )

    @cached_property
    def scans(self) -> Sequence[ScanReport]:
        return scanning.reports(self.desk.session, self.row.id)

    @cached_property
    def facts(self) -> Sequence[Fact]:
        return tuple(Fact(**fact) for fact in self.task.facts)

    def facts_of(self, step: str) -> Sequence[Fact]:
        if step == self.task.step:
            return self.facts
        query = select(Task.facts).where(
            Task.request_id == self.row.id,
            Task.revision == self.task.revision,
            Task.step == step,
            Task.state == "finished",
        )
        told = self.desk.session.scalars(query.order_by(Task.id.desc()).limit(1)).first()
        return tuple(Fact(**fact) for fact in told or ())

    def before(self, step: str) -> Mapping[str, Any]:
        query = select(Task.input).where(
            Task.request_id == self.row.id,
            Task.revision < self.task.revision,
            Task.step == step,
            Task.state == "finished",
        )
        return self.desk.session.scalars(query.order_by(Task.id.desc()).limit(1)).first() or {}

    @cached_property
    def resources(self) -> Sequence[ResourceState]:
        if self.row.works_on is None:
            return ()
        return provisioning.states(self.desk.session, self.row.works_on)

    @cached_property
    def services(self) -> Sequence[ServiceRef]:
        return continuing.services(self.desk, self.row)

    @property
    def positions(self) -> Sequence[PositionRef]:
        return tuple(
            PositionRef(seat.key, seat.title, seat.holder.name if seat.holder else "")
            for seat in self.desk.seats.values()
        )

    @property
    def settings(self) -> Mapping[str, Any]:
        return self.pinned.settings

    @cached_property
    def zones(self) -> Sequence[str]:
        return inventory.zones(self.desk.session)

    @cached_property
    def reverse_zones(self) -> Sequence[str]:
        return inventory.reverse_zones(self.desk.session)

    def position_of(self, actor_key: str) -> str:
        key = self.desk.position_key(self.procedure, self.procedure.actor(actor_key))
        return key if key in self.desk.seats else ""

    def name_problem(self, label: str, zone: str) -> str:
        return names.name_problem(self.desk, label, zone, request=self.row, settings=self.settings)

    def free_addresses(self) -> Sequence[str]:
        return inventory.free_addresses(self.desk.session, self.row.works_on)

    def offers(self, kind: str, engine: str = "") -> bool:
        return serves(self.desk.session, self.desk.registry, kind, engine)

    @property
    def can_seal(self) -> bool:
        return bool(self.desk.tenant.settings.get(RECIPIENTS))

    def imported(self, register: str) -> Imported | None:
        return newest(self.desk.session, register)

    def rows(self, register: str, **where: Any) -> Sequence[Mapping[str, Any]]:
        query = select(RegisterRow.content).where(RegisterRow.register == register, RegisterRow.content.contains(where))
        return self.desk.session.scalars(query.order_by(RegisterRow.id.desc()).limit(MOST_ROWS)).all()

    def site_url(self, site: Site) -> str:
        return site_url(self.desk.session, self.desk.registry, site)

    def shared_address(self) -> str:
        return inventory.shared_address(self.desk.session)
