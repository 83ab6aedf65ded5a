"""The inbox: what waits for whoever is signed in, with the time that is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext as _l

from tapak.accounts.policy import may
from tapak.certificates.watching import ending
from tapak.http import scope
from tapak.http.cursors import cursor_text
from tapak.monitoring import emergencies, renewals
from tapak.requests import reading
from tapak.requests.attention import attention
from tapak.requests.reading import InboxRow
from tapak.requests.waiting import Waiting
from tapak.sdk.errors import NotFound
from tapak.web.paging import moment_cursor
from tapak.web.time_left import Countdown, TimeLeft

FILTERS = {"all": _l("Semua"), "mine": _l("Posisi saya"), "late": _l("Terlambat"), "escalated": _l("Eskalasi")}

TERMS_SHOWN = 5

blueprint = Blueprint("web_inbox", __name__)


@dataclass(frozen=True)
class Waits:
    """A row with the time that is left until it must be begun or done."""

    row: InboxRow
    left: TimeLeft


@blueprint.get("/kotak-masuk")
def inbox() -> Any:
    """What waits, soonest deadline first; around the first page what needs attention and what was reported."""
    desk = scope.desk()
    only = _asked_for()
    page = reading.inbox(desk, only=only, after=moment_cursor("sesudah"))
    countdown = Countdown(desk.calendar, desk.now)
    rows = [Waits(row, countdown.left(row.at)) for row in page.rows]
    whole = only == "all" and "sesudah" not in request.args
    manages = whole and may(desk.somebody, "service.manage")
    terms = renewals.needing(desk) if manages else ()
    return render_template(
        "inbox/inbox.html",
        rows=rows,
        only=only,
        filters=FILTERS,
        following=cursor_text(page.after),
        reports=reading.reports(desk) if whole else (),
        troubles=attention(desk) if whole else (),
        ending=ending(desk) if whole else (),
        terms=terms[:TERMS_SHOWN],
        more_terms=len(terms) - TERMS_SHOWN,
        duties=emergencies.duties(desk) if manages else (),
        now=desk.now,
    )


def _asked_for() -> Waiting:
    asked = request.args.get("hanya", "all")
    for known in get_args(Waiting):
        if asked == known:
            return known
    raise NotFound("Saringan ini tidak dikenal.", log=f"no inbox filter {asked!r}")
