"""Asking an applicant: with the kind's own form, or with one that a procedure brings for the officer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tapak_kota.application import HOSTED, ArchivePart

from tapak.engine.transitions import check_procedure
from tapak.sdk.fields import Line
from tapak.sdk.forms import Form, StepSchema
from tapak.sdk.parts import AskPart
from tapak.sdk.procedure import Procedure
from tapak.testing.procedure_contract import core_kinds
from tapak.testing.view import MemoryView

KINDS = core_kinds()
KIND = KINDS["tapak.ask_applicant/1"]


class Spoken(StepSchema):
    """With whom it was spoken about."""

    spoken_with = Line("Dibicarakan dengan", 100)


class Asking(Spoken, AskPart):
    """What was spoken, and what is asked."""


def asked_by_officer(asking: type[StepSchema] | None) -> Procedure:
    steps = tuple(replace(step, actor="officer") if step.key == "deliver" else step for step in HOSTED.steps)
    form = Form(ArchivePart, asking=Form(asking) if asking else None)
    return replace(HOSTED, steps=steps, forms={**HOSTED.forms, "deliver": form})


@pytest.mark.parametrize(
    ("asking", "fields"), [(None, ["asked", "message"]), (Asking, ["spoken_with", "asked", "message"])]
)
def test_the_officer_fills_in_what_asks_and_the_applicant_what_is_delivered(asking, fields) -> None:
    view = MemoryView.of(asked_by_officer(asking), "deliver")
    assert list(KIND.schema(view).fields) == fields
    assert KIND.hands_over(view, {"asked": "ask"})
    theirs = replace(view, asked={"asked": "ask", "message": "Mohon dikirim."})
    assert list(KIND.schema(theirs).fields) == ["remark"]
    assert not KIND.hands_over(theirs, {})


def test_a_form_that_can_not_ask_is_told() -> None:
    assert check_procedure(asked_by_officer(Asking), KINDS) == []
    (told,) = check_procedure(asked_by_officer(Spoken), KINDS)
    assert "AskPart" in told
