"""Planning maintenance, and writing it into its register when it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError
from sqlalchemy import select

from tapak.accounts.policy import may, require
from tapak.audit.service import record
from tapak.inventory.models import Service
from tapak.maintenance.concerned import RUNS, concerned, write_down
from tapak.maintenance.inputs import CancelInput, DoneInput, PlanInput
from tapak.maintenance.models import MaintainedService, Maintenance
from tapak.provisioning.models import Connection
from tapak.requests import registers
from tapak.requests.desk import Desk
from tapak.requests.effects import add_row
from tapak.sdk.errors import Conflict, Invalid, NotFound, flat_messages
from tapak.sdk.fields import offer
from tapak.sdk.registers import Register
from tapak.tenants.models import Agency

PAGE = 50
NOBODY_ASKED = "Perencanaan ini tidak ditemukan."


def books(desk: Desk) -> Mapping[str, Register]:
    """The registers of maintenance: those of the agency's procedures, or core's where they bring none."""
    return registers.of_maintenance(registers.of_tenant(desk))


def plannable(desk: Desk) -> Mapping[str, Register]:
    """Those of them that the person may plan for."""
    return {
        key: book
        for key, book in books(desk).items()
        if may(desk.person, "maintenance.plan", registers.subject(desk, book))
    }


def plan_schema(desk: Desk) -> Schema:
    """What is filled in to plan, with the registers, servers and services of the agency.

    Raises:
        Forbidden: the person may plan nothing.
    """
    offered = plannable(desk)
    if not offered:
        _require(desk, next(iter(books(desk).values())))
    schema = PlanInput()
    offer(schema, "register", {key: book.title for key, book in offered.items()})
    connections = desk.session.execute(select(Connection.key, Connection.title).order_by(Connection.title))
    offer(schema, "connections", {row.key: row.title for row in connections})
    offer(schema, "services", {str(row.id): f"{row.agency}: {row.title}" for row in offered_services(desk)})
    return schema


def plan(desk: Desk, given: Mapping[str, Any]) -> Maintenance:
    """Plan maintenance: from now on the owners see it.

    Raises:
        Forbidden: the person may not.
        Invalid: ``fields`` says what is wrong.
    """
    data = _loaded(plan_schema(desk), given)
    starts, ends = _instant(desk, data["starts"]), _instant(desk, data["ends"])
    if ends <= desk.now:
        told = "Waktu ini sudah lewat. Catat yang sudah dikerjakan langsung di registernya."
        raise Invalid(told, log="maintenance in the past", fields={"ends": [told]})
    named = {name: data[name] for name in ("register", "kind", "work", "place", "effect", "everything", "connections")}
    made = Maintenance(
        **named,
        starts_at=starts,
        ends_at=ends,
        account_id=desk.somebody.account_id,
        planned_by=_author(desk, books(desk)[data["register"]]),
    )
    desk.session.add(made)
    desk.session.flush()
    ids = [int(value) for value in data["services"]]
    desk.session.add_all(MaintainedService(maintenance_id=made.id, service_id=value) for value in ids)
    desk.session.flush()
    _tell(desk, made, "maintenance.planned", f"Pemeliharaan direncanakan: {made.place}", books(desk)[made.register])
    return made


def finish(desk: Desk, maintenance_id: int, given: Mapping[str, Any]) -> Maintenance:
    """Tell how it went: it is written into its register.

    Raises:
        NotFound, Forbidden: as for :func:`find` and planning.
        Conflict: it is over already, or its register is used no more.
        Invalid: ``fields`` says what is wrong.
    """
    made = _locked(desk, maintenance_id)
    book = books(desk).get(made.register)
    if book is None:
        told = "Register pemeliharaan ini tidak dipakai lagi. Batalkan, lalu catat langsung di register yang dipakai."
        raise Conflict(told, log=f"no register {made.register}")
    _require_open(desk, made, book)
    data = _loaded(DoneInput(), given)
    if _instant(desk, data["until"]) > desk.now:
        told = "Waktu ini belum tiba."
        raise Invalid(told, log="maintenance ends in the future", fields={"until": [told]})
    times = {name: data[name].strftime("%Y-%m-%dT%H:%M") for name in ("done_at", "until")}
    row = {**times, "kind": made.kind, "place": made.place, "work": made.work, "result": data["result"]}
    author = _author(desk, book)
    made.number = add_row(desk, book, {**row, "affected": _affected(desk, made)}, author=author)
    _close(desk, made, "done", data["result"], author)
    _tell(desk, made, "maintenance.done", f"Pemeliharaan selesai: {made.place}", book)
    return made


def cancel(desk: Desk, maintenance_id: int, given: Mapping[str, Any]) -> Maintenance:
    """It comes to nothing, and the owners are told.

    Where its register is used no more, whoever plans for another one may cancel it.

    Raises:
        NotFound, Forbidden, Conflict, Invalid: as for :func:`finish`.
    """
    made = _locked(desk, maintenance_id)
    book = _keepers(desk, made)
    _require_open(desk, made, book)
    _close(desk, made, "cancelled", _loaded(CancelInput(), given)["reason"], _author(desk, book))
    _tell(desk, made, "maintenance.cancelled", f"Pemeliharaan dibatalkan: {made.place}", book)
    return made


def find(desk: Desk, maintenance_id: int) -> Maintenance:
    """A maintenance that the person may see: staff each, a unit those that concern it.

    Raises:
        NotFound: there is none.
    """
    found = desk.session.get(Maintenance, (desk.tenant.id, maintenance_id))
    if found is None or not (may(desk.person, "maintenance.read") or affects(desk, found, desk.somebody.agency_id)):
        raise NotFound(NOBODY_ASKED, log=f"maintenance {maintenance_id} not found")
    return found


def affects(desk: Desk, maintenance: Maintenance, agency_id: int | None) -> bool:
    """Whether it concerns a service of the unit."""
    return (
        agency_id is not None and desk.session.execute(concerned(maintenance, agency_id).limit(1)).first() is not None
    )


def listed(desk: Desk, *, before: int | None = None, limit: int = PAGE) -> Sequence[Maintenance]:
    """All maintenance, newest first.

    Raises:
        Forbidden: the person isn't staff.
    """
    require(desk.somebody, "maintenance.read")
    query = select(Maintenance).order_by(Maintenance.id.desc()).limit(limit)
    return desk.session.scalars(query if before is None else query.where(Maintenance.id < before)).all()


def may_finish(desk: Desk, maintenance: Maintenance) -> bool:
    """Whether the person may tell how it went."""
    return maintenance.state == "planned" and maintenance.register in plannable(desk)


def may_cancel(desk: Desk, maintenance: Maintenance) -> bool:
    """Whether the person may cancel it."""
    return maintenance.state == "planned" and _keepers(desk, maintenance).key in plannable(desk)


def _locked(desk: Desk, maintenance_id: int) -> Maintenance:
    find(desk, maintenance_id)
    query = select(Maintenance).where(Maintenance.id == maintenance_id).with_for_update()
    return desk.session.scalars(query.execution_options(populate_existing=True)).one()


def _keepers(desk: Desk, made: Maintenance) -> Register:
    """The register whose keepers may cancel: its own, or where that is used no more one that the person keeps."""
    known = books(desk)
    own = known.get(made.register)
    return own or next(iter([*plannable(desk).values(), *known.values()]))


def _require_open(desk: Desk, made: Maintenance, book: Register) -> None:
    _require(desk, book)
    if made.state != "planned":
        raise Conflict("Pemeliharaan ini sudah selesai atau dibatalkan.", log=f"maintenance {made.id} is {made.state}")


def _require(desk: Desk, book: Register) -> None:
    require(desk.somebody, "maintenance.plan", registers.subject(desk, book))


def _close(desk: Desk, made: Maintenance, state: str, result: str, author: str) -> None:
    write_down(desk.session, made)
    made.state, made.result, made.closed_by, made.closed_at = state, result, author, desk.now
    desk.session.flush()


def _loaded(schema: Schema, given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(dict(given))
    except ValidationError as error:
        fields = flat_messages(error.normalized_messages())
        raise Invalid("Ada isian yang perlu diperbaiki.", log="maintenance not valid", fields=fields) from error
    return loaded


def _instant(desk: Desk, local: datetime) -> datetime:
    return local.replace(tzinfo=ZoneInfo(desk.tenant.time_zone))


def offered_services(desk: Desk) -> Sequence[Any]:
    """``id``, ``title`` and ``agency`` of every service that runs, in the order of their units."""
    query = select(Service.id, Service.title, Agency.name.label("agency"))
    query = query.join(Agency, Agency.id == Service.agency_id).where(RUNS)
    return desk.session.execute(query.order_by(Agency.name, Service.title, Service.id)).all()


def _affected(desk: Desk, made: Maintenance) -> str:
    """The services that it concerned, as far as the register has room for."""
    titles = [service.title for service, _ in desk.session.execute(concerned(made))]
    text = "; ".join(titles)
    return text if len(text) <= 1000 else f"{len(titles)} layanan"


def _author(desk: Desk, book: Register) -> str:
    return f"{desk.somebody.name} ({_label(desk, book)})"


def _label(desk: Desk, book: Register) -> str:
    writers = registers.subject(desk, book).writers
    return next(held.label for held in desk.somebody.positions if held.key in writers or not writers)


def _tell(desk: Desk, made: Maintenance, kind: str, told: str, book: Register) -> None:
    content = {"maintenance": made.id, "register": made.register, "number": made.number}
    label = _label(desk, book)
    record(desk.session, kind, person=desk.somebody, acting_as=label, summary=told, content=content)
