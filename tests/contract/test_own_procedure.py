"""A procedure with a form, a kind, a letter, a register and branches of its own holds the contract of procedures."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from marshmallow import ValidationError
from tapak_kota import plugin as kota
from tapak_kota.forms import INSTALLATION, ONE_SERVER, SUBMISSION
from tapak_kota.kinds import Inspection
from tapak_kota.placing import PLACED, PLACING
from tapak_kota.plugin import HERE

from tapak.engine.transitions import check_procedure
from tapak.plugins import PluginProblem, build
from tapak.sdk.forms import Form, StepSchema
from tapak.sdk.hookspecs import hookimpl
from tapak.sdk.procedure import Outcome, Procedure, snapshot
from tapak.sdk.registers import Register
from tapak.sdk.step_kinds import StepKind
from tapak.testing.procedure_contract import ProcedureContract, core_kinds, core_registers
from tapak.testing.view import MemoryView


class TestPlacing(ProcedureContract):
    @pytest.fixture
    def procedure(self) -> Procedure:
        return PLACING

    @pytest.fixture
    def kinds(self) -> Mapping[str, StepKind]:
        return {**core_kinds(), Inspection.name: Inspection()}

    @pytest.fixture
    def registers(self) -> Mapping[str, Register]:
        return {**core_registers(), PLACED.key: PLACED}

    @pytest.fixture
    def letters(self) -> Mapping[str, Path]:
        return {"kota": HERE / "letters"}

    @pytest.fixture
    def inputs(self) -> Mapping[str, Mapping[str, Any]]:
        return {"inspect": {"seen": True}}


def problems(**changes: Any) -> str:
    kinds = {**core_kinds(), Inspection.name: Inspection()}
    return "\n".join(check_procedure(replace(PLACING, **changes), kinds))


def with_step(key: str, **changes: Any) -> tuple[Any, ...]:
    return tuple(replace(step, **changes) if step.key == key else step for step in PLACING.steps)


def test_forms_are_code_and_no_part_of_the_snapshot() -> None:
    assert {"forms", "effects"}.isdisjoint(snapshot(PLACING))


def test_a_form_must_hold_what_its_kind_asks() -> None:
    assert "put together from LetterPart" in problems(forms={**PLACING.forms, "submit": Form(StepSchema)})


def test_a_kind_with_a_form_of_its_own_takes_none() -> None:
    own = with_step("install", kind="tapak.register_letter/1")
    assert "takes none" in problems(steps=own, forms={**PLACING.forms, "install": Form(StepSchema)})


def test_every_field_of_a_form_with_pages_stands_on_one() -> None:
    lost = replace(SUBMISSION, pages=SUBMISSION.pages[:1])
    assert "stand on no page: contact_email" in problems(forms={**PLACING.forms, "submit": lost})


def test_a_form_for_no_step_is_told() -> None:
    assert "elsewhere, which is no step" in problems(forms={**PLACING.forms, "elsewhere": INSTALLATION})


def test_a_branch_neither_returns_nor_stands_alone() -> None:
    back = (Outcome("present", "Ada", to="install"), Outcome("return", "Tidak", to="submit", returns=True))
    assert "neither returns nor refuses" in problems(steps=with_step("exists", outcomes=back))
    assert "several outcomes" in problems(steps=with_step("exists", outcomes=back[:1]))


@pytest.mark.parametrize(
    ("servers", "told"),
    [
        ([], "Isi 1 sampai 5 baris."),
        ([ONE_SERVER] * 6, "Isi 1 sampai 5 baris."),
        ([{**ONE_SERVER, "model": ""}], "Baris 1, Merek dan tipe: Wajib diisi."),
        ([ONE_SERVER, {**ONE_SERVER, "power": "three"}], "Baris 2, Daya: Pilih salah satu dari daftar."),
        ([{**ONE_SERVER, "stray": 1}], "Baris 1, stray: Isian ini tidak dikenal."),
        ("rak", "Isi dengan baris-baris."),
        ([7], "Baris 1: Bentuk isian tidak sah."),
    ],
)
def test_what_is_wrong_in_a_table_is_told_by_row_and_column(servers: Any, told: str) -> None:
    view = MemoryView.of(PLACING)
    with pytest.raises(ValidationError) as refused:
        core_kinds()["tapak.submit/1"].schema(view).load({**SUBMISSION.sample, "servers": servers})
    assert refused.value.messages == {"servers": [told]}


@pytest.mark.parametrize("given", ["", None, "2026-12-01", "1/12/2026 09:30", 20261201, "1999-12-01T09:30"])
def test_an_appointment_is_a_day_with_its_time(given: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        INSTALLATION.schema().load({"appointment": given, "rack": "A"})
    assert set(refused.value.messages) == {"appointment"}


def test_a_register_s_writers_are_actors_of_procedures() -> None:
    stray = replace(PLACED, key="kota.stray", writers=("kota.placing:nobody",))
    with pytest.raises(PluginProblem, match=r"its writer kota\.placing:nobody is no procedure's actor"):
        build([kota, _Registers((stray,))], installed=True)


class _Registers:
    """A plugin of nothing but registers."""

    def __init__(self, given: tuple[Register, ...]) -> None:
        self.given = given

    @hookimpl
    def registers(self) -> tuple[Register, ...]:
        return self.given
