"""Settings of plugins and providers: one strict marshmallow schema each.

An unknown key is refused. A field with ``metadata={"secret": True}`` is write-only: it is sealed when stored, never
shown again, and a blank value keeps the old one. ``metadata["label"]`` and ``metadata["help"]`` tell people what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from tapak.sdk.fields import Choices, Pattern

CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
Rule = Callable[[str], Any]


class SettingsSchema(Schema):
    """The base of every settings schema."""

    class Meta:
        unknown = RAISE


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
    return frozenset(name for name, field in schema().fields.items() if field.metadata.get("secret"))
