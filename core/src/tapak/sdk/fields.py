"""Form fields with the product's rules: a limit on every text, whole-text matches, Indonesian messages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from tapak.sdk.names import RESERVED, fold_label, label_problem
from tapak.sdk.wording import nip_spaced

REQUIRED = "Wajib diisi."
# Controls, lone surrogates (PostgreSQL can't store them) and direction overrides that make a text read as another.
_BARRED_CATEGORIES = frozenset({"Cc", "Cs", "Cn", "Co"})
_BARRED = frozenset("\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_FIRST_YEAR = 2000


class Pattern:
    """A rule that the whole text matches ``pattern``; blank is left to the field."""

    def __init__(self, pattern: str, error: str) -> None:
        self._pattern = re.compile(pattern, re.ASCII)
        self._error = error

    def __call__(self, value: str) -> None:
        if value and not self._pattern.fullmatch(value):
            raise ValidationError(self._error)


def _metadata(label: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return {"label": label, **{name: value for name, value in given.items() if value}}


def _refuse_barred(value: str, allowed: str) -> None:
    for character in value:
        if character in allowed:
            continue
        if character in _BARRED or unicodedata.category(character) in _BARRED_CATEGORIES:
            raise ValidationError("Ada karakter tersembunyi yang tidak dapat dipakai; ketik ulang isian ini.")


class Line(fields.String):
    """One line of text of at most ``limit`` characters; spaces around it are dropped."""

    default_error_messages = {"required": REQUIRED, "null": REQUIRED, "invalid": "Isi dengan teks."}
    allowed = ""

    def __init__(
        self,
        label: str,
        limit: int,
        *,
        rule: Pattern | None = None,
        optional: bool = False,
        help: str = "",
        page: str = "",
        widget: str = "",
    ) -> None:
        length = validate.Length(max=limit, error=f"Paling banyak {limit} karakter.")
        blank = [] if optional else [validate.Length(min=1, error=REQUIRED)]
        super().__init__(
            **({"load_default": ""} if optional else {"required": True}),
            validate=[*blank, length, *([rule] if rule else [])],
            metadata=_metadata(label, {"help": help, "page": page, "widget": widget}),
        )

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        text = unicodedata.normalize("NFC", text)
        if "\n" in self.allowed:
            text = text.replace("\r\n", "\n")
        _refuse_barred(text, self.allowed)
        return text.strip()


class Prose(Line):
    """Text of several lines."""

    allowed = "\n\t"

    def __init__(self, label: str, limit: int, **kwargs: Any) -> None:
        super().__init__(label, limit, widget="textarea", **kwargs)


class Nip(Line):
    """The number of a civil servant, kept spaced 8-6-1-3; what is odd about it is told and never refused."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        return nip_spaced(super()._deserialize(value, attr, data, **kwargs))


class Label(fields.String):
    """A DNS label as typed: nothing is dropped from it, only ASCII capitals become small letters.

    ``zone`` is the field that names the domain it stands below; the page looks up whether the name is free.
    """

    default_error_messages = {"required": REQUIRED, "null": REQUIRED, "invalid": "Isi dengan teks."}

    def __init__(self, label: str, *, zone: str = "", optional: bool = False, help: str = "", page: str = "") -> None:
        super().__init__(
            **({"load_default": ""} if optional else {"required": True}),
            validate=[_may_be_left if optional else _may_be_given],
            metadata=_metadata(label, {"help": help, "page": page, "widget": "name", "zone": zone}),
        )

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        return fold_label(super()._deserialize(value, attr, data, **kwargs))


def _may_be_left(label: str) -> None:
    if label:
        _may_be_given(label)


def _may_be_given(label: str) -> None:
    problem = label_problem(label, reserved=RESERVED)
    if problem:
        raise ValidationError(problem.message)


class Choice(fields.String):
    """One of ``choices`` (value → label); without them the view supplies the list through :func:`offer`."""

    default_error_messages = {"required": REQUIRED, "null": REQUIRED, "invalid": "Pilih salah satu."}

    def __init__(
        self,
        label: str,
        choices: Mapping[str, str] | None = None,
        *,
        optional: bool = False,
        help: str = "",
        page: str = "",
        widget: str = "choice",
    ) -> None:
        super().__init__(
            **({"load_default": ""} if optional else {"required": True}),
            validate=[one_of(choices, optional)] if choices else [validate.Length(max=300)],
            metadata=_metadata(label, {"help": help, "page": page, "widget": widget}),
        )


class Choices(fields.List[Any]):
    """Several of ``choices``, each once, in the order given."""

    default_error_messages = {"required": REQUIRED, "null": REQUIRED, "invalid": "Pilih dari daftar."}

    def __init__(self, label: str, *, optional: bool = False, help: str = "", page: str = "") -> None:
        inner = fields.String(validate=validate.Length(max=300), error_messages={"invalid": "Pilih dari daftar."})
        rules = [validate.Length(max=100, error="Terlalu banyak pilihan.")]
        if not optional:
            rules.append(validate.Length(min=1, error="Pilih paling sedikit satu."))
        super().__init__(
            inner,
            **({"load_default": list} if optional else {"required": True}),
            validate=rules,
            metadata=_metadata(label, {"help": help, "page": page, "widget": "checkboxes"}),
        )

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[Any]:
        return list(dict.fromkeys(super()._deserialize(value, attr, data, **kwargs)))


class Tick(fields.Boolean):
    """A box that is ticked or not; ``must`` is the message where it has to be."""

    default_error_messages = {"required": REQUIRED, "null": REQUIRED, "invalid": "Isi dengan ya atau tidak."}

    def __init__(self, label: str, *, must: str = "", help: str = "", page: str = "") -> None:
        needed = {
            "required": True,
            "validate": validate.Equal(True, error=must),
            "error_messages": {"required": must, "null": must},
        }
        super().__init__(
            **(needed if must else {"load_default": False}),
            metadata=_metadata(label, {"help": help, "page": page, "widget": "checkbox"}),
        )


class Day(fields.Date):
    """A date, as ISO 8601 text outside; None where it is optional and blank."""

    default_error_messages = {"required": REQUIRED, "null": REQUIRED, "invalid": "Isi dengan tanggal yang sah."}

    def __init__(self, label: str, *, optional: bool = False, help: str = "", page: str = "") -> None:
        super().__init__(
            **({"load_default": None, "allow_none": True} if optional else {"required": True}),
            validate=_of_our_time,
            metadata=_metadata(label, {"help": help, "page": page, "widget": "date"}),
        )

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if value == "" and not self.required:
            return self.load_default
        return super().deserialize(value, *args, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> date:
        if value == "":
            raise self.make_error("required")
        return super()._deserialize(value, *args, **kwargs)


def _of_our_time(day: date | datetime) -> None:
    if day.year < _FIRST_YEAR:
        raise ValidationError("Periksa tahunnya.")


class Appointment(fields.NaiveDateTime):
    """A day with the time of day, by the tenant's clock; ISO 8601 text to the minute outside."""

    default_error_messages = {"required": REQUIRED, "null": REQUIRED, "invalid": "Isi dengan tanggal dan jam yang sah."}

    def __init__(self, label: str, *, optional: bool = False, help: str = "", page: str = "") -> None:
        super().__init__(
            format="%Y-%m-%dT%H:%M",
            **({"load_default": None, "allow_none": True} if optional else {"required": True}),
            validate=_of_our_time,
            metadata=_metadata(label, {"help": help, "page": page, "widget": "appointment"}),
        )

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if value == "" and not self.required:
            return self.load_default
        return super().deserialize(value, *args, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> datetime:
        if value == "":
            raise self.make_error("required")
        if not isinstance(value, str):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return super()._deserialize(value, *args, **kwargs)


class Count(fields.Integer):
    """A whole number from ``least`` to ``most``; blank counts as not given where it is optional."""

    default_error_messages = {"required": REQUIRED, "null": REQUIRED, "invalid": "Isi dengan angka bulat."}

    def __init__(
        self,
        label: str,
        least: int,
        most: int,
        *,
        default: int | None = None,
        widget: str = "",
        labels: Sequence[str] = (),
    ) -> None:
        rule = (
            validate.OneOf(range(least, most + 1), labels, error="Pilih salah satu.")
            if labels
            else validate.Range(least, most, error=f"Dari {least} sampai {most}.")
        )
        super().__init__(
            load_default=default,
            allow_none=default is None,
            validate=rule,
            metadata=_metadata(label, {"widget": widget}),
        )

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return self.load_default if value == "" else super().deserialize(value, *args, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if isinstance(value, (bool, float)):
            raise self.make_error("invalid")
        return super()._deserialize(value, *args, **kwargs)


class Figures(fields.Dict):
    """Figures filled in by hand (diisi manual): the key of a fact → text."""

    default_error_messages = {"required": REQUIRED, "null": REQUIRED, "invalid": "Isi angka per sumber."}

    def __init__(self, label: str, *, help: str = "") -> None:
        super().__init__(
            keys=Line("Sumber", 200),
            values=Line("Angka", 200, optional=True),
            load_default=dict,
            validate=validate.Length(max=200, error="Terlalu banyak angka."),
            metadata=_metadata(label, {"help": help, "widget": "figures"}),
        )


class Table(fields.List[Any]):
    """A table of ``least`` to ``most`` rows of the schema ``row`` (flat fields only).

    What is wrong in a row is told with the row's number and the column's label.
    """

    default_error_messages = {"required": REQUIRED, "null": REQUIRED, "invalid": "Isi dengan baris-baris."}

    def __init__(
        self, label: str, row: type[Schema], *, least: int = 1, most: int = 20, help: str = "", page: str = ""
    ) -> None:
        self.row, self.least, self.most = row, least, most
        super().__init__(
            fields.Nested(row),
            **({"required": True} if least else {"load_default": list}),
            validate=validate.Length(least, most, error=f"Isi {least} sampai {most} baris."),
            metadata=_metadata(label, {"help": help, "page": page, "widget": "table"}),
        )

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[Any]:
        if isinstance(value, (list, tuple)) and len(value) > self.most:
            raise ValidationError(f"Isi {self.least} sampai {self.most} baris.")
        try:
            return super()._deserialize(value, attr, data, **kwargs)
        except ValidationError as error:
            raise ValidationError(self._told(error.messages)) from error

    def _told(self, messages: Any) -> list[str]:
        if not isinstance(messages, dict):
            return list(messages)
        columns = self.row().fields
        told = []
        for at, wrong in messages.items():
            found = wrong.items() if isinstance(wrong, dict) else [("", wrong)]
            for name, lines in found:
                label = columns[name].metadata.get("label", name) if name in columns else name
                place = f"Baris {at + 1}" + (f", {label}" if label and label != "_schema" else "")
                told += [f"{place}: {line}" for line in (lines if isinstance(lines, list) else [str(lines)])]
        return told


def choices_of(field: fields.Field[Any]) -> tuple[tuple[Any, str], ...]:
    """What may be chosen in ``field``: value and label; nothing where it isn't a choice."""
    for rule in field.validators:
        if isinstance(rule, (validate.OneOf, validate.ContainsOnly)):
            labels = list(rule.labels) or [str(choice) for choice in rule.choices]
            return tuple(zip(rule.choices, labels, strict=False))
    return ()


def one_of(choices: Mapping[str, str], optional: bool = False) -> validate.OneOf:
    """The rule that a value is a key of ``choices`` (or blank where optional)."""
    blank = {"": "—"} if optional else {}
    offered = {**blank, **choices}
    return validate.OneOf(list(offered), list(offered.values()), error="Pilih salah satu dari daftar.")


def offer(schema: Schema, name: str, choices: Mapping[str, str]) -> None:
    """Give field ``name`` of this ``schema`` instance its list; the class stays as it is."""
    field = schema.fields[name]
    if isinstance(field, fields.List):
        rule: Any = validate.ContainsOnly(list(choices), list(choices.values()), error="Pilih dari daftar.")
        field.validators = [*field.validators, rule]
    else:
        field.validators = [one_of(choices, optional=not field.required)]
