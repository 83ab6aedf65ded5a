"""A step kind: what people do at one kind of step, as a form and a pure function.

Field ``metadata``: ``label`` and ``help`` are shown in Indonesian; ``widget`` is one of text (default), textarea,
choice, radio, checkbox, checkboxes, date, appointment, name, figures, table or hidden; ``page`` is the key of the page
that the field stands on. The choices of a field are those of its ``OneOf`` or ``ContainsOnly`` validator. Core gives
the view, checks the result and writes it with task, audit event and pending rows in one transaction.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from marshmallow import Schema

from tapak.sdk.additions import CONFIRMED, with_additions
from tapak.sdk.errors import Invalid
from tapak.sdk.fields import Nip
from tapak.sdk.forms import Form, StepSchema, Upload
from tapak.sdk.procedure import Procedure, RequiredInput, Step
from tapak.sdk.registers import Record
from tapak.sdk.resources import DesiredResource
from tapak.sdk.view import View
from tapak.sdk.wording import nip_oddity


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
    """Something that can be given once: ``kind`` is ``name`` (an FQDN), ``own_name`` or ``address``.

    An ``own_name`` may be one that another service of the same agency holds already.
    """

    kind: str
    value: str


@dataclass(frozen=True)
class StepResult:
    """What finishing (or starting) a step leads to; core writes all of it in one transaction.

    ``answers`` replaces the request's answers (a submission); ``subject`` is the request's one-line title.
    ``resources`` are the complete desired resources of the request's service; none leaves them as they are.
    ``summary`` is the timeline's line.
    """

    outcome: str = ""
    summary: str = ""
    answers: Mapping[str, Any] | None = None
    subject: str = ""
    records: tuple[Record, ...] = ()
    letters: tuple[Letter, ...] = ()
    reservations: tuple[Reservation, ...] = ()
    resources: tuple[DesiredResource, ...] = ()


class StepKind(ABC):
    """One kind of step. ``name`` carries the version (``tapak.review/1``); a changed meaning takes a new one.

    ``title`` heads its page; empty: the step's own title does.

    ``input_schema`` and ``uploads`` are the kind's own form. ``takes`` is the schema that a procedure's form for such
    a step is put together from; None: the kind's own form is the only one. ``decides`` marks kinds that nobody may do
    on an own request; ``needs_facts`` those whose figures core collects when the task arrives; ``own_figures`` those of
    them that get only what concerns the request's own names and resources; ``provisions`` those that bring resources
    about when they are started; ``takes_additions`` those whose form an official always fills in, so that an agency may
    ask for more there.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    input_schema: ClassVar[type[StepSchema]]
    uploads: ClassVar[tuple[Upload, ...]] = ()
    takes: ClassVar[type[StepSchema] | None] = None
    decides: ClassVar[bool] = False
    needs_facts: ClassVar[bool] = False
    own_figures: ClassVar[bool] = False
    provisions: ClassVar[bool] = False
    takes_additions: ClassVar[bool] = True

    def misuse(self, procedure: Procedure, step: Step) -> Sequence[str]:
        """What is wrong with how ``procedure`` uses the kind at ``step``, in English; empty where it can run."""
        return ()

    def form_of(self, procedure: Procedure, step: Step) -> Form:
        """What is filled in at ``step``: the procedure's form, else the kind's own."""
        return procedure.forms.get(step.key) or Form(self.input_schema, uploads=self.uploads)

    def name_of(self, procedure: Procedure, step: Step) -> str:
        """What ``step`` is called in short: by its form, by the kind, else as the document prints it."""
        return self.form_of(procedure, step).title or self.title or step.title

    def form(self, view: View) -> Form:
        """What is filled in now, with what the agency asks for in addition (:mod:`tapak.sdk.additions`)."""
        return with_additions(self.form_of(view.procedure, view.step), view.step)

    def schema(self, view: View) -> Schema:
        """The schema for this step of this request, with choices that depend on the view."""
        return self.form(view).schema_for(view)

    def initial(self, view: View) -> Mapping[str, Any]:
        """Values that the form starts with, as a client would send them (dates as ISO 8601 text)."""
        return self.form(view).initial(view)

    def shown(self, view: View) -> Sequence[tuple[str, str]]:
        """Lines (label and text, Indonesian) that stand beside the form."""
        return self.form(view).shown(view)

    def warnings(self, view: View, data: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
        """What is odd about validated ``data`` by field, in Indonesian: told to the person, never a refusal."""
        form = self.form(view)
        nips = [name for name, item in form.schema().fields.items() if isinstance(item, Nip)]
        odd = {name: [told] for name in nips if (told := nip_oddity(data.get(name, "")))}
        return {**odd, **form.warnings(view, data)}

    def asks_figures(self, step: Step) -> bool:
        """Whether core collects figures when a task of ``step`` arrives."""
        return self.needs_facts or bool(step.options.get("facts"))

    def hands_over(self, view: View, data: Mapping[str, Any]) -> bool:
        """Whether finishing with ``data`` asks the applicant for something first: the step stays, with them."""
        return False

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
        if how == "confirmed":
            return what in (data.get(CONFIRMED) or ())
        if how == "sealing":
            return view.can_seal
        if how == "facts":
            return bool(view.facts) and all(
                fact.value is not None or (data.get("manual_facts") or {}).get(fact.key) for fact in view.facts
            )
        if how == "resources":
            return bool(view.resources) and all(resource.done for resource in view.resources)
        raise ValueError(f"step kind {self.name}: unknown requirement {required.by!r}")

    @abstractmethod
    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        """Finish the step with validated ``data``. Pure: looks only at its arguments.

        Raises:
            Invalid: the input fits the schema but not the request; ``fields`` says where.
        """


def run_step(kind: StepKind, view: View, data: Mapping[str, Any]) -> StepResult:
    """What finishing the view's step with validated ``data`` leads to: the kind's result with the procedure's effects.

    Raises:
        Invalid: the input fits the schema but not the request; ``fields`` says where.
    """
    wrong = kind.form(view).problems(view, data)
    if wrong:
        raise Invalid("Periksa isian yang ditandai.", log=f"step {view.step.key}: the form's rules", fields=wrong)
    result = kind.run(view, data)
    effects = view.procedure.effects.get(view.step.key)
    if effects is None or kind.hands_over(view, data):
        return result
    more = effects(view, data)
    return replace(
        result,
        summary=more.summary or result.summary,
        records=(*result.records, *more.records),
        letters=(*result.letters, *more.letters),
        reservations=(*result.reservations, *more.reservations),
        resources=more.resources or result.resources,
    )
