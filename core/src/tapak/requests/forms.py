"""A step's form, described from its schema: what pages render and REST hands out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, validate

from tapak.requests.view import TaskView
from tapak.sdk.fields import Table, choices_of


@dataclass(frozen=True)
class FormField:
    """One field. ``choices`` are (value, label) pairs; ``limit`` is the greatest length in characters, or None.

    ``zone`` names the field with the domain that a name stands below; ``columns`` are those of a table, which has
    ``most`` rows at most.
    """

    name: str
    label: str
    help: str
    widget: str
    required: bool
    page: str
    choices: tuple[tuple[Any, str], ...]
    limit: int | None
    value: Any
    zone: str = ""
    columns: tuple[FormField, ...] = ()
    most: int = 0


def form_of(view: TaskView) -> tuple[FormField, ...]:
    """The form of the view's task; each value is the draft's, else what the step starts with."""
    values = {**view.kind.initial(view), **view.task.draft}
    return tuple(_field(name, field, values.get(name)) for name, field in view.kind.schema(view).fields.items())


def describe(schema: Schema) -> tuple[FormField, ...]:
    """The fields of any schema (settings too), without values."""
    return tuple(_field(name, field, None) for name, field in schema.fields.items())


def _field(name: str, field: fields.Field[Any], value: Any) -> FormField:
    told = field.metadata
    return FormField(
        name=name,
        label=told.get("label", name),
        help=told.get("help", ""),
        widget=widget_of(field),
        required=field.required,
        page=told.get("page", ""),
        choices=choices_of(field),
        limit=_limit(field.validators),
        value=value,
        zone=told.get("zone", ""),
        columns=describe(field.row()) if isinstance(field, Table) else (),
        most=field.most if isinstance(field, Table) else 0,
    )


def widget_of(field: fields.Field[Any]) -> str:
    """How ``field`` is filled in: as its metadata say, else by its type."""
    if field.metadata.get("secret"):
        return "secret_text" if field.metadata.get("widget") == "textarea" else "secret"
    usual = "checkbox" if isinstance(field, fields.Boolean) else "lines" if isinstance(field, fields.List) else "text"
    return str(field.metadata.get("widget", "number" if isinstance(field, fields.Number) else usual))


def _limit(rules: Iterable[Any]) -> int | None:
    limits = [rule.max for rule in rules if isinstance(rule, validate.Length) and rule.max is not None]
    return min(limits) if limits else None
