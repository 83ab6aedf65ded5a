"""A holiday that comes late: open tasks move with the calendar, and what people saw of the request stays current."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from sqlalchemy import select

from tapak.cli.tenant_file import apply_tenant
from tapak.db.wake import Wake, take_lease
from tapak.jobs.handlers import HANDLERS
from tapak.plugins import registry
from tapak.requests import flow
from tapak.requests.advance import CALENDAR
from tapak.requests.models import Request, Task

WITA = ZoneInfo("Asia/Makassar")
FRIDAY_EVENING = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)
MONDAY = date(2026, 11, 23)


def with_days(tenant, *regional):
    return {
        "slug": tenant.slug,
        "name": tenant.name,
        "agency": tenant.agency,
        "time_zone": tenant.time_zone,
        "hosts": [f"{tenant.slug}.localhost"],
        "letterhead": tenant.letterhead,
        "calendar": {"years": [2026], "regional": [{"day": day, "name": "Hari Jadi"} for day in regional]},
    }


def standing(office, task_id):
    with office.desk(None) as desk:
        task = desk.session.get_one(Task, (office.tenant.id, task_id))
        request = desk.session.get_one(Request, (office.tenant.id, task.request_id))
        return task.due_at, task.deadline, request.expected_end, request.version


def work(office):
    """What a worker does for the pending row, where there is one."""
    with office.database.session(office.tenant.id) as session:
        lease = take_lease(session, CALENDAR, office.tenant.id, 30)
        assert lease is not None
        HANDLERS[CALENDAR](SimpleNamespace(registry=registry()), session, lease)


def test_a_holiday_moves_open_tasks_and_leaves_the_version(office, owner_database, submission, tmp_path):
    def apply(*regional):
        apply_tenant(owner_database, with_days(office.tenant, *regional), registry(), identities=tmp_path / "ids")

    apply()
    with office.desk(None) as desk:
        assert desk.session.scalars(select(Wake).where(Wake.kind == CALENDAR)).all() == []
    office.now = FRIDAY_EVENING
    with office.desk("dinkes") as desk:
        first = flow.start_request(desk, "tarakan.hosting")
    office.upload("dinkes", first, "request_letter")
    with office.desk("dinkes") as desk:
        task_id = flow.finish(desk, first, submission()).next_task_id
    with office.desk("kasubbag_umum") as desk:
        flow.begin(desk, task_id)
    due, at, expected, version = standing(office, task_id)
    assert due == at
    assert due.astimezone(WITA).date() == MONDAY
    apply(MONDAY)
    work(office)
    assert standing(office, task_id)[:2] == (due + timedelta(days=1), at + timedelta(days=1))
    assert standing(office, task_id)[2] > expected
    assert standing(office, task_id)[3] == version
    with office.desk(None) as desk:
        assert desk.session.scalars(select(Wake).where(Wake.kind == CALENDAR)).all() == []
