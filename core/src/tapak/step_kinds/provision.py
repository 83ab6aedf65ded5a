"""Step kind provision: what the procedure wants is brought about, and the step ends only when all of it is live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tapak.sdk.errors import MissingInput
from tapak.sdk.registers import Record
from tapak.sdk.resources import RecordSet
from tapak.sdk.step_kinds import StepKind, StepResult, StepSchema
from tapak.sdk.view import View
from tapak.step_kinds.fields import Prose
from tapak.step_kinds.registers import CONFIGURATIONS, NAMES
from tapak.step_kinds.request_view import configuration, only_outcome, reservations, wished_name
from tapak.step_kinds.wording import RESOURCE_KINDS, RESOURCE_STATES


class ProvisionInput(StepSchema):
    """What the officer notes about the work."""

    note = Prose("Catatan pengerjaan", 2000, optional=True)


class Provision(StepKind):
    """Makes the procedure's desired resources; finishing needs every one of them live."""

    name = "tapak.provision/1"
    title = "Pembuatan dan konfigurasi"
    input_schema = ProvisionInput
    provisions = True

    def shown(self, view: View) -> Sequence[tuple[str, str]]:
        return configuration(view)

    def start(self, view: View) -> StepResult:
        wanted = tuple(view.procedure.desired_resources(view))
        return StepResult(outcome="", summary="Pembuatan dimulai", resources=wanted, reservations=reservations(view))

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        _require_live(view)
        live = ", ".join(resource.identity for resource in view.resources)
        return StepResult(outcome=only_outcome(view), summary=f"Aktif: {live}", records=_records(view))


def _require_live(view: View) -> None:
    if not view.resources:
        raise MissingInput(
            "Belum ada yang dibuat. Mulai pembuatan, lalu tunggu sampai semuanya aktif.",
            log="no resources to be live",
            fields={"resources": ["Belum ada yang dibuat."]},
        )
    waiting = {
        f"{RESOURCE_KINDS.get(resource.kind, resource.kind)} {resource.identity}": [
            RESOURCE_STATES.get(resource.state, resource.state) + (f": {resource.reason}" if resource.reason else "")
        ]
        for resource in view.resources
        if resource.state != "live"
    }
    if waiting:
        told = "; ".join(f"{name} ({reasons[0]})" for name, reasons in waiting.items())
        raise MissingInput(f"Belum semuanya aktif: {told}.", log="resources not live", fields=waiting)


def _records(view: View) -> tuple[Record, ...]:
    shared = {"live_on": view.now.date().isoformat(), "agency": view.request.agency}
    hosting = {
        **shared,
        "name": wished_name(view.answers),
        "system_name": view.answers.get("system_name", ""),
        "configuration": [list(line) for line in configuration(view)],
    }
    names = [
        Record(NAMES.key, {**shared, "name": spec.name, "type": spec.type, "address": ", ".join(spec.values)})
        for spec in (wanted.spec for wanted in view.procedure.desired_resources(view))
        if isinstance(spec, RecordSet)
    ]
    return (Record(CONFIGURATIONS.key, hosting), *names)
