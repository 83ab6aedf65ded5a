"""What every procedure promises, as a base class for a plugin's tests.

A plugin subclasses :class:`ProcedureContract` and overrides the fixtures that differ::

    class TestHosting(ProcedureContract):
        @pytest.fixture
        def procedure(self):
            return HOSTING
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tapak.documents.library import CORE_LETTERS, LetterLibrary
from tapak.engine.transitions import check_procedure
from tapak.sdk import parts
from tapak.sdk.certificates import Certificate, Https
from tapak.sdk.concerned import Concerned, Held
from tapak.sdk.procedure import END, Outcome, Procedure, Step, from_snapshot, snapshot, snapshot_hash
from tapak.sdk.registers import Register
from tapak.sdk.resources import Fact, RecordSet, Site
from tapak.sdk.step_kinds import StepKind, StepResult, run_step
from tapak.step_kinds import plugin as core_plugin
from tapak.testing.view import MemoryView

CAPACITY = (
    Fact("disk_free", "Ruang disk", "120", "agent", "GB"),
    Fact("bandwidth", "Bandwidth terpakai", None, "logs", "Mbit/s", problem="Log server tidak terjangkau."),
)
BY_KIND: Mapping[str, Mapping[str, Any]] = {
    "tapak.register_letter/1": {"scan_confirmed": True},
    "tapak.review/1": parts.REVIEW_SAMPLE,
    "tapak.close/1": {"confirm": True},
}
"""What people fill in at kinds with a form of their own; a procedure's form brings its ``sample``."""


ADDED = ("title", "letterhead", "number", "date", "date_iso", "place", "signer", "register_number", "carbon_copies")
"""What core adds to every letter's context."""


def core_kinds() -> dict[str, StepKind]:
    """Core's kinds by name."""
    return {kind.name: kind for kind in core_plugin.step_kinds()}


def core_registers() -> dict[str, Register]:
    """Core's registers by key."""
    return {register.key: register for register in core_plugin.registers()}


class ProcedureContract:
    """The suite. It walks every way through the procedure in memory, with what people would fill in."""

    @pytest.fixture
    def procedure(self) -> Procedure:
        """The procedure under test."""
        raise NotImplementedError("override the fixture procedure")

    @pytest.fixture
    def kinds(self) -> Mapping[str, StepKind]:
        """The installed step kinds by name; add the plugin's own."""
        return core_kinds()

    @pytest.fixture
    def registers(self) -> Mapping[str, Register]:
        """The installed registers by key; add the plugin's own."""
        return core_registers()

    @pytest.fixture
    def settings(self) -> Mapping[str, Any]:
        """The tenant's settings: what ``schema().load({})`` gives."""
        return {}

    @pytest.fixture
    def letters(self) -> Mapping[str, Path]:
        """The folders of the plugin's letters, by prefix."""
        return {}

    @pytest.fixture
    def inputs(self) -> Mapping[str, Mapping[str, Any]]:
        """What people fill in over initial values and the form's sample, by step key or ``step:outcome``."""
        return {}

    @pytest.fixture
    def change(self) -> str:
        """What a procedure of changes is asked for: one of its kinds."""
        return "rename"

    @pytest.fixture
    def first_view(self, procedure: Procedure, settings: Mapping[str, Any], change: str) -> MemoryView:
        """A fresh request; every upload that a step requires or a form offers has been sent."""
        view = MemoryView.of(procedure, settings=settings, facts=CAPACITY, concerned=concerned(procedure, change))
        wanted = [required.by for step in procedure.steps for required in step.required_inputs]
        wanted += [f"document:{upload.kind}" for form in procedure.forms.values() for upload in form.uploads]
        for by in dict.fromkeys(wanted):
            how, _, kind = by.partition(":")
            view = view.with_document(kind) if how == "document" else view
        return view

    def test_nothing_is_left_to_mend(self, procedure: Procedure, kinds: Mapping[str, StepKind]) -> None:
        assert check_procedure(procedure, kinds) == []

    def test_the_head_of_the_document_is_complete(self, procedure: Procedure) -> None:
        head = procedure.header
        empty = {name for name, value in vars(head).items() if not value} - {"outside_sop"}
        assert empty == ({"number"} if head.outside_sop else set())

    def test_a_snapshot_brings_the_declaration_back(self, procedure: Procedure) -> None:
        content = json.loads(json.dumps(snapshot(procedure)))
        again = from_snapshot(content, procedure)
        assert again == procedure
        assert snapshot_hash(snapshot(again)) == snapshot_hash(content)

    def test_every_officer_has_a_position(self, procedure: Procedure) -> None:
        assert [actor.key for actor in procedure.actors if not actor.applicant and not actor.position] == []

    def test_inferred_requirements_are_told_on_the_step(self, procedure: Procedure) -> None:
        for step in procedure.steps:
            if any(required.inferred for required in step.required_inputs):
                assert "required_inputs" in step.inferred

    def test_requirements_can_be_checked(
        self, procedure: Procedure, kinds: Mapping[str, StepKind], first_view: MemoryView
    ) -> None:
        for step in procedure.steps:
            for required in step.required_inputs:
                assert kinds[step.kind].has(first_view.at(step.key), required, {}) in (True, False)

    def test_every_way_can_be_walked(
        self,
        procedure: Procedure,
        first_view: MemoryView,
        kinds: Mapping[str, StepKind],
        registers: Mapping[str, Register],
        letters: Mapping[str, Path],
        inputs: Mapping[str, Mapping[str, Any]],
    ) -> None:
        library = LetterLibrary(letters)
        passed = set()
        for way in ways(procedure):
            view = first_view
            for step, outcome in way:
                view = replace(view, step=step)
                filled = {**inputs.get(step.key, {}), **inputs.get(f"{step.key}:{outcome.key}", {})}
                view, result = finish(view, kinds[step.kind], outcome, filled)
                assert result.outcome == outcome.key, f"step {step.key}"
                check_result(result, step, registers, library)
                passed.add((step.key, outcome.key))
            assert view.procedure.desired_resources(view) == view.procedure.desired_resources(view)
            assert_graph(view)
            assert_secured(view)
        assert passed == {(step.key, outcome.key) for step in procedure.steps for outcome in onward(step)}


def concerned(procedure: Procedure, change: str) -> Concerned | None:
    """A service for ``procedure`` to change: a site below a name, as the procedure that it came by has its sample."""
    if procedure.changes is None:
        return None
    base = procedure.changes.base
    answers = dict(base.submission.sample)
    wish = base.wished_names(answers)[0]
    held = (
        Held("site", Site(wish.fqdn, title="Contoh", owner="Dinas Contoh")),
        Held("name", RecordSet(wish.zone, wish.fqdn, "A", ("192.0.2.20",)), ("site",)),
    )
    return Concerned(1, base.subject(answers), base.key, change, answers, held)


def onward(step: Step) -> list[Outcome]:
    """The outcomes that neither return nor refuse."""
    return [outcome for outcome in step.outcomes if not (outcome.returns or outcome.refuses)]


def ways(procedure: Procedure) -> Iterator[list[tuple[Step, Outcome]]]:
    """Ways from the first step to the end that together take every onward outcome."""
    first = procedure.steps[0]
    reached: dict[str, list[tuple[Step, Outcome]]] = {first.key: []}
    waiting = [first]
    while waiting:
        step = waiting.pop(0)
        for outcome in onward(step):
            if outcome.to != END and outcome.to not in reached:
                reached[outcome.to] = [*reached[step.key], (step, outcome)]
                waiting.append(procedure.step(outcome.to))
    passed: set[tuple[str, str]] = set()
    for step in procedure.steps:
        for outcome in onward(step):
            if (step.key, outcome.key) not in passed:
                way = [*reached[step.key], (step, outcome)]
                while way[-1][1].to != END:
                    following = procedure.step(way[-1][1].to)
                    way.append((following, onward(following)[0]))
                passed |= {(each.key, chosen.key) for each, chosen in way}
                yield way


def finish(
    view: MemoryView, kind: StepKind, outcome: Outcome, filled: Mapping[str, Any]
) -> tuple[MemoryView, StepResult]:
    """Do the step as core does: start it, load what is filled in over the initial values, check, run.

    A step that hands itself to the applicant is taken up again by them.
    """
    begun = kind.start(view)
    if begun is not None and begun.resources:
        view = view.with_live(begun.resources)
    data = _load(view, kind, outcome, filled)
    if kind.hands_over(view, data):
        assert run_step(kind, view, data).summary
        view = replace(view, asked=_stored(kind, view, data))
        data = _load(view, kind, outcome, filled)
    missing = [required.title for required in view.step.required_inputs if not kind.has(view, required, data)]
    assert missing == [], f"step {view.step.key}"
    result = run_step(kind, view, data)
    answers = view.answers if result.answers is None else json.loads(json.dumps(result.answers))
    results = {**view.results, view.step.key: _stored(kind, view, data)}
    past = {**view.past_facts, view.step.key: view.facts}
    view = replace(view, answers=answers, results=results, asked={}, past_facts=past)
    for letter in result.letters:
        view = view.with_document(letter.kind)
    return view, result


def _load(view: MemoryView, kind: StepKind, outcome: Outcome, filled: Mapping[str, Any]) -> Any:
    form = kind.form(view)
    known = form.schema_for(view).fields
    chosen = {"outcome": outcome.key} if "outcome" in known else {}
    unknown = {fact.key: "12" for fact in view.facts if fact.value is None}
    figures = {"manual_facts": unknown} if "manual_facts" in known else {}
    own = {name: value for name, value in filled.items() if name in known}
    sample = {name: value for name, value in form.sample.items() if name in known}
    initial = {name: value for name, value in kind.initial(view).items() if name in known}
    given = {**initial, **BY_KIND.get(kind.name, {}), **sample, **figures, **chosen, **own}
    return kind.schema(view).load(given)


def _stored(kind: StepKind, view: MemoryView, data: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(kind.schema(view).dump(data)))


def check_result(
    result: StepResult, step: Step, registers: Mapping[str, Register], library: LetterLibrary = CORE_LETTERS
) -> None:
    """What core relies on in a result: rows that fit their registers, letters that can be written, a timeline line."""
    assert result.summary
    for record in result.records:
        assert registers[record.register].schema().validate(json.loads(json.dumps(record.data))) == {}
    for letter in result.letters:
        assert json.loads(json.dumps(letter.context)) == letter.context, f"step {step.key}: {letter.template}"
        added = {name: value for name, value in library.letter(letter.template).sample.items() if name in ADDED}
        assert library.html(letter.template, {**added, **letter.context})
        assert not letter.register or letter.register in registers


def assert_graph(view: MemoryView) -> None:
    """Keys and identities are each used once, and every ``needs`` names a resource that stands before it."""
    wanted = view.procedure.desired_resources(view)
    known: set[str] = set()
    for item in wanted:
        assert item.key not in known
        assert known.issuperset(item.needs)
        known.add(item.key)
    assert len({(item.spec.kind, item.spec.identity) for item in wanted}) == len(wanted)


def assert_secured(view: MemoryView) -> None:
    """Every site that a procedure of its own makes answers HTTPS where the agency's settings say so."""
    if view.procedure.changes is not None:
        return
    at = replace(view, settings={**view.settings, "https": "redirect"})
    assert_graph(at)
    made = {each.key: each for each in at.procedure.desired_resources(at)}
    for each in made.values():
        if isinstance(each.spec, Site):
            assert each.spec.https == Https(redirect=True)
            assert any(made[key].spec == Certificate(each.spec.name) for key in each.needs)
