"""Settings of procedures as their admin changes them: what they do to requests, from which day, and back again."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from tapak.cli.tenant_file import apply_tenant
from tapak.cli.tenant_schema import TenantFileProblem
from tapak.db.wake import take_lease
from tapak.jobs.doctor import findings
from tapak.jobs.handlers import HANDLERS
from tapak.plugins import registry
from tapak.requests import flow, version_moves
from tapak.requests.advance import CALENDAR
from tapak.requests.models import Request
from tapak.requests.snapshots import offered_procedure
from tapak.sdk.errors import Conflict, Forbidden, Invalid, MissingInput, Stale
from tapak.settings import service
from tapak.tenants.models import Position, Tenant

from .test_calendar_change import with_days
from .test_flow import RETURN, reasons, to_decision

STEPS = "procedure.tarakan.hosting"


def change(office, key, values, *, who="admin", **told):
    """``values`` over what is set; the office's tenant is read anew, as a request's is."""
    with office.desk(who) as desk:
        look = service.find(desk, key)
        made = service.save(desk, key, {**look.values, **values}, note="uji", version=look.version, **told)
        told = made.row.id
    refresh(office)
    return told


def refresh(office):
    with office.database.begin() as session:
        office.tenant = session.get_one(Tenant, office.tenant.id)


def submit(office, submission, **different):
    with office.desk("dinkes") as desk:
        first = flow.start_request(desk, "tarakan.hosting")
    office.upload("dinkes", first, "request_letter")
    with office.desk("dinkes") as desk:
        return flow.finish(desk, first, submission(**different)).next_task_id


def allowed(office, task_id, key="register_letter"):
    with office.desk("kasubbag_umum") as desk:
        return flow.task_view(desk, task_id).procedure.step(key).allowed


def test_a_limit_counts_for_new_requests_and_comes_back(office, submission):
    before = submit(office, submission)
    printed = allowed(office, before)
    with office.desk("admin") as desk:
        planned = service.preview(desk, STEPS, {"register_letter:amount": "90", "register_letter:unit": "minute"})
        assert [each.number != "" for each in planned.keeping] == [True]
        assert planned.touched == planned.stranded == ()
    made = change(office, STEPS, {"register_letter:amount": "90", "register_letter:unit": "minute"})
    after = submit(office, submission, name_label="kedua")
    assert (allowed(office, after).amount, allowed(office, before)) == (90, printed)
    with office.desk("kasubbag_umum") as desk:
        view = flow.begin(desk, after)
        assert view.task.due_at == desk.calendar.due(office.now, view.step.limit)
        assert view.step.time_standard == printed
    with office.desk("admin") as desk:
        moved, other = (flow.task_view(desk, each).row for each in (before, after))
        assert [each.same for each in version_moves.targets(desk, moved.id)] == [True]
        assert version_moves.targets(desk, other.id) == ()
        version_moves.move(desk, moved.id, 1, "Menyesuaikan batas waktu")
    assert allowed(office, before).amount == 90
    with office.desk("admin") as desk:
        service.undo(desk, made)
    refresh(office)
    assert allowed(office, submit(office, submission, name_label="ketiga")) == printed
    with office.desk("admin") as desk:
        told = [(each.state, each.row.before, each.row.made_by) for each in service.history(desk, STEPS)]
    values = {"register_letter:amount": 90}
    assert told == [("done", values, "Nama admin"), ("undone", {}, "Nama admin")]
    with office.desk("admin") as desk, pytest.raises(Conflict):
        service.undo(desk, made)


def test_what_is_asked_for_in_addition_holds_a_step_up(office, submission):
    change(office, STEPS, {"submit:added": ["Foto KTP"], "register_letter:added": ["Kartu kendali"]})
    with pytest.raises(MissingInput, match="added_1'\\]"):
        submit(office, submission)
    with office.desk("dinkes") as desk:
        first = flow.start_request(desk, "tarakan.hosting")
    for kind in ("request_letter", "added_1"):
        office.upload("dinkes", first, kind)
    with office.desk("dinkes") as desk:
        task_id = flow.finish(desk, first, submission()).next_task_id
    form = {"archive_code": "000.8", "scan_confirmed": True}
    with office.desk("kasubbag_umum") as desk:
        view = flow.begin(desk, task_id)
        form = {**view.kind.initial(view), **form}
        with pytest.raises(MissingInput, match="Kartu kendali'\\]"):
            flow.finish(desk, task_id, form)
    with office.desk("kasubbag_umum") as desk, pytest.raises(Invalid):
        flow.finish(desk, task_id, {**form, "confirmed": ["Lain"]})
    with office.desk("kasubbag_umum") as desk:
        assert flow.finish(desk, task_id, {**form, "confirmed": ["Kartu kendali"]}).next_task_id


def test_what_lacks_an_addition_can_still_be_returned(office, submission):
    change(office, STEPS, {"decide:added": ["Rekomendasi"]})
    _, task_id = to_decision(office, submission)
    with office.desk("kabid_aplikasi") as desk, pytest.raises(MissingInput, match="Rekomendasi"):
        flow.finish(desk, task_id, {"outcome": "approve"})
    returned = {**RETURN, "reasons": reasons(office, task_id)}
    with office.desk("kabid_aplikasi") as desk:
        assert flow.finish(desk, task_id, returned).next_task_id


def test_unreadable_cells_are_corrected_and_marked_so(office):
    values = {"close:standard": "2 jam", "close:output": ["Arsip"], "close:read": ["actor"]}
    with office.desk("admin") as desk:
        look = service.find(desk, STEPS)
        last = [name.partition(":")[0] for name in look.section.schema().fields if name.endswith(":standard")][-1]
    values = {name.replace("close", last): value for name, value in values.items()}
    with pytest.raises(Invalid, match="not valid"):
        change(office, STEPS, {**values, f"{last}:standard": "sebentar"})
    change(office, STEPS, values)
    with office.desk("dinkes") as desk:
        step = offered_procedure(desk, "tarakan.hosting").step(last)
    assert (step.time_standard.amount, step.time_standard.unit, step.output) == (2, "hour", ("Arsip",))
    assert step.inferred == {"required_inputs"}


def test_a_later_day_waits_and_can_be_called_off(office):
    today = office.now.date()
    day = today + timedelta(days=14)
    made = change(office, "names", {"naming_decree": "Perwali 3/2026"}, effective_from=day)
    with office.desk("admin") as desk:
        assert service.find(desk, "names").values == service.in_force(desk, "names", today) == {}
        assert service.in_force(desk, "names", day) == {"naming_decree": "Perwali 3/2026"}
        assert [each.state for each in service.history(desk)] == ["pending"]
        service.undo(desk, made)
        assert service.in_force(desk, "names", day) == {}
    with pytest.raises(Invalid):
        change(office, "names", {"naming_decree": "x"}, effective_from=today - timedelta(days=1))
    made = change(office, "names", {"naming_decree": "Perwali 4/2026"}, effective_from=day)
    with office.desk(None) as desk:
        assert service.take_effect(desk, made)
    office.now += timedelta(days=14)
    with office.desk(None) as desk:
        assert service.take_effect(desk, made) == ""
    with office.desk("admin") as desk:
        assert service.find(desk, "names").values == {"naming_decree": "Perwali 4/2026"}
        assert service.in_force(desk, "names", today) == {}


def test_what_is_in_the_way_on_its_day_is_told(office, submission):
    made = change(office, "offered", {"procedures": []}, effective_from=office.now.date() + timedelta(days=2))
    submit(office, submission)
    with office.database.session(office.tenant.id) as session:
        lease = take_lease(session, service.DUE, made, 30)
        HANDLERS[service.DUE](SimpleNamespace(registry=registry()), session, lease)
    with office.desk("admin") as desk:
        told = [each.subject for each in findings(desk.session)]
        assert f"setting_change {made}" in told
        assert service.find(desk, "offered").values == {"procedures": ["tarakan.hosting"]}


def test_the_waiting_limit_moves_open_tasks(office, submission):
    task_id = submit(office, submission)
    change(office, "time", {"waiting_limit_minutes": 30, "reminder_days": [14]})
    with office.database.session(office.tenant.id) as session:
        lease = take_lease(session, CALENDAR, office.tenant.id, 30)
        HANDLERS[CALENDAR](SimpleNamespace(registry=registry()), session, lease)
    with office.desk("kasubbag_umum") as desk:
        task = flow.task_view(desk, task_id).task
        assert task.deadline == task.arrived_at + timedelta(minutes=30)


def test_what_would_strand_requests_is_refused_with_their_list(office, submission):
    submit(office, submission)
    with office.database.begin(office.tenant.id) as session:
        session.add(Position(key="kosong", title="Jabatan kosong"))
        number = session.scalars(select(Request.number)).one()
    label = submission()["name_label"]
    for key, values, name in (
        ("offered", {"procedures": []}, "procedures"),
        ("names", {"reserved_names": [label]}, "reserved_names"),
        ("plugin.tarakan", {"reserved_names": [label]}, "reserved_names"),
        (STEPS, {"actor:kadis": "kosong"}, "actor:kadis"),
    ):
        with pytest.raises(Conflict) as refused:
            change(office, key, values)
        assert [told.startswith(number) for told in refused.value.fields[name]] == [True], key
        with office.desk("admin") as desk:
            assert len(service.preview(desk, key, values).stranded) == 1
            assert service.find(desk, key).values.get(name) != values[name]


def test_names_and_quotas_hold_from_then_on(office, submission):
    change(office, "names", {"naming_patterns": ["opd-*"], "naming_decree": "Perwali 3/2026"})
    with pytest.raises(Invalid) as refused:
        submit(office, submission)
    told = " ".join(refused.value.fields["name_label"])
    assert "opd-*" in told and "Perwali 3/2026" in told
    submit(office, submission, name_label="opd-satu")
    change(office, "quotas", {"services_per_unit": 5, "unit:dinkes": 1})
    with office.desk("dinkes") as desk, pytest.raises(Conflict, match="quota of 1"):
        flow.start_request(desk, "tarakan.hosting")
    with office.desk("dishub") as desk:
        assert flow.start_request(desk, "tarakan.hosting")


def test_an_agencys_file_is_checked_and_told_in_the_history(office, owner_database, tmp_path):
    def apply(**steps):
        settings = {"steps": {"tarakan.hosting": steps}}
        apply_tenant(
            owner_database, {**with_days(office.tenant), "settings": settings}, registry(), identities=tmp_path / "ids"
        )

    with pytest.raises(TenantFileProblem):
        apply(**{"register_letter:amount": "banyak"})
    with pytest.raises(TenantFileProblem):
        apply(**{"nowhere:amount": 5})
    apply(**{"register_letter:amount": 25})
    apply(**{"register_letter:amount": 25})
    with office.desk("admin") as desk:
        (told,) = [each.row for each in service.history(desk, STEPS)]
    assert (told.after, told.made_by) == ({"register_letter:amount": 25}, "tapak tenant apply")


def test_only_the_admin_changes_and_only_what_was_seen(office):
    with office.desk("kadis") as desk, pytest.raises(Forbidden):
        service.listed(desk)
    with office.desk("admin") as desk:
        seen = service.find(desk, "time").version
    change(office, "time", {"waiting_limit_minutes": 45})
    with office.desk("admin") as desk, pytest.raises(Stale):
        service.save(desk, "time", {}, note="", version=seen)
    with office.desk("admin") as desk, pytest.raises(Invalid) as refused:
        service.preview(desk, "time", {"waiting_limit_minutes": 0, "unknown": 1})
    assert set(refused.value.fields) == {"waiting_limit_minutes", "unknown"}
