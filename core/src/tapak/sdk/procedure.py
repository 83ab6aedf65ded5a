"""A service procedure (SOP) as frozen data that reads like its paper table.

The header and each step show the printed words. What varies in behaviour is a named function of the procedure or a
step kind, never a string of code. A version is immutable: its snapshot is hashed, and a request runs on the snapshot
that it began with.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from tapak.sdk import parts
from tapak.sdk.databases import Database
from tapak.sdk.forms import Form, Lines
from tapak.sdk.names import NameWish
from tapak.sdk.resources import DesiredResource, RecordSet, Site

if TYPE_CHECKING:
    from tapak.sdk.step_kinds import StepResult
    from tapak.sdk.view import View

Unit = Literal["minute", "hour", "day"]
Effects = Callable[["View", Mapping[str, Any]], "StepResult"]
"""What finishing a step with validated data leads to; the outcome is left to the step's kind."""
END = "end"
CODE = {"code": True}


@dataclass(frozen=True)
class TimeStandard:
    """Waktu: hands-on time in working time. ``day`` is a working day of the tenant's calendar.

    ``amount`` is the upper bound; ``at_least`` the lower one of a printed range (12-24 jam). ``printed`` is the cell
    as the paper has it.
    """

    amount: int
    unit: Unit
    at_least: int | None = None
    printed: str = ""


@dataclass(frozen=True)
class Outcome:
    """A way to leave a step. ``to`` is a step's key or :data:`END`.

    ``returns`` marks a return to the applicant: it needs reasons, a text and the fields concerned, and opens a new
    revision. ``outside_sop`` marks a branch that the paper doesn't print (shown as "di luar SOP"). ``switch`` names a
    setting of the plugin that lists the keys of such branches: the agency has only those that stand there.
    """

    key: str
    label: str
    to: str
    returns: bool = False
    refuses: bool = False
    outside_sop: bool = False
    switch: str = ""


@dataclass(frozen=True)
class Actor:
    """A column of the paper's Pelaksana. ``applicant`` marks the unit that applies; others are tenants' positions.

    ``position`` is the key of the position that acts for this actor unless the tenant maps it otherwise.
    """

    key: str
    title: str
    applicant: bool = False
    position: str = ""


@dataclass(frozen=True)
class Step:
    """A row of the paper table.

    ``required_inputs`` are the printed Kelengkapan, each with what satisfies it (see :class:`RequiredInput`); their
    titles joined by ``", "`` are the printed cell, and so is ``output``.
    ``inferred`` names the cells that the scan left unreadable: actor, required_inputs, time_standard, output,
    outcomes.
    ``reports_to`` is an actor who receives the step's output (Bidang → Kadis). ``options`` are read by the step's
    kind. What follows them is the agency's to set (:mod:`tapak.sdk.adapting`) and stands in no declaration: ``limit``
    beside the printed standard, ``waiting_minutes`` (0: the agency's for every step), and ``escalates_to``, the key
    of a position (empty: the superior's).
    """

    key: str
    number: str
    title: str
    actor: str
    kind: str
    required_inputs: tuple[RequiredInput, ...]
    time_standard: TimeStandard
    output: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    inferred: frozenset[str] = frozenset()
    reports_to: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    limit: TimeStandard | None = None
    waiting_minutes: int = 0
    escalates_to: str = ""

    @property
    def allowed(self) -> TimeStandard:
        """The working time that deadlines go by: the agency's limit, else the printed standard."""
        return self.limit or self.time_standard

    def outcome(self, key: str) -> Outcome:
        """The outcome named ``key``.

        Raises:
            KeyError: the step has no such outcome.
        """
        for outcome in self.outcomes:
            if outcome.key == key:
                return outcome
        raise KeyError(key)


@dataclass(frozen=True)
class RequiredInput:
    """One item of Kelengkapan, in the printed words.

    ``by`` says what satisfies it, checked before the step can be finished: ``document:<kind>`` (an uploaded or made
    document of the request's current revision), ``field:<name>`` (a field of this step's input), ``step:<key>`` (that
    step's result in the current revision, with the papers that it made), ``facts`` (the reviewer's figures are
    present), ``resources`` (every desired resource is live), ``sealing`` (the agency has keys that sealed registers are
    encrypted to), ``confirmed:<title>`` (ticked at this step). A paper that the step itself makes is its output.
    ``added`` marks what an agency asks for beside what is printed (di luar SOP).
    """

    title: str
    by: str
    inferred: bool = False
    added: bool = False


@dataclass(frozen=True)
class Header:
    """The printed head of the document; lists keep the printed order.

    ``outside_sop`` marks a service that runs on the steps of another document until the agency has one of its own for
    it: it is shown as "di luar SOP", and its ``number`` is empty.
    """

    number: str
    title: str
    agency: str
    unit: str
    created: str
    revised: str
    approved: str
    legal_basis: tuple[str, ...]
    qualifications: tuple[str, ...]
    related: tuple[str, ...]
    equipment: tuple[str, ...]
    warning: tuple[str, ...]
    records: tuple[str, ...]
    outside_sop: bool = False


def _no_problems(view: View, answers: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
    return {}


def _no_resources(view: View) -> Sequence[DesiredResource]:
    return ()


def _about(view: View) -> Lines:
    return parts.name_lines(view.answers)


def _no_service(view: View) -> int | None:
    return None


def _first_outcomes(answers: Mapping[str, Any]) -> Mapping[str, str]:
    return {}


def _nothing_looked_up(view: View) -> Sequence[RecordSet]:
    return ()


def configuration_lines(view: View) -> Lines:
    """What the procedure wants live, as lines: names, DNS records with their TTL, sites, databases."""
    lines = [("Nama", wish.fqdn) for wish in view.procedure.wished_names(view.answers)]
    for wanted in view.procedure.desired_resources(view):
        spec = wanted.spec
        if wanted.gone:
            lines += [("Rekaman DNS", f"{spec.identity} dihapus")]
        elif isinstance(spec, RecordSet):
            record = f"{spec.name} {spec.type} {', '.join(spec.values)}"
            lines += [("Rekaman DNS", record), ("TTL", f"{spec.ttl} detik")]
        elif isinstance(spec, Site):
            lines += [("Situs", spec.name)]
        elif isinstance(spec, Database):
            lines += [("Basis data", f"{spec.name} ({spec.engine})")]
    return lines


@dataclass(frozen=True)
class Changes:
    """Marks a procedure that changes or ends services which came by ``base``; ``kinds`` are what may be asked."""

    base: Procedure
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Procedure:
    """One version of one procedure.

    ``request_number`` is the pattern of the request's own number (tokens in ``tapak.engine.numbering``).

    What core asks a procedure about its answers are named, pure functions: ``validate`` gives problems of a submission
    by field; ``subject`` the one-line title; ``listing`` what lists of services tell; ``wished_names`` the names that
    must be free and are looked up for the reviewer; ``about`` the lines that say in letters what the request is about;
    ``configuration`` how it was set up; ``desired_resources`` what is to be live at the end, asked with the figures of
    every step too, so that it bears results that aren't there yet or refuses with a ``TapakError``; ``looked_up`` the
    record sets whose present state is read from the zone with a step's figures (the option ``facts`` asks for figures
    whatever the step's kind); ``continues`` the id of the unit's service (of ``view.services``) that the request
    changes instead of making a new one; ``expected_outcomes`` by step which outcome is expected where that isn't the
    first one that goes on, so that the expected end is right.

    ``forms`` are what is filled in, and ``effects`` what finishing a step leads to beside what its kind does, each by
    the key of a step. Both are code, taken from what is installed, and no part of the snapshot; so are ``listing``
    and ``changes``, which only a procedure has that :func:`tapak.sdk.changes.change_of` made.
    """

    key: str
    version: int
    service: str
    summary: str
    effective_from: date
    header: Header
    actors: tuple[Actor, ...]
    steps: tuple[Step, ...]
    request_number: str
    validate: Callable[[View, Mapping[str, Any]], Mapping[str, Sequence[str]]] = _no_problems
    subject: Callable[[Mapping[str, Any]], str] = parts.letter_subject
    listing: Callable[[Mapping[str, Any]], parts.Listing] = field(default=parts.listing, metadata=CODE)
    wished_names: Callable[[Mapping[str, Any]], Sequence[NameWish]] = parts.wished_names
    about: Callable[[View], Lines] = _about
    configuration: Callable[[View], Lines] = configuration_lines
    desired_resources: Callable[[View], Sequence[DesiredResource]] = _no_resources
    looked_up: Callable[[View], Sequence[RecordSet]] = _nothing_looked_up
    continues: Callable[[View], int | None] = _no_service
    expected_outcomes: Callable[[Mapping[str, Any]], Mapping[str, str]] = _first_outcomes
    forms: Mapping[str, Form] = field(default_factory=dict, metadata=CODE)
    effects: Mapping[str, Effects] = field(default_factory=dict, metadata=CODE)
    changes: Changes | None = field(default=None, metadata=CODE)

    @property
    def submission(self) -> Form:
        """The applicant's form: that of the first step."""
        return self.forms.get(self.steps[0].key, parts.PLAIN_SUBMISSION)

    def step(self, key: str) -> Step:
        """The step named ``key``.

        Raises:
            KeyError: the procedure has no such step.
        """
        for step in self.steps:
            if step.key == key:
                return step
        raise KeyError(key)

    def actor(self, key: str) -> Actor:
        """The actor named ``key``.

        Raises:
            KeyError: the procedure has no such actor.
        """
        for actor in self.actors:
            if actor.key == key:
                return actor
        raise KeyError(key)

    @property
    def code(self) -> str:
        """What must be installed for a request of this version to run: ``kota.hosting/1``."""
        return f"{self.key}/{self.version}"


def snapshot(procedure: Procedure) -> dict[str, Any]:
    """The whole declaration as JSON values; functions appear by name."""
    return _plain(procedure)  # type: ignore[no-any-return]


def from_snapshot(content: Mapping[str, Any], code: Procedure) -> Procedure:
    """The declaration that a running request keeps, with its functions taken from the installed ``code``."""
    steps = tuple(
        Step(
            **{
                **step,
                "required_inputs": tuple(RequiredInput(**item) for item in step["required_inputs"]),
                "time_standard": TimeStandard(**step["time_standard"]),
                "limit": TimeStandard(**step["limit"]) if step.get("limit") else None,
                "output": tuple(step["output"]),
                "outcomes": tuple(Outcome(**outcome) for outcome in step["outcomes"]),
                "inferred": frozenset(step["inferred"]),
            }
        )
        for step in content["steps"]
    )
    header: dict[str, Any] = {
        name: tuple(item) if isinstance(item, list) else item for name, item in content["header"].items()
    }
    return replace(
        code,
        service=content["service"],
        summary=content["summary"],
        effective_from=date.fromisoformat(content["effective_from"]),
        header=Header(**header),
        actors=tuple(Actor(**actor) for actor in content["actors"]),
        steps=steps,
        request_number=content["request_number"],
    )


def snapshot_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 of a snapshot in canonical JSON, as hexadecimal text."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value) if not item.metadata.get("code")}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (frozenset, set)):
        return sorted(_plain(item) for item in value)
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if callable(value):
        return value.__name__
    return value
