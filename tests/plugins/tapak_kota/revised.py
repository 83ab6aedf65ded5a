"""The plugin after its SOP was revised: a label step from June, a measurement from September, later a shorter one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from tapak.sdk.hookspecs import hookimpl
from tapak.sdk.procedure import Outcome, Procedure, RequiredInput, Step
from tapak_kota.placing import HEADER, PLACING
from tapak_kota.plugin import folders, registers, settings_schema, step_kinds

__all__ = ["folders", "procedures", "registers", "settings_schema", "step_kinds"]


def _onward(to: str) -> tuple[Outcome, ...]:
    return (Outcome("done", "Selesai", to=to),)


def _numbered(steps: Sequence[Step]) -> tuple[Step, ...]:
    return tuple(replace(step, number=str(number)) for number, step in enumerate(steps, 1))


FIRST = {step.key: step for step in PLACING.steps}
LABEL = replace(FIRST["install"], key="label", title="Langkah label", outcomes=_onward("close"))
MEASURE = replace(FIRST["install"], key="measure", title="Langkah ukur", outcomes=_onward("inspect"))
WITH_LABEL = {**FIRST, "install": replace(FIRST["install"], outcomes=_onward("label")), "label": LABEL}
MEASURED = (RequiredInput("Hasil ukur", "step:measure"),)
ORDER = ("submit", "inspect", "exists", "drawing", "install", "label", "close")

PLACING_2 = replace(
    PLACING,
    version=2,
    effective_from=date(2026, 6, 1),
    header=replace(HEADER, number="2/CONTOH/2026"),
    steps=_numbered([WITH_LABEL[key] for key in ORDER]),
)
PLACING_3 = replace(
    PLACING_2,
    version=3,
    effective_from=date(2026, 9, 1),
    header=replace(HEADER, number="3/CONTOH/2026"),
    steps=_numbered(
        [
            replace(FIRST["submit"], outcomes=_onward("measure")),
            MEASURE,
            *(WITH_LABEL[key] for key in ORDER[1:4]),
            replace(WITH_LABEL["install"], required_inputs=MEASURED),
            *(WITH_LABEL[key] for key in ORDER[5:]),
        ]
    ),
)
PLACING_4 = replace(
    PLACING,
    version=4,
    effective_from=date(2099, 1, 1),
    header=replace(HEADER, number="4/CONTOH/2099"),
    steps=_numbered([replace(FIRST["submit"], outcomes=_onward("install")), FIRST["install"], FIRST["close"]]),
    forms={key: form for key, form in PLACING.forms.items() if key != "drawing"},
)


@hookimpl
def procedures() -> Sequence[Procedure]:
    return (PLACING, PLACING_2, PLACING_3, PLACING_4)
