"""The figures in front of a reviewer: asked of servers by a worker, joined with what the inventory knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import select

from tapak.db.wake import wake
from tapak.requests import access
from tapak.requests.advance import FACTS
from tapak.requests.desk import Desk
from tapak.requests.models import Task
from tapak.requests.view import TaskView
from tapak.sdk.addresses import listed
from tapak.sdk.resources import Fact


def ask_again(desk: Desk, task_id: int) -> None:
    """Have a worker collect the task's figures anew."""
    access.find_task(desk, task_id, "task.act")
    wake(desk.session, FACTS, task_id)


def names_asked(desk: Desk, task_id: int) -> tuple[str, ...]:
    """The names that the task's request is about; what the servers are asked about."""
    view = access.load(desk, task_id)
    wishes = view.procedure.wished_names(view.answers) if view is not None else ()
    return tuple(wish.fqdn for wish in wishes)


def store(desk: Desk, task_id: int, told: Sequence[Fact]) -> None:
    """Keep what the servers told, with the inventory's own figures, at the task."""
    task = desk.session.scalars(select(Task).where(Task.id == task_id).with_for_update()).one()
    view = access.load(desk, task_id)
    assert view is not None
    task.facts = [asdict(fact) for fact in (*told, *_inventory(view))]
    task.facts_at = desk.now


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
    free = "Tersedia" if view.row.service_id is None else "Milik layanan ini"
    for number, wish in enumerate(view.procedure.wished_names(view.answers)):
        told = view.name_problem(wish.label, wish.zone) or free
        facts.append(Fact(f"name_state_{number}" if number else "name_state", f"Nama {wish.fqdn}", told, "inventory"))
    return tuple(facts)
