"""Where a step's outcome leads, and what a plugin author must mend before a procedure can run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tapak.engine.numbering import BadPattern, parse
from tapak.sdk.procedure import END, Outcome, Procedure, RequiredInput, Step, TimeStandard
from tapak.sdk.step_kinds import StepKind

CELLS = frozenset({"actor", "required_inputs", "time_standard", "output", "outcomes"})
UNITS = frozenset({"minute", "hour", "day"})


@dataclass(frozen=True)
class Transition:
    """What an outcome leads to: the next step, or the end of the request."""

    next_step: Step | None
    ended: bool
    returns: bool
    refuses: bool


def transition(procedure: Procedure, step: str, outcome: str) -> Transition:
    """What the outcome keyed ``outcome`` of the step keyed ``step`` leads to.

    Raises:
        KeyError: there is no such step or outcome.
    """
    chosen = procedure.step(step).outcome(outcome)
    ended = chosen.to == END
    return Transition(None if ended else procedure.step(chosen.to), ended, chosen.returns, chosen.refuses)


def main_path(procedure: Procedure, from_step: str, expected: Mapping[str, str] | None = None) -> tuple[Step, ...]:
    """The steps that lie ahead of the step keyed ``from_step`` when everything is approved, without that step.

    ``expected`` names, by step, an outcome that is expected instead of the first one that goes on.

    Raises:
        KeyError: there is no such step.
    """
    here = procedure.step(from_step)
    ahead = {here.key: here}
    step = _approved(procedure, here, expected or {})
    while step is not None and step.key not in ahead:
        ahead[step.key] = step
        step = _approved(procedure, step, expected or {})
    return tuple(ahead.values())[1:]


def check_procedure(procedure: Procedure, kinds: Mapping[str, StepKind]) -> list[str]:
    """What is wrong with ``procedure``, one English sentence each; empty where it can run.

    ``kinds`` are the installed step kinds by name.
    """
    problems = [
        *_repeated("step", (step.key for step in procedure.steps)),
        *_repeated("actor", (actor.key for actor in procedure.actors)),
        *_whole_problems(procedure),
        *_way_problems(procedure),
    ]
    problems = [f"{problem[0].upper()}{problem[1:]}." for problem in problems]
    for step in procedure.steps:
        found = _step_problems(procedure, step, kinds)
        problems += (f"Step {step.key!r}: {problem}." for problem in found)
    return problems


def _approved(procedure: Procedure, step: Step, expected: Mapping[str, str]) -> Step | None:
    onward = [outcome for outcome in step.outcomes if _goes_on(outcome)]
    named = (outcome for outcome in onward if outcome.key == expected.get(step.key))
    chosen = next(named, next(iter(onward), None))
    return None if chosen is None or chosen.to == END else procedure.step(chosen.to)


def _goes_on(outcome: Outcome) -> bool:
    return not outcome.returns and not outcome.refuses


def _whole_problems(procedure: Procedure) -> Iterator[str]:
    if not procedure.steps:
        yield "there are no steps"
    if not any(actor.applicant for actor in procedure.actors):
        yield "no actor is the applicant"
    strays = {*procedure.forms, *procedure.effects} - {step.key for step in procedure.steps}
    if strays:
        yield f"forms or effects are given for {', '.join(sorted(strays))}, which is no step"
    if procedure.version < 1:
        yield f"the version is {procedure.version}, but versions count from 1"
    try:
        parse(procedure.request_number)
    except BadPattern as problem:
        yield f"the request number is wrong: {problem.log}"


def _step_problems(procedure: Procedure, step: Step, kinds: Mapping[str, StepKind]) -> Iterator[str]:
    if step.key == END or not re.fullmatch(r"[a-z][a-z0-9_]*", step.key):
        yield f"the key must be lower-case letters, digits and _, and not {END!r}"
    if step.kind not in kinds:
        yield f"the kind {step.kind!r} is not installed"
    actors = {actor.key for actor in procedure.actors}
    yield from (
        f"the actor {key!r} is unknown" for key in (step.actor, step.reports_to or step.actor) if key not in actors
    )
    yield from (f"no cell is named {cell!r} (inferred)" for cell in sorted(step.inferred - CELLS))
    yield from _standard_problems(step.time_standard)
    yield from _outcome_problems(procedure, step)
    if step.kind in kinds:
        yield from _form_problems(procedure, step, kinds[step.kind])
    for required in step.required_inputs:
        yield from _requirement_problems(procedure, step, required, kinds.get(step.kind))


def _form_problems(procedure: Procedure, step: Step, kind: StepKind) -> Iterator[str]:
    yield from kind.misuse(procedure, step)
    form = procedure.forms.get(step.key)
    if form is None:
        return
    if kind.takes is None:
        yield f"the kind {step.kind!r} has a form of its own and takes none"
    elif not issubclass(form.schema, kind.takes):
        yield f"the form's schema must be put together from {kind.takes.__name__}, as the kind {step.kind!r} asks"
    fields = form.schema().fields
    pages = {page.key for page in form.pages}
    strays = sorted(name for name, item in fields.items() if form.pages and item.metadata.get("page", "") not in pages)
    if strays:
        yield f"the form's fields stand on no page: {', '.join(strays)}"
    unknown = sorted(form.asked_anew - set(fields))
    if unknown:
        yield f"the form asks anew for fields that it does not have: {', '.join(unknown)}"


def _standard_problems(standard: TimeStandard) -> Iterator[str]:
    if standard.unit not in UNITS:
        yield f"the time standard's unit {standard.unit!r} is none of minute, hour and day"
    if standard.amount < 1:
        yield "the time standard must be at least 1"
    if standard.at_least is not None and not 0 < standard.at_least <= standard.amount:
        yield "the time standard's lower bound must lie between 1 and its amount"


def _outcome_problems(procedure: Procedure, step: Step) -> Iterator[str]:
    yield from _repeated("outcome", (outcome.key for outcome in step.outcomes))
    if not any(_goes_on(outcome) for outcome in step.outcomes):
        yield "no outcome goes on: each one returns or refuses, or there is none"
    keys = {other.key for other in procedure.steps}
    for outcome in step.outcomes:
        if outcome.to != END and outcome.to not in keys:
            yield f"the outcome {outcome.key!r} leads to {outcome.to!r}, which is no step"
        if outcome.returns and not _applicants(procedure, outcome.to):
            yield f"the outcome {outcome.key!r} returns to {outcome.to!r}, which is not the applicant's step"
        if outcome.refuses and (outcome.returns or outcome.to != END):
            yield f"the outcome {outcome.key!r} refuses, so it must lead to {END!r} and not return"


def _applicants(procedure: Procedure, step: str) -> bool:
    actors = {actor.key for actor in procedure.actors if actor.applicant}
    return any(other.key == step and other.actor in actors for other in procedure.steps)


def _requirement_problems(
    procedure: Procedure, step: Step, required: RequiredInput, kind: StepKind | None
) -> Iterator[str]:
    how, _, what = required.by.partition(":")
    told = f"the required input {required.title!r}"
    if how == "step":
        if what not in _before(procedure, step.key):
            yield f"{told} names the step {what!r}, which does not come before"
    elif how == "field":
        if kind is not None and what not in kind.form_of(procedure, step).schema().fields:
            yield f"{told} names the field {what!r}, which the kind {step.kind!r} does not have"
    elif not (how == "document" and what) and required.by not in ("facts", "resources", "sealing"):
        yield f"{told} can't be checked by {required.by!r}"


def _before(procedure: Procedure, key: str) -> set[str]:
    """The steps from which ``key`` is reached without a return."""
    return {
        step.key
        for step in procedure.steps
        if step.key != key and key in _reached(procedure, step.key, with_returns=False)
    }


def _way_problems(procedure: Procedure) -> Iterator[str]:
    reached = _reached(procedure, procedure.steps[0].key) if procedure.steps else set()
    for step in procedure.steps:
        if step.key not in reached:
            yield f"the step {step.key!r} can't be reached from the first one"
        if END not in _reached(procedure, step.key, with_returns=False):
            yield f"the step {step.key!r} has no way to the end"


def _reached(procedure: Procedure, start: str, *, with_returns: bool = True) -> set[str]:
    """The keys that can come after ``start``, with ``start`` itself."""
    onward = {
        step.key: [outcome.to for outcome in step.outcomes if with_returns or _goes_on(outcome)]
        for step in procedure.steps
    }
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        key = waiting.pop()
        if key not in reached:
            reached.add(key)
            waiting += onward.get(key, ())
    return reached


def _repeated(what: str, keys: Iterable[str]) -> Iterator[str]:
    for key, times in Counter(keys).items():
        if times > 1:
            yield f"the {what} key {key!r} is used {times} times"
