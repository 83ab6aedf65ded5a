"""Two who act at once: one act counts, the other is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from time import monotonic, sleep

import pytest
from sqlalchemy import func, select

from tapak.db.wake import forget, wake
from tapak.demo.servers.process import wait_until
from tapak.requests import ends, facts, flow
from tapak.requests.advance import FACTS
from tapak.requests.models import RegisterRow, Request, Task
from tapak.sdk.errors import TapakError

from .conftest import waiting_for_locks

AGENDA = {"archive_code": "000.8", "scan_confirmed": True}


@pytest.fixture
def registering(office, submission):
    """A request whose letter is to be registered: (request, task, form)."""
    with office.desk("dinkes") as desk:
        task_id = flow.start_request(desk, "tarakan.hosting")
    office.upload("dinkes", task_id, "request_letter")
    with office.desk("dinkes") as desk:
        done = flow.finish(desk, task_id, submission())
    with office.desk("kasubbag_umum") as desk:
        view = flow.task_view(desk, done.next_task_id)
        return done.request_id, done.next_task_id, {**view.kind.initial(view), **AGENDA}


def at_once(office, locked, *acts):
    """Run ``acts`` in threads that all wait for the row ``locked`` before the first goes on; gives what they told."""
    told: list[str] = []

    def run(act) -> None:
        try:
            act()
            told.append("done")
        except TapakError as error:
            told.append(error.code)

    threads = [Thread(target=run, args=(act,)) for act in acts]
    with office.database.begin(office.tenant.id) as holder:
        holder.execute(locked.with_for_update())
        for thread in threads:
            thread.start()
        deadline = monotonic() + 30
        while waiting_for_locks(office) < len(threads) and monotonic() < deadline:
            sleep(0.01)
    for thread in threads:
        thread.join()
    return sorted(told)


def of_request(request_id):
    return select(Request.id).where(Request.id == request_id)


def test_a_step_finished_by_many_at_once_is_finished_once(office, registering):
    request_id, task_id, form = registering

    def act() -> None:
        with office.desk("kasubbag_umum") as desk:
            flow.finish(desk, task_id, form)

    assert at_once(office, of_request(request_id), *[act] * 4) == ["bad_move"] * 3 + ["done"]
    with office.desk("kadis") as desk:
        opened = select(func.count()).select_from(Task).where(Task.request_id == request_id, Task.state == "open")
        assert desk.session.scalar(opened) == 1
        assert desk.session.scalar(select(func.count()).where(RegisterRow.register == "tapak.agenda")) == 1


def test_a_file_is_not_taken_once_the_step_is_finished(office, submission):
    with office.desk("dinkes") as desk:
        task_id = flow.start_request(desk, "tarakan.hosting")
        request_id = flow.task_view(desk, task_id).row.id
    office.upload("dinkes", task_id, "request_letter")

    def submit() -> None:
        with office.desk("dinkes") as desk:
            flow.finish(desk, task_id, submission())

    def swap() -> None:
        office.upload("dinkes", task_id, "request_letter")

    at_once(office, of_request(request_id), submit, swap)
    with pytest.raises(TapakError):
        swap()


def test_drafts_saved_at_once_keep_every_field(office):
    with office.desk("dinkes") as desk:
        task_id = flow.start_request(desk, "tarakan.hosting")
        request_id = flow.task_view(desk, task_id).row.id
    names = ("letter_number", "system_name", "description", "contact_name")

    def saving(name):
        def act() -> None:
            with office.desk("dinkes") as desk:
                flow.save_draft(desk, task_id, {name: "isi"})

        return act

    assert at_once(office, of_request(request_id), *map(saving, names)) == ["done"] * 4
    with office.desk("dinkes") as desk:
        assert flow.task_view(desk, task_id).task.draft == dict.fromkeys(names, "isi")


def test_a_request_is_withdrawn_while_a_worker_keeps_its_figures(office, registering):
    request_id, task_id, _ = registering
    with office.desk(None) as desk:
        wake(desk.session, FACTS, task_id)

    def withdraw() -> None:
        with office.desk("dinkes") as desk:
            ends.withdraw(desk, request_id, "Tidak jadi")

    with ThreadPoolExecutor(1) as pool:
        with office.desk(None) as worker:
            facts.store(worker, task_id, ())
            withdrawn = pool.submit(withdraw)
            wait_until(lambda: waiting_for_locks(office), 30, "the withdrawal to wait")
            forget(worker.session, FACTS, task_id)
        withdrawn.result()
    with office.desk("dinkes") as desk:
        assert desk.session.get_one(Request, (office.tenant.id, request_id)).state == "cancelled"


def test_a_running_request_is_moved_and_has_one_open_task(office, registering):
    request_id, task_id, form = registering
    with office.desk("kasubbag_umum") as desk:
        flow.finish(desk, task_id, form)
    with office.desk("admin") as desk:
        ends.move(desk, request_id, "register_letter", "Agenda keliru")
    with office.desk("admin") as desk:
        opened = select(Task.step).where(Task.request_id == request_id, Task.state == "open")
        assert desk.session.scalars(opened).all() == ["register_letter"]
        assert desk.session.get_one(Request, (office.tenant.id, request_id)).state == "in_process"
