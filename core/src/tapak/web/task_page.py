"""Everything that a task's page shows, gathered once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from flask_babel import gettext
from marshmallow import ValidationError
from sqlalchemy import select

from tapak.accounts.policy import require
from tapak.documents.models import Document
from tapak.engine.states import TaskState
from tapak.requests import access, forms, links, papers, services
from tapak.requests.forms import FormField
from tapak.requests.links import Linked
from tapak.requests.models import RegisterRow, Request, Task
from tapak.requests.view import ASKED, TaskView
from tapak.sdk import parts
from tapak.sdk.additions import CONFIRMED
from tapak.sdk.changes import Compared, compared
from tapak.sdk.contexts import site_addresses
from tapak.sdk.errors import Forbidden, TapakError
from tapak.sdk.forms import Upload
from tapak.sdk.procedure import RequiredInput, Step
from tapak.sdk.request_view import letter_entered
from tapak.sdk.resources import Spec
from tapak.web.entered import Line, lines
from tapak.web.formdata import fit_to_show
from tapak.web.time_left import TimeLeft, time_left

FACTS = "facts"


@dataclass(frozen=True)
class Need:
    """One item of Kelengkapan, whether it is at hand, and whether this step itself brings it."""

    item: RequiredInput
    have: bool
    here: bool


@dataclass(frozen=True)
class Sent:
    """A file that may be sent with the step, and the newest one that was (None: none)."""

    upload: Upload
    paper: Document | None


@dataclass(frozen=True)
class Earlier:
    """A finished step of this revision and what was entered there."""

    step: Step
    task: Task
    outcome: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class TaskPage:
    """A task's page.

    ``refused`` is why the last attempt to finish didn't go through (None: there was none); ``asking`` whether figures
    were asked for that haven't come yet.
    """

    view: TaskView
    refused: TapakError | None = None
    asking: bool = False

    @property
    def ended(self) -> bool:
        """Whether the step is finished, or was taken away."""
        return TaskState(self.view.task.state).ended

    @property
    def begun(self) -> bool:
        """Whether the working clock runs."""
        return self.view.task.state == TaskState.STARTED

    @cached_property
    def compared(self) -> Sequence[Compared]:
        """What a request for a change changes, once it is submitted."""
        return compared(self.view) if self.view.row.concerns_id and self.view.row.revision else ()

    @cached_property
    def links(self) -> Sequence[Linked]:
        """The requests that belong together with this one."""
        return links.linked(self.view.desk, self.view.row.id)

    @cached_property
    def barrier(self) -> str:
        """Why whoever reads may not act on the task; empty where they may."""
        try:
            require(self.view.desk.somebody, "task.act", access.task_subject(self.view))
        except Forbidden as refusal:
            return refusal.message
        return ""

    @cached_property
    def turn(self) -> str:
        """Whose turn it is: the position as its holder signs it, with the holder; empty where vacant or a unit's."""
        position_id = self.view.task.position_id
        holder = access.holder_of(self.view.desk, position_id) if position_id is not None else None
        return f"{holder.label} ({holder.name})" if holder else ""

    @property
    def title(self) -> str:
        """What heads the page."""
        return self.view.kind.form(self.view).title or self.title_of(self.view.step)

    def title_of(self, step: Step) -> str:
        """What a step is called in short."""
        return self.view.desk.step_name(self.view.procedure, step)

    @property
    def acts(self) -> bool:
        """Whether whoever reads may work on it now."""
        return not self.ended and not self.barrier

    @cached_property
    def by_name(self) -> dict[str, FormField]:
        """All of the form's fields by name, each with a value that can be shown."""
        return {each.name: each for each in fit_to_show(forms.form_of(self.view))}

    @property
    def form(self) -> tuple[FormField, ...]:
        """The form that a kind's template lays out: without what the agency asks for in addition."""
        return tuple(each for name, each in self.by_name.items() if name != CONFIRMED)

    @property
    def confirmed(self) -> FormField | None:
        """What the agency asks an official for in addition, to be ticked."""
        found = self.by_name.get(CONFIRMED)
        return replace(found, required=True) if found else None

    @cached_property
    def errors(self) -> dict[str, list[str]]:
        """What is wrong, by the name of a field, the kind of a file, ``facts`` or ``resources``."""
        told = self.refused.fields if self.refused else {}
        found: dict[str, list[str]] = {}
        for name, messages in told.items():
            found.setdefault(_anchor(name), []).extend(messages)
        return found

    @cached_property
    def labels(self) -> dict[str, str]:
        """What the error summary calls a field or a file."""
        files = {sent.upload.kind: sent.upload.label for sent in self.uploads}
        figures = {FACTS: gettext("Angka dari sumbernya")} if self.view.kind.asks_figures(self.view.step) else {}
        return {**figures, **files, **{name: each.label for name, each in self.by_name.items()}}

    @cached_property
    def needs(self) -> tuple[Need, ...]:
        """What the SOP asks for at this step."""
        view = self.view
        data = {name: each.value for name, each in self.by_name.items()}
        here = {FACTS, *(f"document:{sent.upload.kind}" for sent in self.uploads), *(f"field:{name}" for name in data)}
        here |= {item.by for item in view.step.required_inputs if item.by.startswith(f"{CONFIRMED}:")}
        return tuple(
            Need(item, self.ended or view.kind.has(view, item, data), item.by in here)
            for item in view.step.required_inputs
        )

    @cached_property
    def papers(self) -> Sequence[Document]:
        """The request's papers that the reader may open, newest first; of a file that was replaced only the last."""
        found: dict[tuple[str, int, int], Document] = {}
        for paper in reversed(papers.papers(self.view.desk, self.view.row.id)):
            replaceable = 0 if not paper.template else paper.id
            found.setdefault((paper.kind, paper.revision, replaceable), paper)
        return list(found.values())

    @property
    def current_papers(self) -> list[Document]:
        """Those of the task's revision."""
        return [paper for paper in self.papers if paper.revision >= self.view.task.revision]

    @property
    def former_papers(self) -> list[Document]:
        """Those of revisions before."""
        return [paper for paper in self.papers if paper.revision < self.view.task.revision]

    @cached_property
    def rows(self) -> Mapping[str, RegisterRow]:
        """The request's newest row of each register."""
        query = select(RegisterRow).where(RegisterRow.request_id == self.view.row.id).order_by(RegisterRow.id)
        return {row.register: row for row in self.view.desk.session.scalars(query)}

    @property
    def own_papers(self) -> list[Document]:
        """Those that came of this task."""
        return [paper for paper in self.papers if paper.task_id == self.view.task.id]

    @cached_property
    def uploads(self) -> tuple[Sent, ...]:
        """The files that the step takes."""
        return tuple(Sent(upload, self.newest(upload.kind)) for upload in self.view.kind.form(self.view).uploads)

    def newest(self, *kinds: str) -> Document | None:
        """The newest paper of one of ``kinds`` in the task's revision."""
        mine = (paper for paper in self.papers if paper.revision == self.view.task.revision)
        return next((paper for paper in mine if paper.kind in kinds), None)

    @cached_property
    def shown(self) -> Sequence[tuple[str, str]]:
        """Lines that the step's kind puts beside the form."""
        return self.view.kind.shown(self.view)

    @property
    def letter(self) -> Mapping[str, Any]:
        """The applicant's letter, as the agenda has it."""
        return letter_entered(self.view)

    @property
    def people(self) -> Mapping[str, Mapping[str, str]]:
        """The responsible officer and the contact person."""
        return parts.people_of(self.view.answers)

    @property
    def sites(self) -> Sequence[str]:
        """Where the request's sites answer."""
        return site_addresses(self.view)

    @cached_property
    def submission(self) -> tuple[Line, ...]:
        """The applicant's answers."""
        return lines(self.view.procedure.submission.schema_for(self.view), self.view.answers)

    @cached_property
    def earlier(self) -> tuple[Earlier, ...]:
        """What staff did at the steps before, newest first; nothing of it is for the applicant."""
        view = self.view
        if not view.desk.somebody.positions and not view.desk.somebody.admin:
            return ()
        query = (
            select(Task)
            .where(Task.request_id == view.row.id, Task.revision == view.task.revision, Task.state == "finished")
            .where(Task.id < view.task.id)
            .order_by(Task.id.desc())
        )
        first = view.procedure.steps[0].key
        return tuple(self._earlier(task) for task in view.desk.session.scalars(query) if task.step != first)

    def _earlier(self, task: Task) -> Earlier:
        view = replace(self.view, task=task)
        return Earlier(view.step, task, outcome_label(view), entered(view))

    @property
    def entered(self) -> tuple[Line, ...]:
        """What the step was finished with."""
        return entered(self.view)

    @property
    def outcome(self) -> str:
        """How the step was left, in words."""
        return outcome_label(self.view)

    @cached_property
    def warnings(self) -> dict[str, list[str]]:
        """What is odd about what was entered, by field."""
        view = self.view
        content = {name: value for name, value in (view.task.input or {}).items() if name != ASKED}
        try:
            data = view.kind.schema(view).load(content)
        except ValidationError:
            return {}
        return {name: list(told) for name, told in view.kind.warnings(view, data).items()}

    @cached_property
    def left(self) -> TimeLeft | None:
        """The time that is left; None where the task is over."""
        desk, at = self.view.desk, self.due
        return None if at is None or self.ended else time_left(desk.calendar, desk.now, at)

    @cached_property
    def due(self) -> datetime | None:
        """When it must be done, or begun."""
        return self.view.task.deadline

    @cached_property
    def resources(self) -> Sequence[Any]:
        """What is brought about, with everything that is known of each."""
        return services.resources(self.view.desk, self.view.row.id)

    @cached_property
    def outdated(self) -> Sequence[Spec]:
        """What would be declared otherwise by now."""
        return services.outdated(self.view)

    @property
    def all_live(self) -> bool:
        """Whether everything that is to be live is."""
        return bool(self.resources) and all(
            each.state == ("gone" if each.removal else "live") for each in self.resources
        )

    @cached_property
    def journal(self) -> Sequence[Any]:
        """What was done to the resources, newest first."""
        return services.journal(self.view.desk, self.view.row.id)

    @cached_property
    def following(self) -> Task | None:
        """The request's open task, where the reader may see it and it is another one."""
        view = self.view
        query = select(Task).where(Task.request_id == view.row.id, Task.state.in_(["open", "started"]))
        found = view.desk.session.scalars(query).first()
        return found if found is not None and found.id != view.task.id else None

    @property
    def following_is_mine(self) -> bool:
        """Whether the reader holds the position (or belongs to the unit) whose turn it is."""
        found, person = self.following, self.view.desk.somebody
        if found is None:
            return False
        return person.holding(found.position_id) is not None or (
            found.agency_id is not None and found.agency_id == person.agency_id
        )

    @property
    def request(self) -> Request:
        """The request's row."""
        return self.view.row


def entered(view: TaskView) -> tuple[Line, ...]:
    """What the view's task was finished with; figures under the names that they were shown with."""
    labels = {fact.key: fact.label for fact in view.facts}
    content = {name: _renamed(value, labels) for name, value in (view.task.input or {}).items()}
    content.pop(ASKED, None)
    return lines(view.kind.schema(view), content)


def outcome_label(view: TaskView) -> str:
    """How the view's task was left, in words."""
    return view.step.outcome(view.task.outcome).label if view.task.outcome else ""


def _renamed(value: Any, labels: Mapping[str, str]) -> Any:
    return {labels.get(key, key): item for key, item in value.items()} if isinstance(value, dict) else value


def _anchor(name: str) -> str:
    how, _, what = name.partition(":")
    if how == CONFIRMED:
        return how
    return what if how in ("document", "field") and what else name
