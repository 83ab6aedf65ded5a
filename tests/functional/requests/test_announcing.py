"""Plugins hear of a finished step after the commit."""

from __future__ import annotations

from sqlalchemy import select

from tapak.db.wake import Wake
from tapak.plugins import build
from tapak.requests import flow
from tapak.requests.advance import EVENT
from tapak.requests.announcing import announce
from tapak.requests.desk import Desk
from tapak.sdk.hookspecs import StepFinished, hookimpl


class Listener:
    """A plugin that only listens."""

    def __init__(self) -> None:
        self.heard: list[StepFinished] = []

    @hookimpl
    def step_finished(self, event: StepFinished) -> None:
        self.heard.append(event)


def test_a_listener_hears_of_a_finished_step_from_a_pending_row(office, submission):
    listener = Listener()
    plugins = build([listener], installed=True)
    with office.desk("dinkes") as desk:
        task_id = flow.start_request(desk, "tarakan.hosting")
    office.upload("dinkes", task_id, "request_letter")
    with office.desk("dinkes") as desk:
        heard = Desk(desk.session, desk.tenant, plugins, desk.person, desk.now)
        flow.finish(heard, task_id, submission())
        assert listener.heard == []
    with office.desk(None) as desk:
        (row_id,) = desk.session.scalars(select(Wake.row_id).where(Wake.kind == EVENT)).all()
        announce(Desk(desk.session, desk.tenant, plugins, None, desk.now), row_id)
    (event,) = listener.heard
    assert (event.tenant, event.procedure, event.step, event.outcome) == ("contoh", "tarakan.hosting", "submit", "done")


def test_without_listeners_nothing_is_pending(office, submission):
    with office.desk("dinkes") as desk:
        task_id = flow.start_request(desk, "tarakan.hosting")
    office.upload("dinkes", task_id, "request_letter")
    with office.desk("dinkes") as desk:
        flow.finish(desk, task_id, submission())
        assert desk.session.scalars(select(Wake).where(Wake.kind == EVENT)).all() == []
