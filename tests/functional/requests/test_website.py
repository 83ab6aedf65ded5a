"""Websites from the letter to the report, before the servers: both ways past row 6, updates, and what is given back."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import func, select, text, update

from tapak.db.wake import Wake
from tapak.documents import service as documents
from tapak.documents.library import installed_letters
from tapak.documents.models import Document
from tapak.inventory.models import HeldName, Service
from tapak.provisioning import service as provisioning
from tapak.provisioning.models import Connection, Resource
from tapak.requests import deadlines, ends, facts, flow, papers, reading, registers, services
from tapak.requests.models import Request, Task
from tapak.scanning.models import ScanFinding, ScanRun
from tapak.sdk.errors import Conflict, Invalid, MissingInput
from tapak.tenants.calendars import copy_holidays
from tapak.tenants.models import Tenant
from tapak_tarakan.website import WEBSITE

from .test_races import at_once

SERVICE = "tarakan.website"
NAME = "profil.example.test"
PAPERS = ("kak", "manual", "documentation")
BIDANG = "kabid_aplikasi"


@pytest.fixture
def web_office(office, owner_database):
    """The agency with the website procedure, a database server and a repository of backups."""
    settings = {**office.tenant.settings, "procedures": ["tarakan.hosting", SERVICE]}
    with owner_database.begin() as session:
        session.execute(update(Tenant).where(Tenant.id == office.tenant.id).values(settings=settings))
    office.tenant.settings = settings
    with office.database.begin(office.tenant.id) as session:
        copy_holidays(session, office.tenant, [2026])
        session.add(Connection(key="databases", provider="mariadb", title="MariaDB", settings={}, zones=[]))
        session.add(Connection(key="backups", provider="restic", title="Cadangan", settings={}, zones=[]))
    return office


def archive(content="<h1>Profil</h1>"):
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        opened.writestr("index.php", content)
    return BytesIO(made.getvalue())


def send_application(office, who, task_id, content="<h1>Profil</h1>", scanned="done"):
    """Send an archive, and take it through the scanners as a worker would where ``scanned`` says with what end.

    "partly": a scanner was left out; empty: it was other bytes that they looked at.
    """
    with office.desk(who) as desk:
        paper = papers.upload(
            desk,
            office.store,
            task_id,
            kind="application",
            filename="profil.zip",
            stream=archive(content),
            limit=1_000_000,
        )
        looked = {
            "name": "tapak.web_shells",
            "title": "Web shell",
            "state": "not_run" if scanned == "partly" else "done",
        }
        state = "done" if scanned == "partly" else scanned
        run = update(ScanRun).where(ScanRun.document_id == paper.id)
        desk.session.execute(run.values(state=state, scanners=[looked]) if scanned else run.values(sha256="0" * 64))
        return paper.sha256


def begin(office, who="dinkes"):
    with office.desk(who) as desk:
        return flow.start_request(desk, SERVICE)


def submit(office, who="dinkes", task_id=None, *, application=True, content="<h1>Profil</h1>", **different):
    task_id = task_id or begin(office, who)
    office.upload(who, task_id, "request_letter")
    if application:
        send_application(office, who, task_id, content)
        for kind in PAPERS:
            office.upload(who, task_id, kind)
    form = {**WEBSITE.submission.sample, "name_label": "profil", "name_zone": "example.test"}
    form = {**form, "letter_date": "2026-11-13", **({} if application else {"prepared": "none"}), **different}
    with office.desk(who) as desk:
        done = flow.finish(desk, task_id, form)
    return done.request_id, done.next_task_id


def finish(office, who, task_id, data=None):
    with office.desk(who) as desk:
        view = flow.begin(desk, task_id)
        return flow.finish(desk, task_id, {**view.kind.initial(view), **(data or {})}).next_task_id


def to_decision(office, task_id):
    task_id = finish(office, "kasubbag_umum", task_id, {"archive_code": "000.8", "scan_confirmed": True})
    task_id = finish(office, "kadis", task_id)
    with office.desk(None) as desk:
        facts.store(desk, task_id, ())
    return finish(office, BIDANG, task_id, WEBSITE.forms["review"].sample)


def to_existence(office, task_id):
    return finish(office, BIDANG, to_decision(office, task_id), {"outcome": "approve"})


def go_live(office, request_id):
    """What the reconciler ends in, without servers."""
    with office.desk(None) as desk:
        service_id = desk.session.get_one(Request, (office.tenant.id, request_id)).service_id
        mine = Resource.service_id == service_id
        desk.session.execute(update(Resource).where(mine).values(state="live", applied=Resource.spec))
        desk.session.execute(update(Service).where(Service.id == service_id).values(state="live"))
        desk.session.execute(update(HeldName).where(HeldName.service_id == service_id).values(state="live"))


def install(office, request_id, task_id):
    with office.desk(BIDANG) as desk:
        flow.begin(desk, task_id)
    go_live(office, request_id)
    return finish(office, BIDANG, task_id)


def to_end(office, request_id, task_id):
    task_id = install(office, request_id, task_id)
    with office.desk(None) as desk:
        facts.store(desk, task_id, ())
    task_id = finish(office, BIDANG, task_id)
    finish(office, "dinkes", task_id, {"confirm": True})
    return request_id


def website(office, **different):
    """A live website of the Dinas Kesehatan; gives its request."""
    request_id, task_id = submit(office, **different)
    task_id = finish(office, BIDANG, to_existence(office, task_id), {"runtime": "php", "database": "mariadb"})
    return to_end(office, request_id, task_id)


def resources(office, request_id):
    with office.desk(None) as desk:
        service_id = desk.session.get_one(Request, (office.tenant.id, request_id)).service_id
        query = select(Resource).where(Resource.service_id == service_id).order_by(Resource.id)
        return {row.key: row for row in desk.session.scalars(query)}


def row(office, request_id):
    with office.desk(None) as desk:
        return desk.session.get_one(Request, (office.tenant.id, request_id))


def test_an_existing_website_is_installed_with_all_that_it_runs_on(web_office):
    request_id, task_id = submit(web_office, sftp_account=True)
    task_id = to_existence(web_office, task_id)
    with web_office.desk(None) as desk:
        held = desk.session.execute(select(HeldName.name, HeldName.state)).all()
        assert held == [(NAME, "reserved")]
    task_id = finish(web_office, BIDANG, task_id, {"runtime": "php", "database": "mariadb"})
    with web_office.desk(BIDANG) as desk:
        view = flow.begin(desk, task_id)
        assert view.step.number == "9"
        (sha256,) = [paper.sha256 for paper in view.documents if paper.kind == "application"]
    found = resources(web_office, request_id)
    needs = {key: set(each.needs) for key, each in found.items()}
    assert needs == {
        "database": set(),
        "site": {"database"},
        "release": {"site"},
        "name": {"site", "release"},
        "account": {"site"},
        "backup": {"site", "database"},
    }
    assert found["database"].identity == "mariadb/profil_example_test"
    assert found["site"].spec["php"] is not None
    assert found["release"].spec["sha256"] == sha256
    assert (found["backup"].spec["at"], found["backup"].spec["keep_daily"]) == (["01:30"], 7)


def test_what_was_installed_stands_in_the_register_and_the_unit_gets_its_report(web_office):
    request_id = website(web_office)
    with web_office.desk(BIDANG) as desk:
        (line,) = registers.rows(desk, "tarakan.website_configuration", registers.Asked(words="profil"))
        assert (line.content["work"], line.content["runtime"], line.content["name"]) == ("created", "php", NAME)
        assert {"label": "Basis data", "value": "profil_example_test (mariadb)"} in line.content["configuration"]
        (name,) = registers.rows(desk, "tapak.names")
        assert name.content["name"] == NAME
        assert desk.session.get_one(Request, (web_office.tenant.id, request_id)).state == "done"
        wanted = select(Document).where(Document.kind == "website_report")
        report = desk.session.scalars(wanted).one()
        made = documents.render(desk.session, web_office.store, report.id, installed_letters(desk.registry))
        assert (made.state, made.problem, made.for_applicant) == ("ready", "", True)
        assert "KAK (kerangka acuan kerja): surat.pdf" in made.context["delivered"]


def test_one_that_is_to_be_made_takes_the_unit_s_analysis_and_the_making(web_office):
    request_id, task_id = submit(web_office, application=False)
    task_id = finish(web_office, BIDANG, to_existence(web_office, task_id))
    with web_office.desk("dinkes") as desk:
        view = flow.begin(desk, task_id)
        assert (view.step.number, view.task.position_id) == ("7", None)
        with pytest.raises(MissingInput) as missing:
            flow.finish(desk, task_id, WEBSITE.forms["analyse"].sample)
        assert set(missing.value.fields) == {"document:website_data"}
    web_office.upload("dinkes", task_id, "website_data")
    task_id = finish(web_office, "dinkes", task_id, WEBSITE.forms["analyse"].sample)
    with pytest.raises(MissingInput) as missing:
        finish(web_office, BIDANG, task_id)
    assert set(missing.value.fields) == {"document:kak"}
    for kind in PAPERS:
        web_office.upload(BIDANG, task_id, kind)
    with pytest.raises(Invalid) as refused:
        finish(web_office, BIDANG, task_id, {"runtime": "static", "database": "mariadb"})
    assert set(refused.value.fields) == {"application", "database"}
    send_application(web_office, BIDANG, task_id)
    task_id = finish(web_office, BIDANG, task_id, {"runtime": "static", "database": "none"})
    to_end(web_office, request_id, task_id)
    assert set(resources(web_office, request_id)) == {"site", "release", "name", "backup"}


def test_the_end_is_expected_by_the_way_that_the_request_will_take(web_office):
    ready, _ = submit(web_office)
    to_make, _ = submit(web_office, "dishub", application=False, name_label="atcs")
    soon, late = row(web_office, ready).promised_end, row(web_office, to_make).promised_end
    calendar_days = (late - soon).days
    assert 12 <= calendar_days <= 16  # 3 and 7 working days, from a Monday


def test_it_is_expected_anew_where_row_6_takes_the_other_way(web_office):
    request_id, task_id = submit(web_office)
    task_id = to_existence(web_office, task_id)
    promised = row(web_office, request_id).promised_end
    finish(web_office, BIDANG, task_id, {"outcome": "absent"})
    moved = row(web_office, request_id)
    assert moved.promised_end == promised
    assert (moved.expected_end - promised).days >= 12


def test_the_days_of_the_unit_are_nobody_s_delay_at_the_agency(web_office):
    request_id, task_id = submit(web_office, application=False)
    task_id = finish(web_office, BIDANG, to_existence(web_office, task_id))
    with web_office.desk(None) as desk:
        assert desk.session.get_one(Task, (web_office.tenant.id, task_id)).position_id is None
        assert desk.session.scalar(select(func.count()).where(Wake.kind == "deadline", Wake.row_id == task_id)) == 0
    with web_office.desk("dinkes") as desk:
        flow.begin(desk, task_id)
    web_office.now += timedelta(days=14)
    with web_office.desk(BIDANG) as desk:
        assert not reading.inbox(desk, only="late").rows
        assert not reading.inbox(desk, only="escalated").rows
    web_office.upload("dinkes", task_id, "website_data")
    task_id = finish(web_office, "dinkes", task_id, WEBSITE.forms["analyse"].sample)
    with web_office.desk(BIDANG) as desk:
        view = flow.begin(desk, task_id)
        clock = deadlines.task_clock(view)
        assert (clock.waiting, clock.working) == (timedelta(), timedelta())
        assert view.task.due_at > web_office.now + timedelta(days=7)
    with web_office.desk(None) as desk:
        tasks = desk.session.scalars(select(Task).where(Task.request_id == request_id, Task.state == "finished"))
        assert {task.step: task.working for task in tasks if task.position_id is not None and task.working} == {}


def test_an_answer_of_no_returns_the_request_with_reasons(web_office):
    request_id, task_id = submit(web_office)
    decision = to_decision(web_office, task_id)
    with pytest.raises(Invalid) as refused:
        finish(web_office, BIDANG, decision, {"outcome": "return"})
    assert {"reasons", "explanation", "fields_concerned"} <= set(refused.value.fields)
    told = {"reasons": ["Lainnya"], "explanation": "KAK belum lengkap.", "fields_concerned": ["kak"]}
    again = finish(web_office, BIDANG, decision, {"outcome": "return", **told})
    assert row(web_office, request_id).state == "returned"
    same, task_id = submit(web_office, task_id=again)
    task_id = to_existence(web_office, task_id)
    assert (same, row(web_office, request_id).revision) == (request_id, 2)


@pytest.mark.parametrize(
    ("different", "field"),
    [
        ({"name_label": ""}, "name_label"),
        ({"name_label": "www"}, "name_label"),
        ({"site": "lain.example.test"}, "site"),
    ],
)
def test_a_website_has_a_name_or_is_one_of_the_unit_s(web_office, different, field):
    with pytest.raises(Invalid) as refused:
        submit(web_office, **different)
    assert set(refused.value.fields) == {field}


def test_what_is_said_to_be_ready_is_enclosed(web_office):
    with pytest.raises(Invalid) as refused:
        submit(web_office, application=False, prepared="ready")
    assert set(refused.value.fields) == {"application"}


@pytest.mark.parametrize("scanned", ["pending", "failed", "done", "partly", ""])
def test_an_application_that_can_t_be_trusted_is_not_installed(web_office, scanned):
    _, task_id = submit(web_office)
    task_id = to_existence(web_office, task_id)
    send_application(web_office, BIDANG, task_id, "<?php eval($_GET['x']);", scanned)
    if scanned == "done":
        with web_office.desk(None) as desk:
            run = desk.session.scalars(select(ScanRun).order_by(ScanRun.id.desc()).limit(1)).one()
            grave = {"scanner": "tapak.web_shells", "rule": "eval", "severity": "critical", "text": "Web shell."}
            desk.session.add(ScanFinding(run_id=run.id, **grave))
    with pytest.raises(Invalid) as refused:
        finish(web_office, BIDANG, task_id, {"outcome": "exists"})
    assert set(refused.value.fields) == {"application"}


def test_an_update_is_a_new_release_of_the_service_that_stands(web_office):
    first = website(web_office)
    before = resources(web_office, first)
    request_id, task_id = submit(web_office, site=NAME, name_label="", content="<h1>Baru</h1>")
    task_id = to_existence(web_office, task_id)
    assert row(web_office, request_id).service_id == row(web_office, first).service_id
    with web_office.desk(BIDANG) as desk:
        view = flow.task_view(desk, task_id)
        stands = {"site": NAME, "runtime": "php", "database": "mariadb"}
        assert stands.items() <= view.kind.initial(view).items()
    task_id = finish(web_office, BIDANG, task_id)
    with web_office.desk(BIDANG) as desk:
        flow.begin(desk, task_id)
    after = resources(web_office, request_id)
    changed = {key for key, each in after.items() if each.generation > before[key].generation}
    assert (set(after), changed) == (set(before), {"release"})
    assert after["release"].spec["sha256"] != before["release"].spec["sha256"]
    to_end(web_office, request_id, task_id)
    with web_office.desk(BIDANG) as desk:
        newest, _ = registers.rows(desk, "tarakan.website_configuration", registers.Asked(words=NAME))
        assert (newest.content["work"], newest.content["runtime"]) == ("updated", "php")
        assert len(registers.rows(desk, "tapak.names")) == 1
        assert [paper.kind for paper in papers.papers(desk, request_id) if paper.kind == "website_report"]


def test_a_letter_that_asks_for_a_new_one_is_taken_to_what_the_unit_has(web_office):
    first = website(web_office)
    request_id, task_id = submit(web_office, name_label="profil-baru")
    task_id = to_existence(web_office, task_id)
    reserved = row(web_office, request_id).service_id
    assert reserved != row(web_office, first).service_id
    with pytest.raises(Invalid) as refused:
        finish(web_office, BIDANG, task_id, {"outcome": "absent", "site": NAME})
    assert set(refused.value.fields) == {"site"}
    task_id = finish(web_office, BIDANG, task_id, {"outcome": "exists", "site": NAME})
    with web_office.desk(BIDANG) as desk:
        flow.begin(desk, task_id)
        assert desk.session.get_one(Service, (web_office.tenant.id, reserved)).state == "ended"
        assert desk.session.scalars(select(HeldName.name)).all() == [NAME]
    assert row(web_office, request_id).service_id == row(web_office, first).service_id


def test_an_update_that_comes_to_nothing_leaves_the_service_as_it_was(web_office):
    first = website(web_office)
    before = resources(web_office, first)
    request_id, task_id = submit(web_office, site=NAME, name_label="", content="<h1>Baru</h1>")
    task_id = finish(web_office, BIDANG, to_existence(web_office, task_id))
    with web_office.desk(BIDANG) as desk:
        flow.begin(desk, task_id)
    with web_office.desk("dinkes") as desk:
        ends.withdraw(desk, request_id, "Tidak jadi")
    after = resources(web_office, first)
    assert {key: each.spec for key, each in after.items()} == {key: each.spec for key, each in before.items()}
    with web_office.desk(None) as desk:
        service = desk.session.get_one(Service, (web_office.tenant.id, row(web_office, first).service_id))
        assert service.request_id == first
    assert row(web_office, request_id).service_id is None


def test_an_update_that_comes_to_nothing_undoes_only_what_it_did_itself(web_office):
    first = website(web_office, sftp_account=True)
    request_id, task_id = submit(web_office, site=NAME, name_label="", content="<h1>Baru</h1>")
    task_id = finish(web_office, BIDANG, to_existence(web_office, task_id))
    with web_office.desk(BIDANG) as desk:
        flow.begin(desk, task_id)
    go_live(web_office, request_id)
    service_id = row(web_office, first).service_id
    with web_office.desk(None) as desk:
        provisioning.alter(desk.session, service_id, "release", lambda spec: replace(spec, sha256="c" * 64))
        provisioning.alter(desk.session, service_id, "account", lambda spec: replace(spec, keys=("ssh-ed25519 AAAA",)))
    with web_office.desk("dinkes") as desk:
        ends.withdraw(desk, request_id, "Tidak jadi")
    after = resources(web_office, first)
    assert after["release"].spec["sha256"] == "c" * 64
    assert after["account"].spec["keys"] == ["ssh-ed25519 AAAA"]


def test_an_update_that_comes_to_nothing_before_it_is_begun_touches_nothing(web_office):
    first = website(web_office)
    service_id = row(web_office, first).service_id
    request_id, task_id = submit(web_office, site=NAME, name_label="", content="<h1>Baru</h1>")
    to_existence(web_office, task_id)
    with web_office.desk(None) as desk:
        provisioning.alter(desk.session, service_id, "release", lambda spec: replace(spec, sha256="c" * 64))
    before = resources(web_office, first)
    with web_office.desk("dinkes") as desk:
        ends.withdraw(desk, request_id, "Tidak jadi")
    after = resources(web_office, first)
    assert {key: (each.spec, each.generation) for key, each in after.items()} == {
        key: (each.spec, each.generation) for key, each in before.items()
    }


def test_an_update_and_a_change_of_one_website_at_once_don_t_meet(web_office, owner_database):
    first = website(web_office)
    service_id = row(web_office, first).service_id
    settings = {**web_office.tenant.settings, "procedures": [SERVICE, "tarakan.website_change"]}
    with owner_database.begin() as session:
        session.execute(update(Tenant).where(Tenant.id == web_office.tenant.id).values(settings=settings))
    web_office.tenant.settings = settings
    _, task_id = submit(web_office, site=NAME, name_label="")
    decision = to_decision(web_office, task_id)
    with web_office.desk("dinkes") as desk:
        change = flow.start_request(desk, "tarakan.website_change", concerns=service_id, change="officer")
        flow.begin(desk, change)
    web_office.upload("dinkes", change, "request_letter")
    with web_office.desk("dinkes") as desk:
        view = flow.task_view(desk, change)
        sample = {name: value for name, value in WEBSITE.submission.sample.items() if name.startswith("letter_")}
        told = {**view.kind.initial(view), **sample, "letter_date": "2026-11-13", "statement": True}
        told |= {"responsible_officer_name": "Pejabat Pengganti", "change_reason": "Mutasi jabatan."}
    given = {name: value for name, value in told.items() if name in view.kind.schema(view).fields}

    with web_office.desk(BIDANG) as desk:
        approval = {**flow.begin(desk, decision).kind.initial(flow.task_view(desk, decision)), "outcome": "approve"}

    def take_up():
        with web_office.desk(BIDANG) as desk:
            flow.finish(desk, decision, approval)

    def submit_change():
        with web_office.desk("dinkes") as desk:
            flow.finish(desk, change, given)

    told = at_once(web_office, select(Service.id).where(Service.id == service_id), take_up, submit_change)
    assert told == ["conflict", "done"]


def test_two_updates_of_one_website_don_t_meet(web_office):
    website(web_office)
    submit_update = {"site": NAME, "name_label": ""}
    first, task_id = submit(web_office, **submit_update)
    to_existence(web_office, task_id)
    _, task_id = submit(web_office, **submit_update)
    decision = to_decision(web_office, task_id)
    with pytest.raises(Conflict) as refused:
        finish(web_office, BIDANG, decision, {"outcome": "approve"})
    assert row(web_office, first).number in refused.value.message


def test_a_service_is_taken_up_with_its_first_declaration_too(web_office):
    first = website(web_office)
    before = resources(web_office, first)

    def all_but_names(view):
        stands = [each for service in view.services for each in service.resources if each.key != "name"]
        return stands if "exists" in view.results else ()

    reserves_nothing = replace(WEBSITE, desired_resources=all_but_names)
    procedures = {**web_office.registry.procedures, WEBSITE.code: reserves_nothing}
    web_office.registry = replace(web_office.registry, procedures=procedures)
    request_id, task_id = submit(web_office, site=NAME, name_label="", content="<h1>Baru</h1>")
    task_id = finish(web_office, BIDANG, to_existence(web_office, task_id))
    assert row(web_office, request_id).service_id is None
    with web_office.desk(BIDANG) as desk:
        flow.begin(desk, task_id)
    assert row(web_office, request_id).service_id == row(web_office, first).service_id
    assert resources(web_office, request_id)["release"].spec == before["release"].spec


def test_another_unit_s_website_is_not_offered(web_office):
    website(web_office)
    with pytest.raises(Invalid) as refused:
        submit(web_office, "dishub", site=NAME, name_label="")
    assert set(refused.value.fields) == {"site"}


def test_a_better_archive_is_what_is_tried_again(web_office):
    request_id, task_id = submit(web_office)
    task_id = finish(web_office, BIDANG, to_existence(web_office, task_id), {"runtime": "php", "database": "none"})
    with web_office.desk(BIDANG) as desk:
        flow.begin(desk, task_id)
        desk.session.execute(text("update resource set state = 'failed' where key = 'release'"))
    sha256 = send_application(web_office, BIDANG, task_id, "<h1>Diperbaiki</h1>")
    with web_office.desk(BIDANG) as desk:
        services.retry(desk, request_id)
    release = resources(web_office, request_id)["release"]
    assert (release.state, release.spec["sha256"], release.generation) == ("planned", sha256, 2)


def test_what_the_register_names_is_what_is_online(web_office):
    request_id, task_id = submit(web_office)
    task_id = finish(web_office, BIDANG, to_existence(web_office, task_id), {"runtime": "php", "database": "none"})
    with web_office.desk(BIDANG) as desk:
        flow.begin(desk, task_id)
    go_live(web_office, request_id)
    sha256 = send_application(web_office, BIDANG, task_id, "<h1>Menyusul</h1>")
    with pytest.raises(MissingInput) as refused:
        finish(web_office, BIDANG, task_id)
    assert set(refused.value.fields) == {"resources"}
    assert f"Rilis aplikasi {NAME}" in refused.value.message
    with web_office.desk(BIDANG) as desk:
        assert [each.identity for each in services.outdated(flow.task_view(desk, task_id))] == [f"{NAME}/release"]
        services.retry(desk, request_id)
    go_live(web_office, request_id)
    finish(web_office, BIDANG, task_id)
    with web_office.desk(BIDANG) as desk:
        (line,) = registers.rows(desk, "tarakan.website_configuration", registers.Asked(words="profil"))
    assert line.content["sha256"] == sha256 == resources(web_office, request_id)["release"].spec["sha256"]
