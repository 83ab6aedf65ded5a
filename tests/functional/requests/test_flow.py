"""The life of a request through the service layer, on PostgreSQL behind row-level security."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tapak.accounts.models import Account
from tapak.engine.states import BadMove
from tapak.inventory.models import Address, HeldName
from tapak.provisioning.models import Resource
from tapak.requests import deadlines, ends, facts, flow, reading, registers
from tapak.requests.models import Request, Revision, Task
from tapak.sdk.errors import Conflict, Forbidden, Invalid, MissingInput, NotFound, Stale

REVIEW = {
    "server_ok": True,
    "bandwidth_ok": True,
    "name_ok": True,
    "address": "198.51.100.1",
    "findings": "Mencukupi.",
    "recommendation": "approve",
}
RETURN = {
    "outcome": "return",
    "reasons": None,
    "explanation": "Nama subdomain belum sesuai.",
    "fields_concerned": ["name_label"],
}


def submit(office, submission, who="dinkes", **different):
    with office.desk(who) as desk:
        task_id = flow.start_request(desk, "tarakan.hosting")
    office.upload(who, task_id, "request_letter")
    with office.desk(who) as desk:
        done = flow.finish(desk, task_id, submission(**different))
        return done.request_id, done.next_task_id


def finish(office, who, task_id, data=None, version=None):
    with office.desk(who) as desk:
        view = flow.begin(desk, task_id)
        form = {**view.kind.initial(view), **(data or {})}
        done = flow.finish(desk, task_id, form, version)
        return done.next_task_id


def to_decision(office, submission, **different):
    request_id, task = submit(office, submission, **different)
    task = finish(office, "kasubbag_umum", task, {"archive_code": "000.8", "scan_confirmed": True})
    task = finish(office, "kadis", task)
    with office.desk(None) as desk:
        facts.store(desk, task, ())
    return request_id, finish(office, "kabid_aplikasi", task, REVIEW)


def reasons(office, task):
    with office.desk("kabid_aplikasi") as desk:
        view = flow.task_view(desk, task)
        rules = view.kind.schema(view).fields["reasons"].validators
        return [next(rule.choices[0] for rule in rules if hasattr(rule, "choices"))]


def test_a_submission_takes_number_code_and_the_first_turn(office, submission):
    request_id, task_id = submit(office, submission)
    with office.desk("kasubbag_umum") as desk:
        request = desk.session.get(Request, (office.tenant.id, request_id))
        assert request.number == "001/HOST/DKISP/XI/2026"
        assert len(request.tracking_code) == 8
        assert (request.state, request.step, request.revision) == ("submitted", "register_letter", 1)
        assert request.promised_end == request.expected_end > office.now
        row = reading.inbox(desk).rows[0]
        assert (row.task_id, row.step_number, row.overdue) == (task_id, "2", False)


def test_each_step_goes_to_its_own_position(office, submission):
    _, task_id = submit(office, submission)
    with office.desk("kadis") as desk, pytest.raises(Forbidden):
        flow.finish(desk, task_id, {})
    with office.desk("dishub") as desk, pytest.raises(NotFound):
        flow.task_view(desk, task_id)


def test_the_tenant_s_choice_of_a_position_holds_for_the_disposition_too(office, submission):
    actors = {"tarakan.hosting": {"bidang": "sekretaris"}}
    office.tenant.settings = {**office.tenant.settings, "actors": actors}
    _, task_id = submit(office, submission)
    dispose = finish(office, "kasubbag_umum", task_id, {"archive_code": "000.8", "scan_confirmed": True})
    with office.desk("kadis") as desk:
        view = flow.begin(desk, dispose)
        assert view.kind.initial(view)["forwarded_to"] == ["sekretaris"]
    review = finish(office, "kadis", dispose)
    with office.desk("sekretaris") as desk:
        assert flow.begin(desk, review).task.state == "started"


def test_a_missing_required_input_is_named(office, submission):
    with office.desk("dinkes") as desk:
        task_id = flow.start_request(desk, "tarakan.hosting")
    with office.desk("dinkes") as desk, pytest.raises(MissingInput) as told:
        flow.finish(desk, task_id, submission())
    assert "Surat permohonan OPD" in told.value.message
    assert "document:request_letter" in told.value.fields


@pytest.mark.parametrize(
    "label", ["www", "*", "www\n", "-a", "a_b", "аpp", "xn--80ak6aa92e", "a.b", "x" * 64, "", "ＡＢ", "a b", "mail"]
)
def test_a_bad_name_is_refused_at_its_field(office, submission, label):
    with office.desk("dinkes") as desk:
        task_id = flow.start_request(desk, "tarakan.hosting")
    office.upload("dinkes", task_id, "request_letter")
    with office.desk("dinkes") as desk, pytest.raises(Invalid) as told:
        flow.finish(desk, task_id, submission(name_label=label))
    assert told.value.fields["name_label"]


def test_a_stale_decision_is_refused_and_changes_nothing(office, submission):
    request_id, task_id = to_decision(office, submission)
    with office.desk("kabid_aplikasi") as desk:
        seen = desk.session.get(Request, (office.tenant.id, request_id)).version
        flow.begin(desk, task_id)
    with office.desk("kabid_aplikasi") as desk, pytest.raises(Stale):
        flow.finish(desk, task_id, {"outcome": "approve"}, seen)
    with office.desk("kabid_aplikasi") as desk:
        assert desk.session.get(Task, (office.tenant.id, task_id)).state == "started"


def test_a_finished_step_is_not_finished_again(office, submission):
    _, task_id = submit(office, submission)
    finish(office, "kasubbag_umum", task_id, {"archive_code": "000.8", "scan_confirmed": True})
    with office.desk("kasubbag_umum") as desk, pytest.raises(Conflict):
        flow.finish(desk, task_id, {"archive_code": "000.8", "scan_confirmed": True})


def test_an_ended_task_takes_no_act_and_every_door_says_the_same(office, submission):
    request_id, _ = submit(office, submission)
    with office.desk("dinkes") as desk:
        first = desk.session.scalars(select(Task.id).where(Task.request_id == request_id).order_by(Task.id)).first()

    def refused(act):
        with pytest.raises(BadMove) as told, office.desk("dinkes") as desk:
            act(desk)
        return told.value.message

    said = {
        refused(lambda desk: flow.begin(desk, first)),
        refused(lambda desk: flow.save_draft(desk, first, {})),
        refused(lambda desk: flow.finish(desk, first, submission())),
        refused(lambda _desk: office.upload("dinkes", first, "request_letter")),
    }
    assert len(said) == 1


def test_a_return_keeps_number_and_answers_and_opens_a_revision(office, submission):
    request_id, task_id = to_decision(office, submission)
    back = finish(office, "kabid_aplikasi", task_id, {**RETURN, "reasons": reasons(office, task_id)})
    with office.desk("dinkes") as desk:
        view = flow.task_view(desk, back)
        assert view.row.state == "returned"
        assert view.kind.initial(view)["system_name"] == view.row.answers["system_name"]
        with pytest.raises(MissingInput):
            flow.finish(desk, back, submission(name_label="baru"))
    office.upload("dinkes", back, "request_letter")
    with office.desk("dinkes") as desk:
        flow.finish(desk, back, submission(name_label="baru", letter_number="2/2026"))
        request = desk.session.get(Request, (office.tenant.id, request_id))
        assert (request.number, request.revision, request.step) == ("001/HOST/DKISP/XI/2026", 2, "register_letter")
    with office.desk("kasubbag_umum") as desk:
        kept = desk.session.scalars(select(Revision).where(Revision.request_id == request_id)).all()
        assert [revision.answers["name_label"] for revision in kept] == [SUBMITTED_LABEL, "baru"]


SUBMITTED_LABEL = "antrean"


def test_a_second_letter_takes_an_agenda_number_of_its_own(office, submission):
    _, task_id = to_decision(office, submission)
    back = finish(office, "kabid_aplikasi", task_id, {**RETURN, "reasons": reasons(office, task_id)})
    office.upload("dinkes", back, "request_letter")
    with office.desk("dinkes") as desk:
        register = flow.finish(desk, back, submission(name_label="baru")).next_task_id
    finish(office, "kasubbag_umum", register, {"archive_code": "000.8", "scan_confirmed": True})
    with office.desk("kasubbag_umum") as desk:
        rows = registers.rows(desk, "tapak.agenda")
        assert [row.number for row in rows] == ["2", "1"]


def test_approval_reserves_name_and_address_once(office, submission):
    _, first = to_decision(office, submission)
    _, second = to_decision(office, submission, who="dishub")
    finish(office, "kabid_aplikasi", first, {"outcome": "approve"})
    with pytest.raises(Conflict):
        finish(office, "kabid_aplikasi", second, {"outcome": "approve"})
    with office.desk("kabid_aplikasi") as desk:
        held = desk.session.scalars(select(HeldName)).one()
        assert (held.name, held.state) == (f"{SUBMITTED_LABEL}.example.test", "reserved")


def test_withdrawal_gives_back_what_was_reserved(office, submission):
    request_id, task_id = to_decision(office, submission)
    finish(office, "kabid_aplikasi", task_id, {"outcome": "approve"})
    with office.desk("dinkes") as desk:
        ends.withdraw(desk, request_id, "Tidak jadi dipakai")
    with office.desk("kabid_aplikasi") as desk:
        assert desk.session.scalars(select(HeldName)).all() == []
        assert desk.session.scalars(select(Task.id).where(Task.deadline.is_not(None))).all() == []
        assert desk.session.get(Request, (office.tenant.id, request_id)).state == "cancelled"


def test_the_provision_step_declares_site_and_name_and_waits_for_them(office, submission):
    _, task_id = to_decision(office, submission)
    provision = finish(office, "kabid_aplikasi", task_id, {"outcome": "approve"})
    with office.desk("kabid_aplikasi") as desk:
        flow.begin(desk, provision)
        declared = desk.session.scalars(select(Resource).order_by(Resource.id)).all()
        assert [(row.kind, row.identity, row.state) for row in declared] == [
            ("site", f"{SUBMITTED_LABEL}.example.test", "planned"),
            ("record_set", f"{SUBMITTED_LABEL}.example.test/A", "planned"),
        ]
    with office.desk("kabid_aplikasi") as desk, pytest.raises(MissingInput):
        flow.finish(desk, provision, {})


def test_nobody_decides_on_an_own_request(office, submission):
    with office.desk("kabid_aplikasi") as desk:
        nip = "197001011995011001"
        desk.session.get_one(Account, (office.tenant.id, office.accounts["kabid_aplikasi"])).nip = nip
    _, task_id = to_decision(office, submission, responsible_officer_nip=nip)
    with office.desk("kabid_aplikasi") as desk:
        task = desk.session.get(Task, (office.tenant.id, task_id))
        assert "tidak boleh memutuskan" in task.note
        with pytest.raises(Forbidden):
            flow.finish(desk, task_id, {"outcome": "approve"})


def test_clocks_keep_waiting_and_working_apart(office, submission):
    _, task_id = submit(office, submission)
    office.now += timedelta(minutes=20)
    with office.desk("kasubbag_umum") as desk:
        view = flow.begin(desk, task_id)
        assert view.task.due_at == office.now + timedelta(minutes=3)
    office.now += timedelta(minutes=2)
    finish(office, "kasubbag_umum", task_id, {"archive_code": "000.8", "scan_confirmed": True})
    with office.desk("kasubbag_umum") as desk:
        task = desk.session.get(Task, (office.tenant.id, task_id))
        assert (task.waiting, task.working) == (20 * 60, 2 * 60)


def test_a_late_step_moves_the_expected_end_and_escalates(office, submission):
    request_id, task_id = submit(office, submission)
    with office.desk(None) as desk:
        promised = desk.session.get(Request, (office.tenant.id, request_id)).promised_end
    office.now = datetime(2026, 11, 18, 6, 0, tzinfo=UTC)
    with office.desk(None) as desk:
        deadlines.passed(desk, task_id)
    with office.desk("dinkes") as desk:
        request = desk.session.get(Request, (office.tenant.id, request_id))
        assert request.expected_end > request.promised_end == promised
        assert any(event.kind == "task.overdue" for event in reading.timeline(desk, request_id))


def test_tracking_needs_number_and_code(office, submission):
    request_id, _ = submit(office, submission)
    with office.desk("dinkes") as desk:
        request = desk.session.get(Request, (office.tenant.id, request_id))
        number, code = request.number, request.tracking_code
    with office.desk(None) as desk:
        assert reading.track(desk, number, code.lower()).request.id == request_id
        for wrong in ((number, "AAAAAAAA"), ("000/X", code), ("", "")):
            with pytest.raises(NotFound):
                reading.track(desk, *wrong)


def test_an_admin_moves_a_request_and_it_is_on_record(office, submission):
    request_id, _ = submit(office, submission)
    with office.desk("kadis") as desk, pytest.raises(Forbidden):
        ends.move(desk, request_id, "dispose", "Surat sudah diagendakan di luar sistem")
    with office.desk("admin") as desk:
        ends.move(desk, request_id, "dispose", "Surat sudah diagendakan di luar sistem")
    with office.desk("kadis") as desk:
        assert [row.step for row in reading.inbox(desk).rows] == ["dispose"]
        assert reading.timeline(desk, request_id)[-1].kind == "request.moved"


def test_drafts_are_kept_unchecked_and_only_known_fields(office):
    with office.desk("dinkes") as desk:
        task_id = flow.start_request(desk, "tarakan.hosting")
        flow.save_draft(desk, task_id, {"name_label": "www\n", "unknown": 1})
    with office.desk("dinkes") as desk:
        assert flow.task_view(desk, task_id).task.draft == {"name_label": "www\n"}
        assert reading.requests_of(desk)[0].state == "draft"
    with office.desk("kadis") as desk:
        assert reading.requests_of(desk) == ()


def test_a_draft_is_called_by_its_service_and_what_was_typed_so_far(office):
    def called(**typed):
        with office.desk("dinkes") as desk:
            flow.save_draft(desk, task_id, typed)
        with office.desk("dinkes") as desk:
            return reading.requests_of(desk)[0].subject

    with office.desk("dinkes") as desk:
        task_id = flow.start_request(desk, "tarakan.hosting")
        service = flow.task_view(desk, task_id).procedure.service
    assert called() == service
    assert called(name_label=" antrean ", system_name=None) == f"{service} · antrean"
    typed = called(system_name="Antrean Daring", name_zone="tarakankota.go.id")
    assert typed == f"{service} · Antrean Daring · antrean.tarakankota.go.id"
    assert len(called(system_name="x" * 5000, name_label=["a"])) == 200


def test_a_dedicated_address_is_given_once(office, submission):
    review = {**REVIEW, "address": "203.0.113.1"}
    request_id, task = submit(office, submission, address_kind="dedicated")
    task = finish(office, "kasubbag_umum", task, {"archive_code": "000.8", "scan_confirmed": True})
    task = finish(office, "kadis", task)
    with office.desk(None) as desk:
        facts.store(desk, task, ())
    task = finish(office, "kabid_aplikasi", task, review)
    finish(office, "kabid_aplikasi", task, {"outcome": "approve"})
    with office.desk("kabid_aplikasi") as desk:
        given = desk.session.scalars(select(Address).where(Address.service_id.is_not(None))).one()
        assert given.address == "203.0.113.1"
        assert desk.session.get(Request, (office.tenant.id, request_id)).service_id == given.service_id
