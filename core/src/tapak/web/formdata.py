"""What a browser sends, as the input of a step's schema; and a form's values, fit to be shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from marshmallow import fields
from werkzeug.datastructures import MultiDict

from tapak.requests.forms import FormField, widget_of
from tapak.sdk.fields import Table

SECRETS = ("secret", "secret_text")
"""Widgets of what is written and never shown, of one line and of several."""
NUL, SHOWN_NUL = "\x00", "\ufffd"
"""PostgreSQL's text can't hold NUL; the sign in its place is seen, and refused where it matters."""


def read(wanted: Mapping[str, fields.Field[Any]], form: MultiDict[str, str]) -> dict[str, Any]:
    """The input for ``wanted`` as JSON would carry it; whatever else the form holds is left out.

    A box that isn't ticked is False, a list without a ticked box empty, ``figures`` stand as ``NAME.KEY``, a table as
    ``NAME.ROW.COLUMN``, texts one a line; a text that wasn't sent at all is left out, so that its field tells that it
    is missing.
    """
    found = {name: _value(name, field, form) for name, field in wanted.items()}
    return {name: value for name, value in found.items() if value is not None}


def on_page(wanted: Mapping[str, fields.Field[Any]], page: str) -> dict[str, fields.Field[Any]]:
    """The fields that stand on one page."""
    return {name: field for name, field in wanted.items() if field.metadata.get("page", "") == page}


def fit_to_show(form: Iterable[FormField]) -> tuple[FormField, ...]:
    """The fields with values of the shape that their widget takes, whatever a draft was given; choices are text."""
    return tuple(replace(field, value=_shown(field), choices=_texts(field.choices)) for field in form)


def _value(name: str, field: fields.Field[Any], form: MultiDict[str, str]) -> Any:
    if isinstance(field, fields.Boolean):
        return form.get(name, "") not in ("", "0", "false")
    if isinstance(field, Table):
        return _rows(f"{name}.", field, form)
    if isinstance(field, fields.List) and widget_of(field) == "lines":
        return [line for line in map(str.strip, _storable(form.get(name, "")).splitlines()) if line]
    if isinstance(field, fields.List):
        return [_storable(item) for item in form.getlist(name) if item]
    if isinstance(field, fields.Dict):
        return _figures(f"{name}.", form)
    return _storable(form[name]) if name in form else None


def _figures(prefix: str, form: MultiDict[str, str]) -> dict[str, str]:
    sent = ((key[len(prefix) :], text.strip()) for key, text in form.items() if key.startswith(prefix))
    return {_storable(key): _storable(text) for key, text in sent if key and text}


def _rows(prefix: str, table: Table, form: MultiDict[str, str]) -> list[dict[str, Any]]:
    """Rows stand as ``NAME.NUMBER.COLUMN``; one in which nothing was filled in is none."""
    columns = table.row().fields
    sent = {key[len(prefix) :].partition(".")[0] for key in form if key.startswith(prefix)}
    numbers = sorted(int(number) for number in sent if number.isascii() and number.isdecimal() and len(number) < 5)
    rows = [{name: _value(f"{prefix}{at}.{name}", column, form) for name, column in columns.items()} for at in numbers]
    return [{name: value for name, value in row.items() if value is not None} for row in rows if any(row.values())]


def _storable(text: str) -> str:
    return text.replace(NUL, SHOWN_NUL)


def _shown(field: FormField) -> Any:
    value = field.value
    if field.widget == "checkboxes":
        return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
    if field.widget == "checkbox":
        return value is True
    if field.widget == "lines":
        return "\n".join(_text(item) for item in value) if isinstance(value, list) else ""
    if field.widget in SECRETS:
        return ""
    if field.widget == "table":
        rows = value if isinstance(value, list) else []
        return [{str(key): _cell(item) for key, item in row.items()} for row in rows if isinstance(row, Mapping)]
    if field.widget == "figures":
        return {str(key): _text(item) for key, item in value.items()} if isinstance(value, Mapping) else {}
    return _text(value)


def _texts(choices: Iterable[tuple[Any, str]]) -> tuple[tuple[Any, str], ...]:
    return tuple((str(value), label) for value, label in choices)


def _cell(value: Any) -> str:
    return str(value) if isinstance(value, bool) else _text(value)


def _text(value: Any) -> str:
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
