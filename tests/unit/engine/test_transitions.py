"""Where outcomes lead, and what a plugin author is told before a procedure can run."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from marshmallow import fields

from tapak.engine.transitions import Transition, check_procedure, main_path, transition
from tapak.sdk.forms import StepSchema
from tapak.sdk.procedure import END, Actor, Header, Outcome, Procedure, RequiredInput, Step, TimeStandard
from tapak.sdk.step_kinds import StepKind, StepResult


class NoteSchema(StepSchema):
    note = fields.String()


class Work(StepKind):
    name = "test.work/1"
    title = "Kerja"
    input_schema = NoteSchema

    def run(self, view, data) -> StepResult:
        return StepResult("ok")


KINDS = {Work.name: Work()}


def step(key: str, *outcomes: Outcome, actor: str = "office", **cells) -> Step:
    return Step(
        **{
            "key": key,
            "number": "1",
            "title": key,
            "actor": actor,
            "kind": Work.name,
            "required_inputs": (),
            "time_standard": TimeStandard(5, "minute"),
            "output": (),
            "outcomes": outcomes,
            **cells,
        }
    )


def to(target: str, key: str = "ok", **marks) -> Outcome:
    return Outcome(key=key, label=key, to=target, **marks)


APPLY = step("apply", to("decide"), actor="unit")
DECIDE = step(
    "decide",
    to("apply", "return", returns=True),
    to(END, "refuse", refuses=True, outside_sop=True),
    to("work", "approve"),
    required_inputs=(RequiredInput("Surat", "document:letter"), RequiredInput("Catatan", "field:note")),
)
WORK = step("work", to(END), required_inputs=(RequiredInput("Putusan", "step:decide"),))
GOOD = Procedure(
    key="test.hosting",
    version=1,
    service="Hosting",
    summary="",
    effective_from=date(2026, 1, 1),
    header=Header("1", "SOP", "", "", "", "", "", (), (), (), (), (), ()),
    actors=(Actor("unit", "PD", applicant=True), Actor("office", "Bidang")),
    steps=(APPLY, DECIDE, WORK),
    request_number="HST-{year}-{seq:04}",
)


def having(*steps: Step, **whole) -> Procedure:
    return replace(GOOD, steps=steps, **whole)


def test_an_outcome_leads_on_back_or_to_the_end() -> None:
    assert transition(GOOD, "apply", "ok") == Transition(DECIDE, ended=False, returns=False, refuses=False)
    assert transition(GOOD, "decide", "return") == Transition(APPLY, ended=False, returns=True, refuses=False)
    assert transition(GOOD, "decide", "refuse") == Transition(None, ended=True, returns=False, refuses=True)
    assert transition(GOOD, "work", "ok") == Transition(None, ended=True, returns=False, refuses=False)


@pytest.mark.parametrize(("key", "outcome"), [("nowhere", "ok"), ("apply", "return")])
def test_an_unknown_step_or_outcome(key: str, outcome: str) -> None:
    with pytest.raises(KeyError):
        transition(GOOD, key, outcome)


def test_the_main_path_is_what_lies_ahead_when_all_is_approved() -> None:
    assert main_path(GOOD, "apply") == (DECIDE, WORK)
    assert main_path(GOOD, "decide") == (WORK,)
    assert main_path(GOOD, "work") == ()


def test_the_main_path_of_a_circle_ends() -> None:
    circle = having(step("a", to("b")), step("b", to("a")))
    assert [ahead.key for ahead in main_path(circle, "a")] == ["b"]
    assert main_path(having(step("a", to("a"))), "a") == ()


def test_a_sound_procedure_has_no_problems() -> None:
    assert check_procedure(GOOD, KINDS) == []


@pytest.mark.parametrize(
    ("procedure", "told"),
    [
        (having(), "there are no steps"),
        (having(APPLY, DECIDE, WORK, WORK), "the step key 'work' is used 2 times"),
        (
            having(APPLY, DECIDE, WORK, actors=(*GOOD.actors, Actor("unit", "x"))),
            "the actor key 'unit' is used 2 times",
        ),
        (having(APPLY, DECIDE, WORK, actors=(Actor("unit", "PD"), Actor("office", "x"))), "no actor is the applicant"),
        (having(APPLY, DECIDE, WORK, version=0), "versions count from 1"),
        (having(APPLY, DECIDE, WORK, request_number="HST"), "the request number is wrong"),
        (having(APPLY, DECIDE, replace(WORK, kind="test.work/9")), "the kind 'test.work/9' is not installed"),
        (having(APPLY, DECIDE, replace(WORK, actor="boss")), "the actor 'boss' is unknown"),
        (having(APPLY, DECIDE, replace(WORK, reports_to="boss")), "the actor 'boss' is unknown"),
        (having(APPLY, DECIDE, replace(WORK, inferred=frozenset({"waktu"}))), "no cell is named 'waktu'"),
        (having(APPLY, DECIDE, replace(WORK, key="Work"), WORK), "step 'Work': the key must be lower-case"),
        (having(APPLY, DECIDE, WORK, step("end", to(END))), "step 'end': the key must be lower-case"),
        (having(APPLY, DECIDE, replace(WORK, outcomes=(to("gone"),))), "leads to 'gone', which is no step"),
        (having(APPLY, DECIDE, replace(WORK, outcomes=())), "no outcome goes on"),
        (having(APPLY, DECIDE, replace(WORK, outcomes=(to("apply", returns=True),))), "no outcome goes on"),
        (having(APPLY, DECIDE, replace(WORK, outcomes=(to(END, "Ok"), to(END, "Ok")))), "key 'Ok' is used 2 times"),
        (having(APPLY, DECIDE, WORK, step("lost", to(END))), "the step 'lost' can't be reached"),
        (having(APPLY, DECIDE, replace(WORK, outcomes=(to("decide"),))), "the step 'work' has no way to the end"),
        (
            having(APPLY, DECIDE, replace(WORK, outcomes=(to(END), to("decide", "back", returns=True)))),
            "returns to 'decide', which is not the applicant's step",
        ),
        (
            having(APPLY, DECIDE, replace(WORK, outcomes=(to(END), to(END, "back", returns=True)))),
            "returns to 'end', which is not the applicant's step",
        ),
        (
            having(APPLY, DECIDE, replace(WORK, outcomes=(to(END), to("apply", "no", refuses=True)))),
            "refuses, so it must lead to 'end'",
        ),
        (having(APPLY, DECIDE, replace(WORK, time_standard=TimeStandard(0, "day"))), "must be at least 1"),
        (having(APPLY, DECIDE, replace(WORK, time_standard=TimeStandard(1, "week"))), "'week' is none of minute"),
        (having(APPLY, DECIDE, replace(WORK, time_standard=TimeStandard(12, "hour", 24))), "lower bound must lie"),
    ],
)
def test_each_problem_is_told(procedure: Procedure, told: str) -> None:
    problems = check_procedure(procedure, KINDS)
    assert any(told.lower() in problem.lower() for problem in problems), problems
    assert all(problem[0].isupper() and problem.endswith(".") for problem in problems)


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ("step:nowhere", "names the step 'nowhere', which does not come before"),
        ("step:work", "names the step 'work', which does not come before"),
        ("step:decide", "names the step 'decide', which does not come before"),
        ("field:size", "names the field 'size', which the kind 'test.work/1' does not have"),
        ("document:", "can't be checked by 'document:'"),
        ("letter", "can't be checked by 'letter'"),
        ("facts:x", "can't be checked by 'facts:x'"),
    ],
)
def test_a_requirement_that_nothing_can_satisfy(by: str, told: str) -> None:
    wanting = replace(DECIDE, required_inputs=(RequiredInput("Data", by),))
    assert [told in problem for problem in check_procedure(having(APPLY, wanting, WORK), KINDS)] == [True]


@pytest.mark.parametrize("by", ["facts", "resources", "step:apply", "document:letter", "field:note"])
def test_a_requirement_that_can_be_satisfied(by: str) -> None:
    wanting = replace(DECIDE, required_inputs=(RequiredInput("Data", by),))
    assert check_procedure(having(APPLY, wanting, WORK), KINDS) == []
