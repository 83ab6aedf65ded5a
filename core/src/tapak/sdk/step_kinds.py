"""A step kind: what people do at one kind of step, as a schema and a pure function.

The schema feeds form, REST, OpenAPI and validation alike. Field ``metadata``: ``label`` and ``help`` are shown in
Indonesian; ``widget`` is one of text (default), textarea, choice, radio, checkbox, checkboxes, date, name, figures or
hidden; ``page`` is the key of the wizard page that the field stands on. The choices of a field are those of its
``OneOf`` or ``ContainsOnly`` validator. Core gives the view, checks the result and writes it with task, audit event
and pending rows in one transaction.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from marshmallow import RAISE, Schema

from tapak.sdk.procedure import RequiredInput
from tapak.sdk.registers import Record
from tapak.sdk.resources import DesiredResource
from tapak.sdk.view import View


class StepSchema(Schema):
    """The base of every step's input; an unknown field is refused."""

    error_messages: dict[str, str] = {
        "unknown": "Isian ini tidak dikenal.",
        "type": "Bentuk isian tidak sah.",
    }

    class Meta:
        unknown = RAISE


@dataclass(frozen=True)
class Page:
    """A page of a form that is too long for one."""

    key: str
    title: str


@dataclass(frozen=True)
class Upload:
    """A file that people may send at this step; it becomes a document of ``kind`` of the current revision.

    Whether it must be there is the declaration's to say (:class:`~tapak.sdk.procedure.RequiredInput`).
    """

    kind: str
    label: str
    help: str = ""
    page: str = ""
    media_types: tuple[str, ...] = ("application/pdf",)


@dataclass(frozen=True)
class Letter:
    """A paper to be made: ``template`` names a namespaced document folder (``tapak/notice``).

    ``series`` names the number series of outgoing letters that it takes its number from, or is empty. ``context``
    holds plain values only. ``for_applicant`` papers are shown to the applicant; ``to`` names an actor who receives
    it (a report to the Kadis). ``register`` names a register: the number of this request's newest row there is added
    to the context as ``register_number`` (the agenda number on a disposition sheet).
    """

    kind: str
    template: str
    subject: str
    context: Mapping[str, Any] = field(default_factory=dict)
    series: str = ""
    for_applicant: bool = True
    to: str = ""
    register: str = ""


@dataclass(frozen=True)
class Reservation:
    """Something that can be given once: ``kind`` is ``name`` (an FQDN) or ``address``."""

    kind: str
    value: str


@dataclass(frozen=True)
class StepResult:
    """What finishing (or starting) a step leads to; core writes all of it in one transaction.

    ``answers`` replaces the request's answers (a submission); ``subject`` is the request's one-line title.
    ``resources`` are the complete desired resources of the request's service; none leaves them as they are.
    ``summary`` is the timeline's line.
    """

    outcome: str
    summary: str = ""
    answers: Mapping[str, Any] | None = None
    subject: str = ""
    records: tuple[Record, ...] = ()
    letters: tuple[Letter, ...] = ()
    reservations: tuple[Reservation, ...] = ()
    resources: tuple[DesiredResource, ...] = ()


class StepKind(ABC):
    """One kind of step. ``name`` carries the version (``tapak.review/1``); a changed meaning takes a new one.

    ``decides`` marks kinds that nobody may do on an own request; ``needs_facts`` those whose figures core collects
    when the task arrives; ``provisions`` those that bring resources about when they are started. ``pages`` divide a
    long form and ``uploads`` are the files that may be sent with it.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    input_schema: ClassVar[type[StepSchema]]
    decides: ClassVar[bool] = False
    needs_facts: ClassVar[bool] = False
    provisions: ClassVar[bool] = False
    pages: ClassVar[tuple[Page, ...]] = ()
    uploads: ClassVar[tuple[Upload, ...]] = ()

    def schema(self, view: View) -> Schema:
        """The schema for this step of this request: the class's own, with choices that depend on the view."""
        return self.input_schema()

    def initial(self, view: View) -> Mapping[str, Any]:
        """Values that the form starts with, as a client would send them (dates as ISO 8601 text)."""
        return {}

    def shown(self, view: View) -> Sequence[tuple[str, str]]:
        """Lines (label and text, Indonesian) that stand beside the form."""
        return ()

    def warnings(self, view: View, data: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
        """What is odd about validated ``data`` by field, in Indonesian: told to the person, never a refusal."""
        return {}

    def start(self, view: View) -> StepResult | None:
        """What beginning work on the step leads to; the outcome is not looked at."""
        return None

    def has(self, view: View, required: RequiredInput, data: Mapping[str, Any]) -> bool:
        """Whether ``required`` is at hand. ``data`` is the validated input of this step."""
        how, _, what = required.by.partition(":")
        if how == "document":
            return any(
                document.kind == what and document.revision == view.request.revision for document in view.documents
            )
        if how == "field":
            return bool(data.get(what))
        if how == "step":
            return what in view.results
        if how == "facts":
            return bool(view.facts) and all(
                fact.value is not None or (data.get("manual_facts") or {}).get(fact.key) for fact in view.facts
            )
        if how == "resources":
            return bool(view.resources) and all(resource.state == "live" for resource in view.resources)
        raise ValueError(f"step kind {self.name}: unknown requirement {required.by!r}")

    @abstractmethod
    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        """Finish the step with validated ``data``. Pure: looks only at its arguments.

        Raises:
            Invalid: the input fits the schema but not the request; ``fields`` says where.
        """
