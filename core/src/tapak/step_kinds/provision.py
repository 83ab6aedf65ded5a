"""Step kind provision: what the procedure wants is brought about, and the step ends only when all of it is live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tapak.sdk.changes import compared
from tapak.sdk.concerned import CHANGE_KINDS, Concerned
from tapak.sdk.errors import MissingInput
from tapak.sdk.parts import NotePart
from tapak.sdk.registers import Record
from tapak.sdk.request_view import only_outcome, reservations, undeclared
from tapak.sdk.resources import RecordSet
from tapak.sdk.step_kinds import StepKind, StepResult
from tapak.sdk.view import View
from tapak.sdk.wording import CLOSED, RESOURCE_STATES, resource_words, state_words
from tapak.step_kinds.registers import CHANGES, NAMES


class Provision(StepKind):
    """Makes the procedure's desired resources; finishing needs every one of them live."""

    name = "tapak.provision/1"
    title = ""
    input_schema = NotePart
    takes = NotePart
    provisions = True

    def shown(self, view: View) -> Sequence[tuple[str, str]]:
        return [*view.procedure.configuration(view), *super().shown(view)]

    def start(self, view: View) -> StepResult:
        wanted = tuple(view.procedure.desired_resources(view))
        return StepResult(
            outcome="",
            summary="Perubahan dimulai" if view.concerned else "Pembuatan dimulai",
            resources=wanted,
            reservations=reservations(view),
        )

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        _require_live(view)
        _require_declared(view)
        told = {
            "Aktif": _standing(view, "live"),
            "Ditutup (410)": _standing(view, CLOSED),
            "Dihapus": _standing(view, "gone"),
        }
        summary = "; ".join(f"{state}: {words}" for state, words in told.items() if words)
        return StepResult(outcome=only_outcome(view), summary=summary, records=_records(view))


def _standing(view: View, state: str) -> str:
    words = RESOURCE_STATES.get(state, state)
    found = (each for each in view.resources if state_words(each.state, each.spec) == words)
    return resource_words((each.kind, each.identity) for each in found)


def _require_live(view: View) -> None:
    if not view.resources:
        raise MissingInput(
            "Belum ada yang dibuat. Mulai pembuatan, lalu tunggu sampai semuanya aktif.",
            log="no resources to be live",
            fields={"resources": ["Belum ada yang dibuat."]},
        )
    waiting = {
        resource_words([(resource.kind, resource.identity)]): [
            RESOURCE_STATES.get(resource.state, resource.state) + (f": {resource.reason}" if resource.reason else "")
        ]
        for resource in view.resources
        if not resource.done
    }
    if waiting:
        told = "; ".join(f"{name} ({reasons[0]})" for name, reasons in waiting.items())
        raise MissingInput(f"Belum semuanya aktif: {told}.", log="resources not live", fields=waiting)


def _require_declared(view: View) -> None:
    """What is told of the step is what stands at the servers, also where a file came after the beginning."""
    if changed := undeclared(view):
        words = resource_words((each.kind, each.identity) for each in changed)
        told = (
            f"Yang akan dipasang berubah setelah pembuatan dimulai: {words}. Pilih “Coba lagi sekarang” "
            "agar yang terbaru dipasang, lalu selesaikan langkah ini."
        )
        raise MissingInput(told, log="resources not as declared", fields={"resources": [told]})


def _records(view: View) -> tuple[Record, ...]:
    """The names that are new, and the change that was made of a service that existed."""
    shared = {"live_on": view.now.date().isoformat(), "agency": view.request.agency}
    going_on = view.procedure.continues(view)
    services = view.services if going_on is not None else ()
    before = {each.spec for service in services if service.id == going_on for each in service.resources}
    before |= {held.spec for held in view.concerned.resources} if view.concerned else set()
    names = tuple(
        Record(NAMES.key, {**shared, "name": spec.name, "type": spec.type, "address": ", ".join(spec.values)})
        for spec in (wanted.spec for wanted in view.procedure.desired_resources(view) if not wanted.gone)
        if isinstance(spec, RecordSet) and spec not in before
    )
    return (*names, _change(view, view.concerned)) if view.concerned else names


def _change(view: View, concerned: Concerned) -> Record:
    told = "\n".join(f"{each.label}: {each.before or '-'} → {each.after or '-'}" for each in compared(view))
    row = {
        "changed_on": view.now.date().isoformat(),
        "service": concerned.title,
        "change": CHANGE_KINDS[concerned.change],
        "difference": told[:4000],
        "agency": view.request.agency,
    }
    return Record(CHANGES.key, row)
