"""The figures in front of a reviewer: asked of servers by a worker, joined with what the inventory knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from sqlalchemy import select

from tapak.db.wake import wake
from tapak.inventory import service as inventory
from tapak.inventory.models import Service
from tapak.provisioning.models import Resource
from tapak.requests import access
from tapak.requests.advance import FACTS
from tapak.requests.desk import Desk
from tapak.requests.models import Task
from tapak.requests.view import TaskView
from tapak.sdk.addresses import listed
from tapak.sdk.errors import TapakError
from tapak.sdk.request_view import RECORD
from tapak.sdk.resources import Fact, RecordSet, Site

STATE = "name_state"
"""The key of the inventory's figure on the first name that was wished for."""


def ask_again(desk: Desk, task_id: int) -> None:
    """Have a worker collect the task's figures anew."""
    access.find_task(desk, task_id, "task.act")
    wake(desk.session, FACTS, task_id)


def names_asked(desk: Desk, task_id: int) -> tuple[str, ...]:
    """The names that the task's request is about; what the servers are asked about."""
    view = access.load(desk, task_id)
    return _names(view) if view is not None else ()


def _names(view: TaskView) -> tuple[str, ...]:
    wishes = [wish.fqdn for wish in view.procedure.wished_names(view.answers)]
    return tuple(dict.fromkeys([*wishes, *_sites(view)]))


def _sites(view: TaskView) -> list[str]:
    """The names of the sites that are wanted; none where the procedure can't say yet, or refuses to."""
    try:
        return [wanted.spec.name for wanted in view.procedure.desired_resources(view) if isinstance(wanted.spec, Site)]
    except TapakError:
        return []


def record_sets_asked(desk: Desk, task_id: int) -> Sequence[RecordSet]:
    """The record sets whose present state the task's figures tell."""
    view = access.load(desk, task_id)
    return view.procedure.looked_up(view) if view is not None else ()


def store(desk: Desk, task_id: int, told: Sequence[Fact]) -> None:
    """Keep what the servers told, with the inventory's own figures, at the task."""
    task = desk.session.scalars(select(Task).where(Task.id == task_id).with_for_update()).one()
    view = access.load(desk, task_id)
    assert view is not None
    wanted = view.kind.form(view).figures
    shown = [fact for fact in (*told, *_inventory(view)) if not wanted or {fact.key, fact.source} & wanted]
    task.facts = [asdict(_with_holder(view, fact)) for fact in _chosen(view, shown)]
    task.facts_at = desk.now


def _chosen(view: TaskView, told: Sequence[Fact]) -> Sequence[Fact]:
    """What concerns the request first, then what concerns the servers, which leaves the agency in no paper."""
    marks = (*_names(view), *(resource.identity for resource in view.resources))
    own = [fact for fact in told if fact.key.startswith((RECORD, STATE)) or any(mark in fact.key for mark in marks)]
    return own if own and view.kind.own_figures else [*own, *(fact for fact in told if fact not in own)]


def _with_holder(view: TaskView, fact: Fact) -> Fact:
    """A fact on a record set with whose it is: ``own`` (the applicant's unit's), ``other`` or ``foreign``."""
    if not fact.key.startswith(RECORD):
        return fact
    query = (
        select(Service.agency_id)
        .join(Resource, Resource.service_id == Service.id)
        .where(Resource.identity == fact.label, Resource.kind == RecordSet.kind, Resource.state != "gone")
    )
    holder = view.desk.session.scalar(query)
    held = "foreign" if holder is None else "own" if holder == view.row.agency_id else "other"
    return replace(fact, details={**fact.details, "held": held})


def _inventory(view: TaskView) -> tuple[Fact, ...]:
    addresses = view.free_addresses()
    facts = [
        Fact(
            "free_addresses",
            "IP publik yang tersedia",
            str(len(addresses)),
            "inventory",
            "alamat",
            details={"list": listed(addresses)},
        ),
    ]
    own = inventory.holdings(view.desk.session, view.row.works_on)[0] if view.row.works_on is not None else ()
    for number, wish in enumerate(view.procedure.wished_names(view.answers)):
        told = view.name_problem(wish.label, wish.zone) or ("Milik layanan ini" if wish.fqdn in own else "Tersedia")
        facts.append(Fact(f"{STATE}_{number}" if number else STATE, f"Nama {wish.fqdn}", told, "inventory"))
    return tuple(facts)
