"""The start page: the public's, the applicant's, or the way to the inbox."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for

from tapak.engine.states import RequestState
from tapak.http import scope
from tapak.maintenance.concerned import notices
from tapak.monitoring import renewals
from tapak.requests import reading
from tapak.requests.desk import Desk
from tapak.requests.snapshots import open_services

FINISHED_SHOWN = 5

blueprint = Blueprint("web_home", __name__)


@blueprint.get("/")
def start() -> Any:
    """What whoever comes here most likely wants."""
    desk = scope.desk()
    if desk.person is None:
        return render_template("home/public.html", services=open_services(desk))
    if desk.person.agency_id is not None and not desk.person.positions:
        return _of_unit(desk)
    return redirect(url_for("web_inbox.inbox"), 303)


def _of_unit(desk: Desk) -> Any:
    rows = reading.requests_of(desk)
    ended = [row for row in rows if RequestState(row.state).ended]
    running = [row for row in rows if not RequestState(row.state).ended]
    return render_template(
        "home/unit.html",
        services=open_services(desk),
        notices=notices(desk, agency_id=desk.somebody.agency_id),
        due=[each for each in renewals.active(desk) if _needs_attention(each)],
        acting=[row for row in running if row.needs_action],
        running=[row for row in running if not row.needs_action],
        ended=ended[:FINISHED_SHOWN],
        more_ended=len(ended) > FINISHED_SHOWN or len(rows) == reading.PAGE,
    )


def _needs_attention(each: renewals.Active) -> bool:
    return bool(each.late or each.reminded or each.refused or each.service.suspended_at)
