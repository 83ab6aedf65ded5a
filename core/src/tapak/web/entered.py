"""What people entered, as lines to read: check-answers, finished steps, registers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext
from marshmallow import Schema

from tapak.requests.forms import FormField, describe
from tapak.web.words import day, told

DAY_LENGTH = len("2026-11-20")


@dataclass(frozen=True)
class Line:
    """A field's name and label, and what stands in it; several texts for a list, none where it is empty.

    ``label`` is as declared; ``texts`` are shown as they are: choices in the reader's language, own words as typed.
    ``day`` says that it is one, which doesn't break.
    """

    name: str
    label: str
    texts: tuple[str, ...]
    day: bool = False


def lines(schema: Schema, content: Mapping[str, Any], *, blank: bool = False) -> tuple[Line, ...]:
    """The fields of ``schema`` as ``content`` fills them; empty ones only where ``blank``.

    What was stored under a name that the schema no longer has stands at the end, under that name.
    """
    entered = [line(field, content.get(field.name)) for field in describe(schema)]
    former = [Line(name, name, told_plainly(value)) for name, value in content.items() if name not in schema.fields]
    return tuple(each for each in (*entered, *former) if each.texts or (blank and each not in former))


def line(field: FormField, value: Any) -> Line:
    """One field."""
    return Line(field.name, field.label, _texts(field, value), field.widget == "date")


def _texts(field: FormField, value: Any) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    if isinstance(value, bool):
        return (gettext("Ya") if value else gettext("Tidak"),)
    if field.widget == "table":
        return tuple(_row(field, row) for row in value if isinstance(row, Mapping))
    return told_plainly(value) if isinstance(value, Mapping) else _listed(field, value)


def _row(field: FormField, row: Mapping[str, Any]) -> str:
    cells = (line(column, row.get(column.name)) for column in field.columns)
    return ", ".join(f"{told(cell.label)}: {'; '.join(cell.texts)}" for cell in cells if cell.texts)


def told_plainly(value: Any) -> tuple[str, ...]:
    """A value of which nothing is known, as texts."""
    if isinstance(value, Mapping):
        return tuple(f"{told(key)}: {item}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return tuple(str(item) for item in value)
    return () if value is None or value == "" else (str(value),)


def _listed(field: FormField, value: Any) -> tuple[str, ...]:
    if isinstance(value, (list, tuple)):
        return tuple(_one(field, item) for item in value)
    return (_one(field, value),)


def _one(field: FormField, value: Any) -> str:
    for choice, label in field.choices:
        if choice == value or str(choice) == str(value):
            return told(label)
    if field.widget == "appointment":
        return iso_moment(value)
    return iso_day(value) if field.widget == "date" else str(value)


def iso_moment(value: Any) -> str:
    """A day with its time that is stored as ISO 8601 text, in words; anything else as it stands."""
    text = str(value)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{day(at.date())} {at:%H.%M}" if len(text) > DAY_LENGTH else day(at.date())


def iso_day(value: Any) -> str:
    """A day that is stored as ISO 8601 text, in words; anything else as it stands."""
    if not value:
        return "–"
    try:
        return day(date.fromisoformat(str(value)[:10]))
    except ValueError:
        return str(value)
