"""What every procedure promises, as a base class for a plugin's tests.

A plugin subclasses :class:`ProcedureContract` and overrides the fixtures that differ::

    class TestHosting(ProcedureContract):
        @pytest.fixture
        def procedure(self):
            return HOSTING
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tapak.engine.transitions import check_procedure, main_path
from tapak.sdk.procedure import Procedure, Step, from_snapshot, snapshot, snapshot_hash
from tapak.sdk.registers import Register
from tapak.sdk.resources import Fact
from tapak.sdk.step_kinds import StepKind, StepResult
from tapak.step_kinds import plugin as core_plugin
from tapak.testing.view import MemoryView

CAPACITY = (
    Fact("disk_free", "Ruang disk", "120", "agent", "GB"),
    Fact("bandwidth", "Bandwidth terpakai", None, "logs", "Mbit/s", problem="Log server tidak terjangkau."),
)
SUBMISSION = {
    "letter_number": "400/12/CONTOH/2026",
    "letter_date": "2026-11-19",
    "letter_subject": "Permohonan hosting",
    "system_name": "Antrean Daring",
    "description": "Nomor antrean bagi warga",
    "kind": "public_service",
    "name_label": "antrean",
    "name_zone": "example.test",
    "address_kind": "shared",
    "responsible_officer_name": "Pejabat Contoh",
    "responsible_officer_nip": "",
    "responsible_officer_position": "Sekretaris Dinas",
    "contact_name": "Narahubung Contoh",
    "contact_phone": "0812 3456 7890",
    "contact_email": "narahubung@example.test",
    "statement": True,
}
BY_KIND: Mapping[str, Mapping[str, Any]] = {
    "tapak.submit/1": SUBMISSION,
    "tapak.register_letter/1": {"scan_confirmed": True},
    "tapak.review/1": {
        "server_ok": True,
        "bandwidth_ok": True,
        "name_ok": True,
        "findings": "Kapasitas tersedia.",
        "recommendation": "approve",
        "manual_facts": {"bandwidth": "12"},
    },
    "tapak.hand_over/1": {"manual_facts": {"bandwidth": "12"}},
    "tapak.close/1": {"confirm": True},
}


class ProcedureContract:
    """The suite. It walks the procedure's main path in memory with what people would fill in."""

    @pytest.fixture
    def procedure(self) -> Procedure:
        """The procedure under test."""
        raise NotImplementedError("override the fixture procedure")

    @pytest.fixture
    def kinds(self) -> Mapping[str, StepKind]:
        """The installed step kinds by name; add the plugin's own."""
        return {kind.name: kind for kind in core_plugin.step_kinds()}

    @pytest.fixture
    def registers(self) -> Mapping[str, Register]:
        """The installed registers by key; add the plugin's own."""
        return {register.key: register for register in core_plugin.registers()}

    @pytest.fixture
    def settings(self) -> Mapping[str, Any]:
        """The tenant's settings: what ``schema().load({})`` gives."""
        return {}

    @pytest.fixture
    def inputs(self, procedure: Procedure) -> Mapping[str, Mapping[str, Any]]:
        """What people fill in over the form's initial values, by step key."""
        return {step.key: BY_KIND.get(step.kind, {}) for step in procedure.steps}

    @pytest.fixture
    def first_view(self, procedure: Procedure, settings: Mapping[str, Any]) -> MemoryView:
        """A fresh request; every upload that a step requires has been sent."""
        view = MemoryView.of(procedure, settings=settings, facts=CAPACITY)
        wanted = [required.by for step in procedure.steps for required in step.required_inputs]
        for by in dict.fromkeys(wanted):
            how, _, kind = by.partition(":")
            view = view.with_document(kind) if how == "document" else view
        return view

    def test_nothing_is_left_to_mend(self, procedure: Procedure, kinds: Mapping[str, StepKind]) -> None:
        assert check_procedure(procedure, kinds) == []

    def test_the_head_of_the_document_is_complete(self, procedure: Procedure) -> None:
        empty = [name for name, value in vars(procedure.header).items() if not value]
        assert empty == []

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

    def test_the_main_path_can_be_walked(
        self,
        first_view: MemoryView,
        kinds: Mapping[str, StepKind],
        registers: Mapping[str, Register],
        inputs: Mapping[str, Mapping[str, Any]],
    ) -> None:
        view = first_view
        for step in (first_view.step, *main_path(first_view.procedure, first_view.step.key)):
            view = replace(view, step=step)
            view, result = finish(view, kinds[step.kind], inputs[step.key])
            outcome = step.outcome(result.outcome)
            assert not outcome.returns
            assert not outcome.refuses
            check_result(result, step, registers)
        assert view.procedure.desired_resources(view) == view.procedure.desired_resources(view)
        assert_graph(view)


def finish(view: MemoryView, kind: StepKind, filled: Mapping[str, Any]) -> tuple[MemoryView, StepResult]:
    """Do the step as core does: start it, load what was ``filled`` in over the initial values, check, run."""
    begun = kind.start(view)
    if begun is not None and begun.resources:
        view = view.with_live(begun.resources)
    data = kind.schema(view).load({**kind.initial(view), **filled})
    missing = [required.title for required in view.step.required_inputs if not kind.has(view, required, data)]
    assert missing == []
    result = kind.run(view, data)
    stored = json.loads(json.dumps(kind.input_schema().dump(data)))
    answers = view.answers if result.answers is None else json.loads(json.dumps(result.answers))
    results = {**view.results, view.step.key: stored}
    view = replace(view, answers=answers, results=results)
    for letter in result.letters:
        view = view.with_document(letter.kind)
    return view, result


def check_result(result: StepResult, step: Step, registers: Mapping[str, Register]) -> None:
    """What core relies on in a result: rows that fit their registers, contexts of plain values, a timeline line."""
    assert result.summary
    for record in result.records:
        assert registers[record.register].schema().validate(json.loads(json.dumps(record.data))) == {}
    for letter in result.letters:
        assert json.loads(json.dumps(letter.context)) == letter.context, f"step {step.key}: {letter.template}"
        assert letter.template.count("/") == 1
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
