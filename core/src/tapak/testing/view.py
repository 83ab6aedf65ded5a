"""A ``View`` in memory: plugin authors try kinds and a procedure's functions on it, without a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from tapak.sdk.concerned import Concerned
from tapak.sdk.names import RESERVED, label_problem
from tapak.sdk.procedure import Procedure, Step
from tapak.sdk.registers import Imported
from tapak.sdk.resources import DesiredResource, Fact, Site
from tapak.sdk.scanning import ScanReport
from tapak.sdk.view import DocumentRef, PositionRef, RequestFacts, ResourceState, ServiceRef


def first_request() -> RequestFacts:
    """A request in its first revision."""
    return RequestFacts(
        1, "001", "in_process", "Dinas Contoh", "Pemohon Contoh", 1, datetime(2026, 11, 20, 1, tzinfo=UTC)
    )


@dataclass(frozen=True)
class MemoryView:
    """``tapak.sdk.view.View`` from plain values; the defaults are an unremarkable request under ``example.test``.

    ``imports`` are imported registers by key, ``written`` the rows of others; ``actors`` are the positions that the
    tenant chose for actors, where they aren't the procedure's own; ``former`` are the inputs of steps in revisions
    before; ``taken`` are full names that somebody holds; ``free`` the free public addresses; ``lacking`` the kinds
    and engines that no server of the tenant's takes.
    """

    procedure: Procedure
    step: Step
    request: RequestFacts = field(default_factory=first_request)
    now: datetime = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    answers: Mapping[str, Any] = field(default_factory=dict)
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    asked: Mapping[str, Any] = field(default_factory=dict)
    documents: Sequence[DocumentRef] = ()
    scans: Sequence[ScanReport] = ()
    facts: Sequence[Fact] = ()
    resources: Sequence[ResourceState] = ()
    services: Sequence[ServiceRef] = ()
    positions: Sequence[PositionRef] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    zones: Sequence[str] = ("example.test",)
    reverse_zones: Sequence[str] = ("2.0.192.in-addr.arpa",)
    taken: frozenset[str] = frozenset()
    actors: Mapping[str, str] = field(default_factory=dict)
    actor: str = "Petugas Contoh"
    past_facts: Mapping[str, Sequence[Fact]] = field(default_factory=dict)
    former: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    can_seal: bool = True
    lacking: frozenset[str] = frozenset()
    imports: Mapping[str, Imported] = field(default_factory=dict)
    written: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    concerned: Concerned | None = None
    free: Sequence[str] = ("192.0.2.21", "192.0.2.22")
    shared: str = "192.0.2.20"

    @classmethod
    def of(cls, procedure: Procedure, step: str = "", **given: Any) -> MemoryView:
        """A view of ``procedure`` at ``step`` (the first one by default), every actor with its position."""
        positions = [PositionRef(actor.position, actor.title) for actor in procedure.actors if actor.position]
        at = procedure.step(step) if step else procedure.steps[0]
        return cls(procedure, at, **{"positions": positions, **given})

    def at(self, step: str, **changes: Any) -> MemoryView:
        """This view at another step."""
        return replace(self, step=self.procedure.step(step), **changes)

    def with_document(self, kind: str) -> MemoryView:
        """This view with one more document of ``kind`` in the current revision."""
        paper = DocumentRef(len(self.documents) + 1, kind, f"{kind}.pdf", "0" * 64, 1, self.request.revision)
        return replace(self, documents=(*self.documents, paper))

    def with_live(self, wanted: Sequence[DesiredResource]) -> MemoryView:
        """This view with every resource of ``wanted`` live, or gone where that is wanted."""
        live = tuple(
            ResourceState(
                item.key,
                item.spec.kind,
                item.spec.identity,
                "gone" if item.gone else "live",
                removal=item.gone,
                spec=None if item.gone else item.spec,
            )
            for item in wanted
        )
        return replace(self, resources=live)

    def facts_of(self, step: str) -> Sequence[Fact]:
        """Those of ``past_facts``, or the current ones."""
        return self.facts if step == self.step.key else self.past_facts.get(step, ())

    def before(self, step: str) -> Mapping[str, Any]:
        """That of ``former``."""
        return self.former.get(step, {})

    def position_of(self, actor_key: str) -> str:
        """The actor's position, where ``positions`` has it."""
        key = self.actors.get(actor_key, self.procedure.actor(actor_key).position)
        return key if key in {position.key for position in self.positions} else ""

    def name_problem(self, label: str, zone: str) -> str:
        """Why ``label`` can't be given below ``zone``: a rule of names, the tenant keeps it, or somebody holds it."""
        problem = label_problem(label, reserved={*RESERVED, *self.settings.get("reserved_names", ())})
        if problem:
            return problem.message
        return f"{label}.{zone} sudah dipakai." if f"{label}.{zone}" in self.taken else ""

    def offers(self, kind: str, engine: str = "") -> bool:
        return not self.lacking & {kind, engine}

    def free_addresses(self) -> Sequence[str]:
        """``free``."""
        return self.free

    def imported(self, register: str) -> Imported | None:
        """That of ``imports``."""
        return self.imports.get(register)

    def rows(self, register: str, **where: Any) -> Sequence[Mapping[str, Any]]:
        """Those of ``written``."""
        found = self.written.get(register, ())
        return [row for row in found if all(row.get(name) == value for name, value in where.items())]

    def site_url(self, site: Site) -> str:
        """At HTTP's own port."""
        return f"http://{site.name}/"

    def shared_address(self) -> str:
        """``shared``."""
        return self.shared
