"""A procedure's section: each step's limits beside the SOP's own standard, additions, corrections, and who acts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import ValidationError, validate, validates_schema

from tapak.requests.desk import Desk
from tapak.sdk.adapting import CELLS, STEPS, UNITS, standard_of
from tapak.sdk.fields import Choice, Choices, Count, Line
from tapak.sdk.procedure import Procedure, Step
from tapak.sdk.settings import SettingsSchema, texts
from tapak.settings.own import put_names
from tapak.settings.sections import Content, Group, Section

ACTOR = "actor:"
ACTORS = "actors"
WHO = "who"
ACTING = "Pelaksana dan jabatannya"
LIMIT = "Batas waktu instansi"
ITS_UNIT = "Satuannya"
BEGUN = "Mulai dikerjakan dalam (menit kerja)"
LATE = "Bila terlambat diteruskan kepada"
SUPERIOR = "Kosong: atasannya."
ADDED = "Kelengkapan tambahan (di luar SOP)"
READ = "Sudah dicocokkan dengan naskah SOP dan benar"
REAL_TIME = "Waktu menurut naskah"
REAL_ACTOR = "Pelaksana menurut naskah"
REAL_OUTPUT = "Output menurut naskah"
REAL_INPUTS = "Kelengkapan menurut naskah"
WORDS = (ACTING, LIMIT, ITS_UNIT, BEGUN, LATE, SUPERIOR, ADDED, READ, REAL_TIME, REAL_ACTOR, REAL_OUTPUT, REAL_INPUTS)
"""What the form says of a step, whichever it is."""
CELL_WORDS: Mapping[str, str] = {
    "actor": "Pelaksana",
    "required_inputs": "Kelengkapan",
    "time_standard": "Waktu",
    "output": "Output",
    "outcomes": "Keterangan",
}
"""What the cells of the paper's table are called."""


class _Steps(SettingsSchema):
    """The base of a procedure's schema."""

    @validates_schema
    def _standards_are_read(self, data: Mapping[str, Any], **_: Any) -> None:
        told = {name: value for name, value in data.items() if name.endswith(":standard") and value}
        wrong = [name for name, value in told.items() if not standard_of(value)]
        if wrong:
            raise ValidationError({name: ["Tulis seperti 30 menit, 2 jam atau 1 hari."] for name in wrong})


def step_section(desk: Desk, procedure: Procedure) -> Section:
    """The section of ``procedure``."""
    positions = {key: seat.title for key, seat in desk.seats.items()}
    made: dict[str, Any] = {}
    for actor in procedure.actors:
        if not actor.applicant:
            made[ACTOR + actor.key] = _chosen(actor.title, positions, actor.position, WHO)
    groups = [Group(WHO, ACTING)]
    for step in procedure.steps:
        made.update(_fields(desk, procedure, step, positions))
        unclear = tuple(CELL_WORDS[cell] for cell in CELL_WORDS if cell in step.inferred)
        groups.append(Group(step.key, f"{step.number}. {step.title}", step.time_standard.printed, unclear))
    schema: Any = _Steps.from_dict(made, name="Steps")
    read, put = _kept(procedure.key)
    return Section(
        f"procedure.{procedure.key}",
        procedure.service,
        procedure.header.number or procedure.header.title,
        schema,
        read,
        put,
        procedures=frozenset({procedure.key}),
        groups=groups,
        steps=True,
        at_once=frozenset(name for name in made if name.startswith(ACTOR)),
    )


def _fields(desk: Desk, procedure: Procedure, step: Step, positions: Mapping[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "amount": _count(LIMIT, 10_000, step.key),
        "unit": _chosen(ITS_UNIT, UNITS, step.time_standard.unit, step.key),
    }
    if not procedure.actor(step.actor).applicant:
        made["waiting"] = _count(BEGUN, 100_000, step.key)
        made["escalate_to"] = _chosen(LATE, positions, "", step.key, SUPERIOR)
    asked = step == procedure.steps[0] or not procedure.actor(step.actor).applicant
    if asked and desk.registry.step_kinds[step.kind].takes_additions:
        made["added"] = _on(step.key, texts(ADDED, (), 150))
    made.update(_corrections(procedure, step))
    return {f"{step.key}:{what}": each for what, each in made.items()}


def _corrections(procedure: Procedure, step: Step) -> Iterator[tuple[str, Any]]:
    """Fields for the cells that the scan left unreadable."""
    if not step.inferred:
        return
    words = {cell: word for cell, word in CELL_WORDS.items() if cell in step.inferred}
    read: Any = Choices(READ, optional=True, page=step.key)
    read.validators = [validate.ContainsOnly(list(words), list(words.values()), error="Pilih dari daftar.")]
    yield "read", read
    if "time_standard" in step.inferred:
        yield CELLS["time_standard"], Line(REAL_TIME, 40, optional=True, page=step.key)
    if "actor" in step.inferred:
        side = procedure.actor(step.actor).applicant
        same = [each for each in procedure.actors if each.applicant == side and each.key != step.actor]
        others = {each.key: each.title for each in same}
        if others:
            yield CELLS["actor"], _chosen(REAL_ACTOR, others, "", step.key)
    if "output" in step.inferred:
        yield CELLS["output"], _lines(REAL_OUTPUT, step.key, 10)
    if "required_inputs" in step.inferred and step.required_inputs:
        yield CELLS["required_inputs"], _lines(REAL_INPUTS, step.key, len(step.required_inputs))


def _count(label: str, most: int, page: str) -> Any:
    return _on(page, Count(label, 1, most))


def _on(page: str, made: Any) -> Any:
    made.metadata = {**made.metadata, "page": page}
    return made


def _chosen(label: str, choices: Mapping[str, str], default: str, page: str, help: str = "") -> Any:
    made: Any = Choice(label, choices, optional=True, page=page, help=help)
    made.load_default = default
    return made


def _lines(label: str, page: str, most: int) -> Any:
    made = _on(page, texts(label, (), 300))
    made.validators = [validate.Length(max=most, error=f"Paling banyak {most} baris.")]
    return made


def _kept(procedure: str) -> tuple[Any, Any]:
    def read(settings: Content) -> dict[str, Any]:
        actors = settings.get(ACTORS, {}).get(procedure, {})
        own = {ACTOR + key: position for key, position in actors.items()}
        return {**own, **settings.get(STEPS, {}).get(procedure, {})}

    def put(settings: Content, values: Content) -> dict[str, Any]:
        actors = {name.removeprefix(ACTOR): each for name, each in values.items() if name.startswith(ACTOR)}
        steps = {name: each for name, each in values.items() if not name.startswith(ACTOR)}
        changed = {}
        for name, own in ((ACTORS, actors), (STEPS, steps)):
            whole = {**settings.get(name, {}), procedure: own}
            changed[name] = {key: each for key, each in whole.items() if each}
        return put_names(settings, changed)

    return read, put
