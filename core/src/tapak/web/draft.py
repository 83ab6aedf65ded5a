"""A draft of a long form: its pages, what is wrong on each, and what a return asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from marshmallow import Schema, ValidationError, fields
from sqlalchemy import select

from tapak.documents.models import Document
from tapak.requests import forms, papers
from tapak.requests.forms import FormField
from tapak.requests.models import Task
from tapak.requests.view import TaskView
from tapak.sdk.errors import Invalid, NotFound, flat_messages
from tapak.sdk.forms import Form, Page
from tapak.sdk.step_kinds import run_step
from tapak.step_kinds import submit
from tapak.web.entered import Line, line
from tapak.web.formdata import fit_to_show, on_page
from tapak.web.task_page import Sent

Problems = dict[str, list[str]]
DOCUMENT = "document:"


@dataclass(frozen=True)
class Return:
    """Why the request came back, in the words of whoever sent it back; ``concerned`` names fields and files."""

    task: Task
    reasons: tuple[str, ...]
    explanation: str
    concerned: tuple[str, ...]


@dataclass(frozen=True)
class Draft:
    """The draft behind a task whose form has pages. Fields are validated as finishing the step would do."""

    view: TaskView

    @cached_property
    def form_asked(self) -> Form:
        """The step's form."""
        return self.view.kind.form(self.view)

    @cached_property
    def schema(self) -> Schema:
        """The step's schema for this request."""
        return self.view.kind.schema(self.view)

    @cached_property
    def values(self) -> dict[str, Any]:
        """What the form holds so far."""
        kept = {**self.view.kind.initial(self.view), **self.view.task.draft}
        return {name: value for name, value in kept.items() if name in self.schema.fields and value is not None}

    @property
    def pages(self) -> tuple[Page, ...]:
        """The form's pages that ask for something."""
        asked = {field.page for field in self._form} | {each.page for each in self.form_asked.uploads}
        return tuple(page for page in self.form_asked.pages if page.key in asked)

    @cached_property
    def declarations(self) -> tuple[FormField, ...]:
        """Boxes that must be ticked: they stand beside the button that submits."""
        return tuple(field for field in self._form if field.widget == "checkbox" and field.required)

    @cached_property
    def _form(self) -> tuple[FormField, ...]:
        return fit_to_show(forms.form_of(self.view))

    @cached_property
    def emptied(self) -> tuple[FormField, ...]:
        """Fields that were answered before a return and are asked anew."""
        asked = self.view.answers.keys() - self.view.kind.initial(self.view).keys()
        declared = {field.name for field in self.declarations}
        return tuple(field for field in self._form if field.name in asked - declared)

    def page(self, key: str) -> Page:
        """The page named ``key``.

        Raises:
            NotFound: there is none.
        """
        for page in self.pages:
            if page.key == key:
                return page
        raise NotFound("Halaman formulir ini tidak ada.", log=f"no form page {key!r}")

    def after(self, page: Page) -> Page | None:
        """The page that follows; None after the last."""
        return next(iter(self.pages[self.pages.index(page) + 1 :]), None)

    def before(self, page: Page) -> Page | None:
        """The page ahead of it; None for the first."""
        at = self.pages.index(page)
        return self.pages[at - 1] if at else None

    def form(self, page: Page) -> tuple[FormField, ...]:
        """The fields that stand on ``page``."""
        declared = {field.name for field in self.declarations}
        return tuple(field for field in self._form if field.page == page.key and field.name not in declared)

    def wanted(self, page: Page) -> Mapping[str, fields.Field[Any]]:
        """The schema's fields of ``page``."""
        shown = {field.name for field in self.form(page)}
        return {name: field for name, field in on_page(self.schema.fields, page.key).items() if name in shown}

    def uploads(self, page: Page) -> tuple[Sent, ...]:
        """The files that are sent with ``page``."""
        return tuple(Sent(each, self._paper(each.kind)) for each in self.form_asked.uploads if each.page == page.key)

    @cached_property
    def places(self) -> dict[str, tuple[str, str]]:
        """Of every field and kind of file: its label and the key of its page; declarations stand on none."""
        declared = {field.name for field in self.declarations}
        asked = {field.name: (field.label, field.page) for field in self._form if field.name not in declared}
        return {**{each.kind: (each.label, each.page) for each in self.form_asked.uploads}, **asked}

    @property
    def labels(self) -> dict[str, str]:
        """What the error summary calls a field or a file."""
        declared = {field.name: field.label for field in self.declarations}
        return {**declared, **{name: label for name, (label, _) in self.places.items()}}

    def lines(self, page: Page) -> tuple[Line, ...]:
        """What ``page`` holds, to be read."""
        return tuple(line(field, self.values.get(field.name)) for field in self.form(page))

    @cached_property
    def problems(self) -> Problems:
        """Everything that keeps the draft from being submitted, by field or kind of file; declarations aside."""
        ticked = {field.name: True for field in self.declarations}
        found = self._missing_files()
        try:
            clean = self.schema.load({**self.values, **ticked})
        except ValidationError as error:
            return {**self._rules(error.valid_data), **found, **flat_messages(error.normalized_messages())}
        try:
            run_step(self.view.kind, self.view, clean)
        except Invalid as refused:
            return {**found, **refused.fields}
        return found

    @cached_property
    def undeclared(self) -> Problems:
        """The declarations that are not made."""
        told = self.schema.validate(self.values)
        return {field.name: told[field.name] for field in self.declarations if field.name in told}

    def on(self, page: Page) -> Problems:
        """The problems of ``page``."""
        names = {field.name for field in self.form(page)} | {sent.upload.kind for sent in self.uploads(page)}
        return {name: told for name, told in self.problems.items() if name in names}

    @cached_property
    def warnings(self) -> Problems:
        """What is odd and yet no problem."""
        ticked = {field.name: True for field in self.declarations}
        try:
            clean = self.schema.load({**self.values, **ticked})
        except ValidationError:
            return {}
        return {name: list(told) for name, told in self.view.kind.warnings(self.view, clean).items()}

    @cached_property
    def returned(self) -> Return | None:
        """The return that brought the request back; None for a first submission."""
        view = self.view
        query = (
            select(Task)
            .where(Task.request_id == view.row.id, Task.revision == view.task.revision - 1, Task.state == "finished")
            .order_by(Task.id.desc())
        )
        for task in view.desk.session.scalars(query):
            step = view.procedure.step(task.step)
            if any(outcome.key == task.outcome and outcome.returns for outcome in step.outcomes):
                told = task.input or {}
                return Return(
                    task,
                    tuple(told.get("reasons", ())),
                    str(told.get("explanation", "")),
                    tuple(told.get("fields_concerned", ())),
                )
        return None

    def _rules(self, valid: Any) -> Problems:
        """What the procedure and the inventory say, while only ``valid`` of the form can be judged."""
        told = submit.problems(self.view, valid if isinstance(valid, dict) else {}, self.values)
        asked = {name for name, field in self.schema.fields.items() if field.required}
        return {name: lines for name, lines in told.items() if name not in asked or self.values.get(name)}

    def _missing_files(self) -> Problems:
        view = self.view
        needed = {each.by[len(DOCUMENT) :]: each for each in view.step.required_inputs if each.by.startswith(DOCUMENT)}
        return {
            kind: [f"{item.title} belum diunggah."]
            for kind, item in needed.items()
            if not view.kind.has(view, item, self.values)
        }

    def _paper(self, kind: str) -> Document | None:
        mine = papers.papers(self.view.desk, self.view.row.id)
        found = [paper for paper in mine if paper.kind == kind and paper.revision == self.view.task.revision]
        return found[-1] if found else None
