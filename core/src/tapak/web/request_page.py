"""Everything that a request's page shows, read when it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import select

from tapak.accounts.models import Account
from tapak.accounts.policy import may
from tapak.audit.models import AuditEvent
from tapak.documents.models import Document
from tapak.engine.states import RequestState
from tapak.maintenance.concerned import Notice, notices
from tapak.provisioning.models import Resource
from tapak.requests import access, links, papers, reading, services, version_moves
from tapak.requests.desk import Desk
from tapak.requests.links import Linked
from tapak.requests.models import Request, Revision, Task
from tapak.requests.reading import RequestLook
from tapak.sdk.changes import Compared, compared
from tapak.sdk.procedure import Step
from tapak.sdk.resources import Spec
from tapak.tenants.models import Position
from tapak.tenants.positions import holders
from tapak.web.chart import Chart, chart
from tapak.web.entered import Line, lines
from tapak.web.progress import StepProgress, progress

MOVING = frozenset({"planned", "applying", "verifying", "removing"})
ACTS = {
    "delete": "request.withdraw",
    "withdraw": "request.withdraw",
    "cancel": "request.cancel",
    "move": "request.move",
}

SUBMITTED = ("withdraw", "cancel", "move")


@dataclass(frozen=True)
class Submission:
    """One revision's answers in words. ``changed`` are the labels that differ from the revision before."""

    number: int
    submitted_at: datetime
    by: str
    answers: tuple[Line, ...]
    changed: frozenset[str]


@dataclass(frozen=True)
class RequestPage:
    """One request for one reader."""

    desk: Desk
    look: RequestLook

    @cached_property
    def notices(self) -> Sequence[Notice]:
        """Maintenance that the owner is told of."""
        service_id = self.look.request.service_id
        return () if service_id is None else notices(self.desk, service_id=service_id)

    @classmethod
    def of(cls, desk: Desk, request_id: int) -> RequestPage:
        """The page of a request that the reader may see."""
        return cls(desk, reading.look(desk, request_id))

    @property
    def request(self) -> Request:
        return self.look.request

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to it."""
        return RequestState(self.request.state).ended

    @cached_property
    def step(self) -> Step:
        """The step at which it stands, or stood when it ended."""
        return self.look.procedure.step(self.request.step)

    @cached_property
    def chart(self) -> Chart:
        return chart(self.look.procedure)

    @cached_property
    def progress(self) -> Mapping[str, StepProgress]:
        return progress(self.look)

    @cached_property
    def open_task(self) -> Task | None:
        """The turn that somebody has now."""
        return next((task for task in reversed(self.look.tasks) if task.state in ("open", "started")), None)

    @cached_property
    def acts_now(self) -> bool:
        """Whether the turn is the reader's."""
        if self.open_task is None:
            return False
        view = access.find_task(self.desk, self.open_task.id) if self._sees_task else None
        return view is not None and may(self.desk.person, "task.act", access.task_subject(view))

    @property
    def _sees_task(self) -> bool:
        task = self.open_task
        person = self.desk.somebody
        return bool(person.positions) or (task is not None and task.agency_id == person.agency_id)

    @cached_property
    def has_it(self) -> str:
        """Who has the request now: the position as its holder signs it with the holder's name, or the unit."""
        task = self.open_task
        if task is None:
            return ""
        if task.position_id is None:
            return self.look.agency
        holding = {holder.position_id: holder for holder in holders(self.desk.session, self.desk.today).values()}
        if task.position_id in holding:
            holder = holding[task.position_id]
            return f"{holder.label} ({holder.name})"
        return self.desk.session.get_one(Position, (self.desk.tenant.id, task.position_id)).title

    @cached_property
    def begin_by(self) -> datetime | None:
        """By when the open turn must be begun, while it isn't."""
        task = self.open_task
        return task.start_by if task is not None and task.due_at is None else None

    @cached_property
    def late(self) -> bool:
        """Whether the open turn has passed its limit."""
        limit = (self.open_task.due_at if self.open_task else None) or self.begin_by
        return limit is not None and limit < self.desk.now

    @property
    def at_unit(self) -> bool:
        """Whether the open turn is the applicant's unit's, whose time is no lateness of the agency."""
        return self.open_task is not None and self.open_task.agency_id is not None

    @cached_property
    def timeline(self) -> Sequence[AuditEvent]:
        """What happened, newest first."""
        return list(reading.timeline(self.desk, self.request.id))[::-1]

    @cached_property
    def papers(self) -> Sequence[Document]:
        return papers.papers(self.desk, self.request.id)

    @cached_property
    def links(self) -> Sequence[Linked]:
        """The requests that belong together with this one."""
        return links.linked(self.desk, self.request.id)

    @cached_property
    def candidates(self) -> Sequence[Linked]:
        """Those that could be linked with it."""
        return links.candidates(self.desk, self.request.id) if self.may_link else ()

    @property
    def may_link(self) -> bool:
        """Whether the reader may link it with others."""
        return self._may("request.link")

    @cached_property
    def compared(self) -> Sequence[Compared]:
        """What a request for a change changes, once it is submitted."""
        return compared(self.look.view) if self.request.concerns_id and self.request.revision else ()

    @cached_property
    def resources(self) -> Sequence[Resource]:
        return services.resources(self.desk, self.request.id)

    @cached_property
    def outdated(self) -> Sequence[Spec]:
        """What its step would declare otherwise by now."""
        return services.outdated(self.look.view)

    @property
    def moving(self) -> bool:
        """Whether some resource is still on its way."""
        return any(resource.state in MOVING for resource in self.resources)

    @property
    def may_repair(self) -> bool:
        """Whether the reader may have what failed tried again."""
        return self._may("service.repair")

    @property
    def acts(self) -> tuple[str, ...]:
        """Which of the acts the reader may do now: a draft is deleted, a submitted request ended or moved."""
        possible = ("delete",) if self.request.state == "draft" else ("move",) if self.ended else SUBMITTED
        return tuple(name for name in possible if self._may(ACTS[name]))

    @property
    def changes_version(self) -> bool:
        """Whether the reader may have it go on by another version or by today's settings, where these are others."""
        return "move" in self.acts and not self.ended and bool(version_moves.targets(self.desk, self.request.id))

    def _may(self, action: str) -> bool:
        return may(self.desk.person, action, access.subject(self.request))

    @cached_property
    def submissions(self) -> tuple[Submission, ...]:
        """Every revision, newest first."""
        schema = self.look.procedure.submission.schema_for(self.look.view)
        query = (
            select(Revision, Account.name)
            .join(Account, Account.id == Revision.account_id)
            .where(Revision.request_id == self.request.id)
            .order_by(Revision.number)
        )
        found: list[Submission] = []
        for revision, by in self.desk.session.execute(query).all():
            answers = lines(schema, revision.answers)
            before = dict(_pairs(found[-1].answers)) if found else None
            changed = {label for label, texts in _pairs(answers) if before is not None and before.get(label) != texts}
            found.append(Submission(revision.number, revision.submitted_at, by, answers, frozenset(changed)))
        return tuple(found[::-1])


def _pairs(answers: Sequence[Line]) -> list[tuple[str, tuple[str, ...]]]:
    return [(line.label, line.texts) for line in answers]
