"""Tarakan's hosting with a plain third step: nothing but what every step brings, and figures for the next actor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from tapak.plugins import Registry, build
from tapak.sdk.fields import Prose
from tapak.sdk.forms import StepSchema
from tapak.sdk.hookspecs import hookimpl
from tapak.sdk.procedure import Procedure
from tapak.sdk.step_kinds import StepKind, StepResult
from tapak.sdk.view import View
from tapak_tarakan.hosting import HOSTING

KEY = "bench.plain"


class WorkInput(StepSchema):
    """What was done."""

    note = Prose("Catatan", 1000)


class Work(StepKind):
    """A step that leaves no paper and no register row."""

    name = "bench.work/1"
    title = "Pekerjaan"
    input_schema = WorkInput

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        return StepResult(view.step.outcomes[0].key, data["note"])


STEPS = tuple(replace(step, kind=Work.name) if step.key == "dispose" else step for step in HOSTING.steps)
PLAIN = replace(HOSTING, key=KEY, steps=STEPS, request_number="{seq:03}/PLAIN/{year}")


class Plugin:
    """The plain procedure and its kind."""

    @hookimpl
    def procedures(self) -> Sequence[Procedure]:
        return (PLAIN,)

    @hookimpl
    def step_kinds(self) -> Sequence[StepKind]:
        return (Work(),)


@cache
def with_plain() -> Registry:
    """Everything that is installed, and the plain procedure."""
    return build([Plugin()], installed=True)
