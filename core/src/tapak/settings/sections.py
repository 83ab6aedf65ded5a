"""Sections of settings: a form each, by a schema, and where in the tenant's row or a plugin's what it holds is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, missing

from tapak.requests.forms import FormField, describe
from tapak.sdk.errors import Invalid, flat_messages
from tapak.sdk.settings import SettingsSchema, secret_fields, typed

Content = Mapping[str, Any]


@dataclass(frozen=True)
class Group:
    """Fields that stand together; ``key`` is their ``page``. ``standard`` is the printed one that they stand beside,
    ``unclear`` the cells of the step that the scan left unreadable.
    """

    key: str
    title: str
    standard: str = ""
    unclear: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """One form of settings. ``read`` takes the section's part out of what is stored, ``put`` gives it back changed.

    ``plugin`` is whose settings they are (empty: the tenant's own row); ``steps`` marks those of a procedure's steps.
    ``procedures`` are the keys of the procedures concerned (None: all); ``at_once`` names the settings that count for
    requests under way too, ``unpinned`` those that count for no request under way, all others being pinned with a
    request. ``limits`` are those that open tasks' deadlines are counted by.
    """

    key: str
    title: str
    help: str
    schema: type[SettingsSchema]
    read: Callable[[Content], dict[str, Any]]
    put: Callable[[Content, Content], dict[str, Any]]
    plugin: str = ""
    procedures: frozenset[str] | None = None
    groups: Sequence[Group] = ()
    steps: bool = False
    at_once: frozenset[str] = frozenset()
    unpinned: frozenset[str] = frozenset()
    limits: frozenset[str] = frozenset()

    def default(self, name: str) -> Any:
        """What a setting is where nothing is stored, as JSON."""
        value = self.schema().fields[name].load_default
        return None if value is missing else value() if callable(value) else value

    def clean(self, given: Content) -> dict[str, Any]:
        """``given`` (as a form or JSON has it) as it is stored: without what is left at its default.

        Raises:
            Invalid: an unknown name or a bad value; ``fields`` says which.
        """
        schema = self.schema(exclude=tuple(secret_fields(self.schema)))
        try:
            dumped = dict(schema.dump(schema.load(typed(self.schema, _filled(schema, given)))))
        except ValidationError as problem:
            raise Invalid(
                "Ada isian yang perlu diperbaiki.",
                log=f"settings {self.key} not valid",
                fields=flat_messages(problem.normalized_messages()),
            ) from problem
        return {name: value for name, value in dumped.items() if not self.is_default(name, value)}

    def is_default(self, name: str, value: Any) -> bool:
        """Whether ``value`` says no more than nothing would."""
        default = self.default(name)
        return value == default or (_blank(default) and _blank(value))


def _blank(value: Any) -> bool:
    return value is None or value is False or value in ("", [], {})


def _filled(schema: SettingsSchema, given: Content) -> dict[str, Any]:
    """``given`` without what was left blank and has nothing to be blank: its default counts."""
    known = schema.fields
    return {
        name: value
        for name, value in given.items()
        if not (value in ("", None) and name in known and not known[name].required)
    }


@dataclass(frozen=True)
class Difference:
    """A setting that differs, with its label, the group that it stands in, and its values, defaults filled in."""

    field: FormField
    group: Group | None
    before: Any
    after: Any


def differences(section: Section, before: Content, after: Content) -> tuple[Difference, ...]:
    """What differs, in the order of the form; what the form no longer has is left out."""
    groups = {each.key: each for each in section.groups}
    return tuple(
        Difference(
            field,
            groups.get(field.page),
            *(content.get(field.name, section.default(field.name)) for content in (before, after)),
        )
        for field in describe(section.schema())
        if field.name in before or field.name in after
    )


def differing(before: Content, after: Content) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of two contents differs, on each side."""
    names = {name for name in {*before, *after} if before.get(name, missing) != after.get(name, missing)}
    return tuple({name: each[name] for name in sorted(names) if name in each} for each in (before, after))  # type: ignore[return-value]


def with_change(values: Content, before: Content, after: Content) -> dict[str, Any]:
    """``values`` with what ``after`` says, and without what only ``before`` had."""
    kept = {name: value for name, value in values.items() if name not in before}
    return {**kept, **after}
