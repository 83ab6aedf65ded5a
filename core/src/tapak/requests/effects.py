"""Writing what a step leads to: register rows, letters, reservations and resources, in the step's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import insert

from tapak.documents import service as documents
from tapak.inventory import service as inventory
from tapak.inventory.models import Service
from tapak.provisioning import service as provisioning
from tapak.requests import concerning, continuing
from tapak.requests.desk import Desk
from tapak.requests.models import RegisterRow
from tapak.requests.sealing import append
from tapak.requests.view import TaskView
from tapak.sdk.errors import Invalid
from tapak.sdk.registers import Record, Register
from tapak.sdk.resources import DesiredResource, Release
from tapak.sdk.step_kinds import Letter, StepResult
from tapak.tenants.numbers import take_number


def write(view: TaskView, result: StepResult, acting_as: str) -> None:
    """Write everything of ``result`` but the transition itself; ``acting_as`` is what the person signs as."""
    numbers = dict(view.known.numbers)
    for row in result.records:
        numbers[row.register] = _register(view, row)
    for letter in result.letters:
        _letter(view, letter, numbers, acting_as)
    if result.reservations:
        inventory.reserve(view.desk.session, _service(view), result.reservations)
    if result.resources:
        service = _service(view)
        _check_archives(view, result.resources)
        if view.row.concerns_id is not None:
            concerning.begin(view.desk, view.row, service)
        provisioning.declare(view.desk.session, service.id, result.resources, plugins=view.desk.registry)
        _keep_declared(view, service)


def _keep_declared(view: TaskView, service: Service) -> None:
    """What a service that was there before is to be now: what differs from it later was changed by others."""
    request, declared = view.row, provisioning.wanted(view.desk.session, service.id)
    if request.stood is not None:
        request.stood = {**request.stood, "declared": declared}
    elif request.before is not None:
        request.before = {**request.before, "declared": declared}


def _check_archives(view: TaskView, resources: Sequence[DesiredResource]) -> None:
    """Nothing is ever put online but what came with the request itself, or was put online for its service before.

    Raises:
        Invalid: a release's archive is none of these.
    """
    known = {paper.sha256 for paper in view.documents}
    if view.row.works_on is not None:
        before = provisioning.declared(view.desk.session, view.row.works_on)
        known |= {each.spec.sha256 for each in before if isinstance(each.spec, Release)}
    for each in resources:
        if isinstance(each.spec, Release) and not each.gone and each.spec.sha256 not in known:
            raise Invalid(
                f"Arsip aplikasi untuk {each.spec.site} tidak ada pada permohonan ini. Minta unit mengirimnya lagi.",
                log=f"release {each.spec.sha256} is no paper of request {view.row.id}",
            )


def add_row(desk: Desk, register: Register, data: Mapping[str, Any], **origin: Any) -> str:
    """Write a row with its number, which is given; ``origin`` are the columns that say where it comes from.

    Raises:
        ValidationError: ``data`` doesn't fit the register.
    """
    schema = register.schema()
    content: dict[str, Any] = schema.dump(schema.load(dict(data)))
    taken = number(desk, register.number_series, "{seq}") if register.number_series else ""
    words = " ".join([taken, *(str(content.get(name, "")) for name in register.search)]).lower()
    row = {"register": register.key, "number": taken, "content": content, "words": words, **origin}
    desk.session.execute(insert(RegisterRow).values(**row))
    return taken


def number(desk: Desk, series: str, pattern: str, values: dict[str, str] | None = None) -> str:
    """The next number of ``series`` in the tenant's pattern; ``pattern`` is what an unconfigured tenant uses."""
    pattern = desk.tenant.settings.get("numbers", {}).get(series, pattern)
    known = {**desk.tenant.settings.get("number_values", {}), **(values or {})}
    return take_number(desk.session, desk.tenant, series, desk.today, pattern, known)[1]


def _service(view: TaskView) -> Service:
    session, request = view.desk.session, view.row
    if request.concerns_id is None:
        continuing.follow(view.desk, request, view.procedure.continues(view))
    if request.works_on is not None:
        return session.get_one(Service, (view.desk.tenant.id, request.works_on))
    service = Service(
        title=request.subject,
        procedure=view.procedure.key,
        agency_id=request.agency_id,
        request_id=request.id,
        state="reserved",
    )
    session.add(service)
    session.flush()
    request.service_id = service.id
    return service


def _register(view: TaskView, row: Record) -> str:
    register = view.desk.registry.registers[row.register]
    if register.sealed:
        schema = register.schema()
        return append(view, register, schema.dump(schema.load(dict(row.data))))
    return add_row(view.desk, register, row.data, request_id=view.row.id, task_id=view.task.id)


def _letter(view: TaskView, letter: Letter, numbers: Mapping[str, str], acting_as: str) -> None:
    desk = view.desk
    if letter.register:
        context = {**letter.context, "register_number": numbers.get(letter.register, "")}
        letter = replace(letter, context=context)
    documents.make_letter(
        desk.session,
        desk.tenant,
        request_id=view.row.id,
        task_id=view.task.id,
        account_id=desk.somebody.account_id,
        letter=letter,
        number=number(desk, letter.series, "{seq:03}/{year}") if letter.series else "",
        signer=_signer(view, acting_as),
        revision=view.task.revision,
        reader_position=view.position_of(letter.to) if letter.to else "",
        on=desk.today,
    )


def _signer(view: TaskView, acting_as: str) -> documents.Signer:
    person = view.desk.somebody
    held = next((each for each in person.positions if each.label == acting_as), None)
    if held is None:
        return documents.Signer(title=acting_as, name=person.name, nip=person.nip)
    return documents.Signer(title=held.title, name=person.name, nip=person.nip, kind=held.kind)
