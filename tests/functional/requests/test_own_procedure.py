"""A procedure of another plugin, through the same doors: branches, a step with the applicant, register, letter."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, update
from tapak_kota import plugin as kota
from tapak_kota.forms import SUBMISSION

from tapak.documents import service as documents
from tapak.documents.library import installed_letters
from tapak.documents.models import Document
from tapak.plugins import build
from tapak.reports import comma_separated
from tapak.reports.registers import find
from tapak.requests import deadlines, facts, flow, names, reading, registers
from tapak.requests.models import Pause, Task
from tapak.requests.snapshots import offered, settings_of
from tapak.sdk.errors import Conflict, Forbidden, Invalid, MissingInput, NotFound
from tapak.tenants.models import Tenant

INSTALLATION = {"appointment": "2026-12-01T09:30", "rack": "=A-07"}
WEEK = timedelta(days=7)
Walk = Callable[..., int]


@pytest.fixture
def kota_office(office, owner_database):
    """The agency with both plugins' procedures."""
    settings = {**office.tenant.settings, "procedures": ["tarakan.hosting", "kota.placing"]}
    with owner_database.begin() as session:
        session.execute(update(Tenant).where(Tenant.id == office.tenant.id).values(settings=settings))
    office.tenant.settings = settings
    office.registry = build([kota], installed=True)
    return office


@pytest.fixture
def walk(kota_office) -> Walk:
    """Take a new request to a step; gives that step's task."""

    def to(step: str, branch: str = "absent") -> int:
        with kota_office.desk("dinkes") as desk:
            task_id = flow.start_request(desk, "kota.placing")
        kota_office.upload("dinkes", task_id, "request_letter")
        filled = {"submit": {**SUBMISSION.sample, "letter_date": "2026-11-13"}, "exists": {"outcome": branch}}
        who = "dinkes"
        for key in ("submit", "inspect", "exists"):
            with kota_office.desk(who) as desk:
                if flow.task_view(desk, task_id).step.key == step:
                    break
                next_id = flow.finish(desk, task_id, filled.get(key, {"seen": True})).next_task_id
            assert next_id is not None
            task_id, who = next_id, "kabid_aplikasi"
        return task_id

    return to


def test_a_tenant_offers_procedures_of_several_plugins_each_with_its_settings(kota_office):
    with kota_office.desk("admin") as desk:
        found = {procedure.key: settings_of(desk, procedure) for procedure in offered(desk)}
    assert list(found) == ["tarakan.hosting", "kota.placing"]
    assert found["kota.placing"]["room"] == "Ruang server"
    assert "ttl" in found["tarakan.hosting"]


def test_a_branch_goes_where_the_form_chose(kota_office, walk):
    for branch, step in (("present", "install"), ("absent", "drawing")):
        task_id = walk("exists")
        with kota_office.desk("kabid_aplikasi") as desk:
            next_id = flow.finish(desk, task_id, {"outcome": branch, "note": ""}).next_task_id
            assert flow.task_view(desk, next_id).step.key == step


def test_what_the_names_function_tells_is_what_is_looked_up(kota_office, walk):
    task_id = walk("inspect")
    with kota_office.desk(None) as desk:
        assert facts.names_asked(desk, task_id) == ("antrean.example.test",)
    with kota_office.desk("dinkes") as desk:
        assert names.name_problem(desk, "antrean", "example.test") == ""


def test_figures_come_though_the_procedure_refuses_to_say_what_is_wanted(kota_office, walk, monkeypatch):
    def refuse(_view):
        raise Conflict("Berkas berubah.", log="the file has changed")

    task_id = walk("inspect")
    with kota_office.desk(None) as desk:
        view = facts.access.load(desk, task_id)
        procedure = replace(view.procedure, desired_resources=refuse)
        refusing = SimpleNamespace(procedure=procedure, answers=view.answers)
        monkeypatch.setattr(facts.access, "load", lambda *_: refusing)
        assert facts.names_asked(desk, task_id) == ("antrean.example.test",)


def test_the_clock_stands_still_while_the_applicant_has_the_step(kota_office, walk):
    task_id = walk("drawing")
    kota_office.now += timedelta(minutes=10)
    with kota_office.desk("kabid_aplikasi") as desk:
        flow.begin(desk, task_id)
    kota_office.now += timedelta(minutes=5)
    with kota_office.desk("kabid_aplikasi") as desk:
        done = flow.finish(desk, task_id, {"asked": "ask", "message": "Mohon gambar server."})
        assert done.next_task_id == task_id
    with kota_office.desk("kabid_aplikasi") as desk, pytest.raises(Forbidden):
        flow.finish(desk, task_id, {"remark": ""})
    kota_office.now += WEEK
    with kota_office.desk(None) as desk:
        deadlines.passed(desk, task_id)
        assert desk.session.get_one(Task, (desk.tenant.id, task_id)).escalated_to is None
        clock = deadlines.task_clock(flow.access.load(desk, task_id))
    assert (clock.waiting, clock.working) == (timedelta(minutes=10), timedelta(minutes=5))
    with kota_office.desk("dinkes") as desk:
        assert [row.task_id for row in reading.inbox(desk).rows] == [task_id]
        view = flow.task_view(desk, task_id)
        assert ("Yang diminta", "Mohon gambar server.") in view.kind.shown(view)
    with kota_office.desk("dinkes") as desk, pytest.raises(MissingInput):
        flow.finish(desk, task_id, {"remark": ""})
    kota_office.upload("dinkes", task_id, "server_drawing")
    with kota_office.desk("dinkes") as desk:
        next_id = flow.finish(desk, task_id, {"remark": "Lengkap"}).next_task_id
    with kota_office.desk("kabid_aplikasi") as desk:
        assert flow.task_view(desk, next_id).step.key == "install"
        task = desk.session.get_one(Task, (desk.tenant.id, task_id))
        assert (task.waiting, task.working) == (600, 300)
        assert task.input["remark"] == "Lengkap"
        since, until = desk.session.execute(select(Pause.since, Pause.until)).one()
    assert until - since == WEEK


def test_nothing_is_asked_where_everything_is_there(kota_office, walk):
    task_id = walk("drawing")
    with kota_office.desk("kabid_aplikasi") as desk, pytest.raises(MissingInput):
        flow.finish(desk, task_id, {"asked": "complete"})


def test_work_writes_rows_and_a_letter_of_its_plugin(kota_office, walk):
    task_id = walk("install", "present")
    with kota_office.desk("kabid_aplikasi") as desk, pytest.raises(Invalid) as refused:
        flow.finish(desk, task_id, {**INSTALLATION, "appointment": "2026-11-16T08:00"})
    assert set(refused.value.fields) == {"appointment"}
    with kota_office.desk("kabid_aplikasi") as desk:
        flow.finish(desk, task_id, INSTALLATION)
    with kota_office.desk("admin") as desk:
        (row,) = registers.rows(desk, "kota.placed", registers.Asked("contoh r1"))
        assert (row.number, row.content["rack"]) == ("1", "=A-07")
        assert registers.rows(desk, "kota.placed", registers.Asked("tidak ada")) == ()
        paper = desk.session.scalars(select(Document).where(Document.kind == "installation_notice")).one()
        made = documents.render(desk.session, kota_office.store, paper.id, installed_letters(desk.registry))
        assert (made.state, made.problem) == ("ready", "")
        with kota_office.store.open(desk.tenant.id, made.sha256) as opened:
            assert opened.read(5) == b"%PDF-"


def test_an_export_has_every_field_and_no_formula(kota_office, walk):
    with kota_office.desk("kabid_aplikasi") as desk:
        flow.finish(desk, walk("install", "present"), INSTALLATION)
    with kota_office.desk("admin") as desk:
        _, head, line = comma_separated.lines(find(desk, "kota.placed", registers.EVERYTHING, "csv")[0])
    assert head == "Nomor,Permohonan,Dicatat,Pencatat,Dipasang,Perangkat daerah,Merek dan tipe,Letak rak\r\n"
    assert line.endswith("1 Desember 2026 pukul 09.30,Dinas dinkes,Contoh R1,'=A-07\r\n")


def test_registers_are_those_of_the_tenants_own_procedures_and_for_staff(kota_office):
    with kota_office.desk("admin") as desk:
        assert {"tapak.agenda", "tarakan.hosting_usage", "kota.placed"} <= set(registers.registers(desk))
    with kota_office.desk("dinkes") as desk, pytest.raises(Forbidden):
        registers.registers(desk)
    kota_office.tenant.settings = {**kota_office.tenant.settings, "procedures": ["tarakan.hosting"]}
    with kota_office.desk("admin") as desk, pytest.raises(NotFound):
        registers.rows(desk, "kota.placed")
