"""Settings of plugins and providers: one strict marshmallow schema each.

An unknown key is refused. A field's ``metadata`` say what it is: ``label`` and ``help`` to people; ``secret`` that it
is write-only (sealed when stored, never shown again, kept where a blank one is given); ``destination`` that secrets
are sent to where it leads, so that who changes it gives them anew; ``operator`` that it names a program or a file of
the server that Tapak runs on, so that the command line sets it and nobody else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from tapak.sdk.fields import REQUIRED, Choices, Pattern, Table

CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
Rule = Callable[[str], Any]


INVALID: Sequence[tuple[type[fields.Field[Any]], str]] = (
    (fields.Integer, "Isi dengan angka bulat."),
    (fields.Number, "Isi dengan angka."),
    (fields.Boolean, "Isi dengan ya atau tidak."),
    (fields.String, "Isi dengan teks."),
    (fields.List, "Isi satu per baris."),
)
"""What is told of a value of another type than the field's, unless the field says it by itself."""


class SettingsSchema(Schema):
    """The base of every settings schema. What its fields and rules tell is Indonesian, also where they say nothing."""

    error_messages = {"unknown": "Pengaturan ini tidak dikenal.", "type": "Isi dengan pengaturan."}

    class Meta:
        unknown = RAISE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        theirs = {key: text for base in _plain(field_obj) for key, text in base.default_error_messages.items()}
        invalid = next((text for kind, text in INVALID if isinstance(field_obj, kind)), "Isian ini tidak sah.")
        for key, text in field_obj.error_messages.items():
            if theirs.get(key) == text:
                field_obj.error_messages[key] = REQUIRED if key in ("required", "null") else invalid
        for rule in field_obj.validators:
            _tell_in_indonesian(rule, of_list=isinstance(field_obj, fields.List))


def _plain(field: fields.Field[Any]) -> list[type[fields.Field[Any]]]:
    """The library's own classes among those of ``field``, the most general first."""
    known = [base for base in type(field).__mro__ if base.__module__ == fields.__name__]
    return [base for base in reversed(known) if hasattr(base, "default_error_messages")]


def _tell_in_indonesian(rule: object, *, of_list: bool) -> None:
    if isinstance(rule, (validate.Range, validate.Length)) and rule.error is None:
        unit = "" if isinstance(rule, validate.Range) else " isian" if of_list else " karakter"
        if rule.min is not None and rule.max is not None:
            rule.error = f"Dari {{min}} sampai {{max}}{unit}."
        else:
            rule.error = f"Paling sedikit {{min}}{unit}." if rule.max is None else f"Paling banyak {{max}}{unit}."
    elif isinstance(rule, validate.OneOf) and rule.error == rule.default_message:
        rule.error = "Pilih salah satu: {choices}."


def texts(
    label: str, default: Sequence[str], limit: int, least: int = 0, *, each: Rule | None = None, help: str = ""
) -> fields.List[str]:
    """A list of texts, one a line, of 1 to ``limit`` characters; ``each`` is a rule for one, ``help`` stands beside."""
    length = validate.Length(min=1, max=limit, error=f"Isi 1 sampai {limit} karakter per baris.")
    return fields.List(
        fields.String(validate=[length, *([each] if each else [])], error_messages={"invalid": "Isi dengan teks."}),
        load_default=lambda: list(default),
        validate=validate.Length(min=least, max=100, error=f"Isi {least} sampai 100 baris."),
        error_messages={"invalid": "Isi satu teks per baris."},
        metadata={"label": label, "help": help or "Satu per baris."},
    )


def clocks(label: str, default: Sequence[str], least: int = 0, help: str = "") -> fields.List[str]:
    """Times of day by the tenant's clock, one a line."""
    return texts(label, default, 5, least, each=Pattern(CLOCK, "Tulis jam seperti 01:30."), help=help)


class Ways(Choices):
    """Which branches of a step an agency has (``Outcome.switch``): ``ways`` by key, and those on unless it says."""

    def __init__(self, label: str, ways: Mapping[str, str], on: Sequence[str] = ()) -> None:
        super().__init__(label, optional=True)
        self.load_default: Any = lambda: list(on)
        self.validators = [validate.ContainsOnly(list(ways), list(ways.values()), error="Pilih dari daftar.")]


def secret_fields(schema: type[Schema]) -> frozenset[str]:
    """Names of the fields of ``schema`` that are write-only."""
    return marked(schema, "secret")


def marked(schema: type[Schema], mark: str) -> frozenset[str]:
    """Names of the fields of ``schema`` whose metadata have ``mark``: ``secret``, ``destination`` or ``operator``."""
    return frozenset(name for name, field in schema().fields.items() if field.metadata.get(mark))


def typed(schema: type[Schema], settings: Mapping[str, Any]) -> dict[str, Any]:
    """``settings`` as forms and placeholders give them, with digits as the numbers that ``schema`` wants.

    A blank number is left out, so that its default counts; what is no number stays for the schema to refuse.
    """
    known = schema().fields
    numbers = {name for name, field in known.items() if isinstance(field, fields.Number)}
    filled = {name: value for name, value in settings.items() if value != "" or name not in numbers}
    return {name: _typed(known.get(name), value) for name, value in filled.items()}


def _typed(wanted: object, value: Any) -> Any:
    if isinstance(wanted, Table) and isinstance(value, (list, tuple)):
        return [typed(wanted.row, row) if isinstance(row, Mapping) else row for row in value]
    if not isinstance(wanted, fields.Number) or not isinstance(value, str):
        return value
    convert: Callable[[str], Any] = int if isinstance(wanted, fields.Integer) else float
    try:
        return convert(value.replace(",", ".") if convert is float else value)
    except ValueError:
        return value
