"""A procedure as its agency has set it: limits beside the SOP's own standard, branches, papers asked for in addition.

What an agency sets of a step stands in the resolved settings under :data:`STEPS`, flat, as ``STEP:WHAT``:

``amount`` and ``unit``   the limit that deadlines go by, beside the printed standard (``minute``, ``hour``, ``day``)
``waiting``               working minutes in which work is to begin
``escalate_to``           the key of the position that sees the task when it is late, instead of the superior
``added``                 titles of what is asked for beside the printed Kelengkapan: of the applicant a file for
                          each, of an official a tick for each
``standard``, ``inputs``, ``output``, ``actor``   corrections of cells that the scan left unreadable
``read``                  unreadable cells that the agency has compared with its own paper and found right
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from tapak.sdk.procedure import Outcome, Procedure, RequiredInput, Step, TimeStandard, Unit

STEPS = "steps"
UNITS: Mapping[str, str] = {"minute": "menit", "hour": "jam", "day": "hari"}
"""What a unit of working time is called on the screen."""
STANDARD = re.compile(r"([1-9][0-9]{0,3}) (menit|jam|hari)", re.IGNORECASE)
CELLS = {"time_standard": "standard", "required_inputs": "inputs", "output": "output", "actor": "actor"}
"""Which setting corrects which unreadable cell."""


def adapted(procedure: Procedure, settings: Mapping[str, Any]) -> Procedure:
    """``procedure`` as an agency of those resolved ``settings`` runs it; adapting it again changes nothing."""
    own = settings.get(STEPS) or {}
    return replace(procedure, steps=tuple(_step(procedure, step, own, settings) for step in procedure.steps))


def standard_of(text: str) -> TimeStandard | None:
    """The cell Waktu as people write it (``30 menit``); None where it can't be read."""
    found = STANDARD.fullmatch(text.strip())
    if found is None:
        return None
    unit: Unit = next(key for key in ("minute", "hour", "day") if UNITS[key] == found[2].lower())
    return TimeStandard(int(found[1]), unit, printed=text.strip())


def _step(procedure: Procedure, step: Step, own: Mapping[str, Any], settings: Mapping[str, Any]) -> Step:
    told = {what: own[f"{step.key}:{what}"] for what in WHATS if own.get(f"{step.key}:{what}")}
    outcomes = tuple(each for each in step.outcomes if _is_on(each, settings))
    step = replace(step, outcomes=outcomes)
    if not told:
        return step
    step = _corrected(procedure, step, told)
    applicants = procedure.actor(step.actor).applicant
    printed = (each for each in step.required_inputs if not each.added)
    return replace(
        step,
        limit=_limit(step, told),
        waiting_minutes=told.get("waiting", 0),
        escalates_to=told.get("escalate_to", ""),
        required_inputs=(*printed, *_added(told.get("added", ()), applicants)),
    )


WHATS = ("amount", "unit", "waiting", "escalate_to", "added", "read", *CELLS.values())


def _limit(step: Step, told: Mapping[str, Any]) -> TimeStandard | None:
    if "amount" not in told:
        return None
    unit = told.get("unit", step.time_standard.unit)
    return TimeStandard(told["amount"], unit, printed=f"{told['amount']} {UNITS[unit]}")


def _added(titles: Any, applicants: bool) -> Iterator[RequiredInput]:
    for place, title in enumerate(titles, 1):
        by = f"document:added_{place}" if applicants else f"confirmed:{title}"
        yield RequiredInput(title, by, added=True)


def _corrected(procedure: Procedure, step: Step, told: Mapping[str, Any]) -> Step:
    """The step with its unreadable cells as the agency has corrected them; only such cells change."""
    fixed = {cell for cell, what in CELLS.items() if what in told} | set(told.get("read", ()))
    cells = step.inferred & fixed
    changes: dict[str, Any] = {"inferred": step.inferred - cells}
    if "time_standard" in cells and "standard" in told:
        changes["time_standard"] = standard_of(told["standard"]) or step.time_standard
    if "output" in cells and "output" in told:
        changes["output"] = tuple(told["output"])
    if "actor" in cells and told.get("actor") in {actor.key for actor in procedure.actors}:
        changes["actor"] = told["actor"]
    if "required_inputs" in cells:
        pairs = zip_longest(step.required_inputs, told.get("inputs", ())[: len(step.required_inputs)])
        changes["required_inputs"] = tuple(
            replace(each, title=title or each.title, inferred=False) for each, title in pairs
        )
    return replace(step, **changes)


def _is_on(outcome: Outcome, settings: Mapping[str, Any]) -> bool:
    return not outcome.switch or outcome.key in (settings.get(outcome.switch) or ())
