"""Step kind branch: the form chooses among ways that all go on ("sudah ada", "belum ada")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import Schema

from tapak.sdk.fields import offer
from tapak.sdk.parts import BranchPart
from tapak.sdk.procedure import Procedure, Step
from tapak.sdk.step_kinds import StepKind, StepResult
from tapak.sdk.view import View


class Branch(StepKind):
    """A choice of the way; to approve, return or refuse is ``decide``'s."""

    name = "tapak.branch/1"
    title = "Penentuan langkah lanjutan"
    input_schema = BranchPart
    takes = BranchPart

    def misuse(self, procedure: Procedure, step: Step) -> Sequence[str]:
        if any(outcome.returns or outcome.refuses for outcome in step.outcomes):
            return ("a branch neither returns nor refuses",)
        return () if len(step.outcomes) > 1 else ("a branch needs several outcomes",)

    def schema(self, view: View) -> Schema:
        schema = super().schema(view)
        offer(schema, "outcome", {outcome.key: outcome.label for outcome in view.step.outcomes})
        return schema

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        chosen = view.step.outcome(data["outcome"])
        return StepResult(chosen.key, f"Ditentukan: {chosen.label}")
