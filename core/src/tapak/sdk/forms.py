"""What people fill in at a step: a schema with pages, files and the functions that depend on the request.

A :class:`Form` is code of a procedure, by the step's key: it stands beside the declaration and is no part of its
snapshot. The schema feeds page, REST, OpenAPI and validation alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from marshmallow import RAISE, Schema

from tapak.sdk.fields import Appointment, Day, Table, Tick, choices_of, offer
from tapak.sdk.wording import day_words, moment_words

if TYPE_CHECKING:
    from tapak.sdk.view import View

Lines = Sequence[tuple[str, str]]
"""Labels with their texts, in Indonesian."""
Problems = Mapping[str, Sequence[str]]
"""Messages in Indonesian by the name of a field."""
Choices = Mapping[str, Mapping[str, str]]
"""Lists of choices (value → label) by the name of a field."""


class StepSchema(Schema):
    """The base of every step's input; an unknown field is refused.

    Fields stand in the order of the bases, left to right, then of the class itself, so that a form can be put
    together from parts.
    """

    error_messages: dict[str, str] = {
        "unknown": "Isian ini tidak dikenal.",
        "type": "Bentuk isian tidak sah.",
    }

    class Meta:
        unknown = RAISE

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.fields = {name: self.fields[name] for name in _in_order(type(self)) if name in self.fields}


@cache
def _in_order(schema: type[Schema]) -> tuple[str, ...]:
    bases = (base for base in schema.__bases__ if issubclass(base, Schema))
    inherited = (name for base in bases for name in _in_order(base))
    return tuple(dict.fromkeys([*inherited, *schema._declared_fields]))


@dataclass(frozen=True)
class Page:
    """A page of a form that is too long for one; a field stands on the page that its ``page`` names."""

    key: str
    title: str


ARCHIVES = ("application/zip", "application/x-tar", "application/gzip")
"""What an application's files come in."""
LARGEST_APPLICATION = 2 * 1024**3


@dataclass(frozen=True)
class Upload:
    """A file that people may send at this step; it becomes a document of ``kind`` of the current revision.

    Whether it must be there is the declaration's to say (:class:`~tapak.sdk.procedure.RequiredInput`). ``largest`` is
    in bytes, for files that are sent in pieces; 0 is the deployment's limit for forms. Where ``scanned``, core looks
    through the file by every scanner as soon as it is there, and a view's ``scans`` tell what was found.
    """

    kind: str
    label: str
    help: str = ""
    page: str = ""
    media_types: tuple[str, ...] = ("application/pdf",)
    largest: int = 0
    scanned: bool = False


def _nothing(view: View) -> dict[str, Any]:
    return {}


def _nothing_left_out(view: View) -> Collection[str]:
    return ()


def _no_lines(view: View) -> Lines:
    return ()


def _no_problems(view: View, data: Mapping[str, Any]) -> Problems:
    return {}


@dataclass(frozen=True)
class Form:
    """A form. Its functions are pure, and see the request through the view.

    ``asked_anew`` are fields that a return empties; all others keep their answers. ``left_out`` names fields that this
    request is not asked for. ``choices`` gives the lists of
    choices that depend on the request, ``initial`` what the form starts with (as a client would send it), ``shown``
    lines to stand beside it, ``warnings`` what is odd about validated data and yet no problem, ``problems`` what
    refuses it. ``asking`` is what an officer fills in first who asks the applicant for what the form takes. ``title``
    heads the step's page where the kind's, or the step's own, is no short one. ``figures`` are the keys and sources of
    the figures that stand beside it, of all that servers give; all of them where it is empty. ``sample`` is what people
    would fill in over the initial values: the contract suite walks with it.
    """

    schema: type[StepSchema]
    pages: tuple[Page, ...] = ()
    uploads: tuple[Upload, ...] = ()
    asked_anew: frozenset[str] = frozenset()
    left_out: Callable[[View], Collection[str]] = _nothing_left_out
    choices: Callable[[View], Choices] = _nothing
    initial: Callable[[View], Mapping[str, Any]] = _nothing
    shown: Callable[[View], Lines] = _no_lines
    warnings: Callable[[View, Mapping[str, Any]], Problems] = _no_problems
    problems: Callable[[View, Mapping[str, Any]], Problems] = _no_problems
    asking: Form | None = None
    title: str = ""
    figures: frozenset[str] = frozenset()
    sample: Mapping[str, Any] = field(default_factory=dict)

    def schema_for(self, view: View) -> Schema:
        """The schema of this request: the fields that it is asked for, with its choices."""
        schema = self.schema(exclude=tuple(self.left_out(view)))
        for name, choices in self.choices(view).items():
            if name in schema.fields:
                offer(schema, name, choices)
        return schema


def declarations(schema: Schema) -> frozenset[str]:
    """The boxes that must be ticked: they declare something and are no data."""
    return frozenset(name for name, item in schema.fields.items() if isinstance(item, Tick) and item.required)


def lines(schema: Schema, data: Mapping[str, Any], *, leave_out: Collection[str] = ()) -> list[tuple[str, str]]:
    """The stored ``data`` of ``schema`` as label and words, for letters and lines beside a form; blanks are left out.

    ``leave_out`` are names of fields that aren't told.
    """
    told = (
        (str(item.metadata.get("label", name)), words(item, data.get(name)))
        for name, item in schema.fields.items()
        if name not in leave_out
    )
    return [(label, text) for label, text in told if text]


def words(item: Any, value: Any) -> str:
    """The stored ``value`` of a field in Indonesian words; empty where there is none."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "Ya" if value else "Tidak"
    if isinstance(item, Table):
        return "; ".join(row_words(item, row) for row in value)
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {text}" for key, text in value.items())
    if isinstance(value, (list, tuple)):
        return "; ".join(words(item, each) for each in value)
    if isinstance(item, Day):
        return day_words(value)
    if isinstance(item, Appointment):
        return moment_words(value)
    return str(next((label for choice, label in choices_of(item) if str(choice) == str(value)), value))


def row_words(table: Table, row: Mapping[str, Any]) -> str:
    """One row of a table in words."""
    return ", ".join(f"{label}: {text}" for label, text in lines(table.row(), row))
