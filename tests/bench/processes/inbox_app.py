"""What ``tapak serve`` serves, with one more address: the inbox's template over fifty rows in memory, no database."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, g, render_template

from tapak.accounts.policy import Held, Person
from tapak.requests.reading import PAGE, InboxRow
from tapak.web.inbox import FILTERS, Waits
from tapak.web.time_left import TimeLeft
from tapak.wsgi import from_environment

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
OFFICER = Person(
    1, "Nama Pejabat", "kabid@example.test", "", None, False, (Held(3, "kabid", "Kepala Bidang", "definitive"),)
)
ROW = InboxRow(
    task_id=1000,
    request_id=1000,
    number="0001000/HOST/DKISP/XI/2026",
    subject="Permohonan hosting layanan 1000",
    agency="Dinas Kesehatan",
    step="review",
    step_number="4",
    step_title="Kabid Aplikasi Informatika melakukan pengkajian bersama JFT",
    step_name="Pengkajian",
    state="open",
    request_state="in_process",
    arrived_at=NOW,
    at=NOW,
    due_at=None,
    overdue=True,
    escalated=False,
)
LEFT = TimeLeft("terlambat lebih dari 2 bulan", "late")
ROWS = [
    Waits(dataclasses.replace(ROW, task_id=number, request_id=number, at=NOW + timedelta(minutes=number)), LEFT)
    for number in range(1000, 1000 + PAGE)
]


def app() -> Flask:
    """The application with ``/memory``."""
    served = from_environment()
    served.add_url_rule("/memory", view_func=memory)
    return served


def memory() -> Any:
    """The inbox page of somebody who is known already."""
    g.person = OFFICER
    following = "2026-11-20T02:00:00+00:00~1050"
    around = {"reports": (), "troubles": (), "ending": ()}
    return render_template("inbox/inbox.html", rows=ROWS, only="all", filters=FILTERS, following=following, **around)
