"""A procedure that is revised while requests run: each ends where it began, unless an admin moves it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update
from tapak_kota import revised
from tapak_kota.forms import SUBMISSION

from tapak.audit.models import AuditEvent
from tapak.plugins import build
from tapak.requests import flow, reading, version_moves, versions
from tapak.requests.models import Request, Task
from tapak.sdk.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from tapak.tenants.models import Tenant

MAY, JULY, OCTOBER = (datetime(2026, month, 4, 1, 0, tzinfo=UTC) for month in (5, 7, 10))
INSTALLATION = {"appointment": "2026-12-01T09:30", "rack": "A-07"}
WORK = {"inspect": {"seen": True}, "exists": {"outcome": "present"}, "install": INSTALLATION, "label": {"note": ""}}


@pytest.fixture
def office(office, owner_database):
    """The agency whose procedure will have been revised twice by October, at its desk in May."""
    settings = {**office.tenant.settings, "procedures": ["kota.placing"]}
    with owner_database.begin() as session:
        session.execute(update(Tenant).where(Tenant.id == office.tenant.id).values(settings=settings))
    office.tenant.settings = settings
    office.registry = build([revised], installed=True)
    office.now = MAY
    return office


def submitted(office) -> int:
    """A request that was submitted now; gives its next task."""
    with office.desk("dinkes") as desk:
        task_id = flow.start_request(desk, "kota.placing")
    office.upload("dinkes", task_id, "request_letter")
    with office.desk("dinkes") as desk:
        return flow.finish(desk, task_id, {**SUBMISSION.sample, "letter_date": "2026-05-01"}).next_task_id or 0


def onward(office, task_id: int, to: str) -> int:
    """Work until ``to`` is the open step; gives its task."""
    while (step := step_of(office, task_id)) != to:
        with office.desk("kabid_aplikasi") as desk:
            task_id = flow.finish(desk, task_id, WORK[step]).next_task_id or 0
    return task_id


def step_of(office, task_id: int) -> str:
    with office.desk("admin") as desk:
        return flow.task_view(desk, task_id).step.key


def request_of(office, task_id: int) -> int:
    with office.desk("admin") as desk:
        return desk.session.scalars(select(Task.request_id).where(Task.id == task_id)).one()


def runs_on(office, request_id: int) -> str:
    with office.desk("admin") as desk:
        return reading.look(desk, request_id).procedure.code


def moved(office, request_id: int, to: int, who: str = "admin", reason: str = "SOP baru", **more: int) -> None:
    with office.desk(who) as desk:
        version_moves.move(desk, request_id, to, reason, **more)


def refusal(office, request_id: int, to: int) -> list[str]:
    with office.desk("admin") as desk, pytest.raises(Conflict) as refused:
        version_moves.move(desk, request_id, to, "SOP baru")
    return refused.value.fields["to"]


def test_a_revision_takes_new_requests_from_its_day_and_running_ones_end_where_they_began(office):
    before = submitted(office)
    office.now = JULY
    after = submitted(office)
    assert [runs_on(office, request_of(office, each)) for each in (before, after)] == [
        "kota.placing/1",
        "kota.placing/2",
    ]
    close = onward(office, before, "close")
    with office.desk("dinkes") as desk:
        assert flow.finish(desk, close, {"confirm": True}).next_task_id is None
    with office.desk("admin") as desk:
        look = reading.look(desk, request_of(office, before))
        assert (look.request.state, len(look.procedure.steps)) == ("done", 6)
    assert step_of(office, onward(office, after, "label")) == "label"


def test_an_admin_sees_which_run_on_which_and_from_which_day(office):
    task = submitted(office)
    office.now = JULY
    with office.desk("admin") as desk:
        found = {each.procedure.version: each for each in versions.versions(desk)}
        assert [found[number].standing for number in (1, 2, 3, 4)] == ["former", "takes", "awaits", "awaits"]
        (running,) = found[1].running
        assert (running.request_id, running.step, running.step_number) == (request_of(office, task), "inspect", "2")
        assert not any(found[number].running for number in (2, 3, 4))
    for who in ("kadis", "kabid_aplikasi", "dinkes"):
        with office.desk(who) as desk, pytest.raises(Forbidden):
            versions.versions(desk)


def test_a_draft_is_counted_but_not_read(office):
    with office.desk("dinkes") as desk:
        flow.start_request(desk, "kota.placing")
    with office.desk("admin") as desk:
        (draft,) = (row for each in versions.versions(desk) for row in each.running)
    assert (draft.state, draft.number, draft.subject) == ("draft", "", "")


def test_a_move_keeps_the_task_and_its_clocks_and_goes_on_by_the_new_version(office):
    task_id = onward(office, submitted(office), "install")
    with office.desk("kabid_aplikasi") as desk:
        flow.begin(desk, task_id)
        before = flow.task_view(desk, task_id).task
        times = before.arrived_at, before.started_at, before.due_at
        limit = desk.session.get_one(Task, (desk.tenant.id, task_id)).deadline
    office.now = JULY
    request_id = request_of(office, task_id)
    moved(office, request_id, 2)
    with office.desk("admin") as desk:
        after = flow.task_view(desk, task_id).task
        assert (after.arrived_at, after.started_at, after.due_at, after.state) == (*times, "started")
        assert desk.session.get_one(Task, (desk.tenant.id, task_id)).deadline == limit
        event = desk.session.scalars(select(AuditEvent).where(AuditEvent.kind == "request.version_moved")).one()
        assert (event.actor, event.content["from"], event.content["to"], event.request_id) == (
            "Nama admin",
            "kota.placing/1",
            "kota.placing/2",
            request_id,
        )
        assert "2/CONTOH/2026" in event.summary
        assert "SOP baru" in event.summary
        assert [step.key for step in reading.look(desk, request_id).procedure.steps] == list(revised.ORDER)
    assert step_of(office, onward(office, task_id, "label")) == "label"


def test_a_move_is_refused_with_what_is_missing(office):
    task_id = onward(office, submitted(office), "install")
    request_id = request_of(office, task_id)
    assert refusal(office, request_id, 2) == ["Versi itu baru berlaku mulai “1 Juni 2026”."]
    office.now = OCTOBER
    assert refusal(office, request_id, 3) == ["Langkah 6 memerlukan hasil langkah 2 (“Langkah ukur”)."]
    told = refusal(office, request_id, 4)
    assert told[0] == "Versi itu baru berlaku mulai “1 Januari 2099”."
    assert "Langkah 2 (“Langkah inspect”) sudah dikerjakan, tetapi tidak ada pada versi itu." in told
    assert refusal(office, request_id, 1) == ["Permohonan sudah berjalan pada versi ini."]
    with office.desk("admin") as desk:
        told_of = {each.procedure.version: bool(each.obstacles) for each in version_moves.targets(desk, request_id)}
    assert told_of == {2: False, 3: True, 4: True}
    moved(office, request_id, 2)
    onward(office, task_id, "close")
    assert refusal(office, request_id, 1) == [
        "Langkah 6 (“Langkah label”) sudah dikerjakan, tetapi tidak ada pada versi itu."
    ]
    assert runs_on(office, request_id) == "kota.placing/2"


def test_a_step_that_is_not_there_is_named(office):
    office.now = JULY
    task_id = onward(office, submitted(office), "label")
    assert refusal(office, request_of(office, task_id), 1)[0] == (
        "Langkah sekarang (“6. Langkah label”) tidak ada pada versi itu."
    )


def test_only_an_admin_moves_with_a_reason_what_was_seen_and_what_is_installed(office):
    request_id = request_of(office, submitted(office))
    office.now = JULY
    for who in ("kabid_aplikasi", "kadis", "dinkes"):
        with pytest.raises(Forbidden):
            moved(office, request_id, 2, who)
    with pytest.raises(NotFound):
        moved(office, request_id, 2, "dishub")
    with pytest.raises(Invalid):
        moved(office, request_id, 2, reason=" ")
    with pytest.raises(Stale):
        moved(office, request_id, 2, version=99)
    with pytest.raises(NotFound):
        moved(office, request_id, 9)
    assert runs_on(office, request_id) == "kota.placing/1"


def test_the_page_of_what_ended_on_a_version_that_is_gone_is_still_read(office):
    task_id = submitted(office)
    with office.desk("dinkes") as desk:
        flow.ends.withdraw(desk, request_of(office, task_id), "Tidak jadi")
    kept = {code: each for code, each in office.registry.procedures.items() if code != "kota.placing/1"}
    office.registry = type(office.registry)(**{**vars(office.registry), "procedures": kept})
    with office.desk("admin") as desk:
        look = reading.look(desk, request_of(office, task_id))
        assert (look.procedure.header.number, look.request.state) == ("1/CONTOH/2026", "cancelled")
        assert desk.session.scalars(select(Request.state)).all() == ["cancelled"]
