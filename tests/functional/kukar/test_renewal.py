"""Pendaftaran ulang: terms, reminders as rows, a list of the late, renewal by few clicks, suspension by the rule."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, text

from tapak.inventory.models import ExpiryReminder, Service
from tapak.monitoring import emergencies, expiry, renewals
from tapak.provisioning.models import Resource
from tapak.requests import flow, reading
from tapak.sdk.errors import Conflict, Forbidden, Invalid, NotFound

LIVE = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
END = date(2027, 11, 16)


@pytest.fixture
def service_id(office) -> int:
    """A hosting service of Dinas Pendidikan that went live on 16 November 2026, with a term of a year."""
    settings = {**office.content["settings"], "service_term_days": 365, "suspend_expired": True}
    office.apply(settings=settings)
    task = office.finish("administrator", office.submit("disdik", "kukar.hosting", name_label="ppdb"))
    task = office.finish("kabid", task, outcome="approve")
    with office.desk("admin") as desk:
        service = desk.session.scalars(select(Service)).one()
        step = flow.task_view(desk, task)
        wanted = step.procedure.desired_resources(step)
        from_plugin = [each.spec.identity for each in wanted]
        assert from_plugin == ["ppdb.kukarkab.go.id", "ppdb.kukarkab.go.id/A"]
        flow.effects.provisioning.declare(desk.session, service.id, wanted, plugins=office.registry)
        found = service.id
    with office.owner.begin() as session:
        session.execute(text("update resource set state = 'live', applied = spec, observed_generation = generation"))
        session.execute(text("update service set state = 'live', live_at = :at"), {"at": LIVE})
    return found


def look(office, day: date) -> None:
    office.now = datetime(day.year, day.month, day.day, 1, 0, tzinfo=UTC)
    with office.desk(None) as desk:
        expiry.look(desk.session, office.tenant, office.now)


def reminded(office) -> list[int]:
    with office.desk("admin") as desk:
        return list(desk.session.scalars(select(ExpiryReminder.days).order_by(ExpiryReminder.id)))


def test_what_went_live_gets_its_last_day_and_reminders_once_each(office, service_id):
    look(office, date(2026, 11, 17))
    with office.desk("disdik") as desk:
        (each,) = renewals.active(desk)
        assert (each.service.expires_on, each.left, each.reminded) == (END, 364, None)
    for before in (61, 60, 59, 30, 12, 7, 7, 2, 1, 0):
        look(office, END - timedelta(days=before))
    assert reminded(office) == [60, 30, 7, 1]


def test_a_look_that_comes_late_reminds_once_of_the_nearest(office, service_id):
    look(office, END - timedelta(days=5))
    assert reminded(office) == [7]


def test_the_late_are_listed_for_staff_and_for_their_own_unit(office, service_id):
    look(office, END)
    with office.desk("admin") as desk:
        assert renewals.active(desk, late=True) == []
    look(office, END + timedelta(days=1))
    for who, count in (("admin", 1), ("disdik", 1), ("desa", 0)):
        with office.desk(who) as desk:
            assert len(renewals.active(desk, late=True)) == count


def test_a_renewal_is_asked_by_the_unit_and_decided_by_an_officer(office, service_id):
    look(office, END - timedelta(days=20))
    with office.desk("disdik") as desk, pytest.raises(Invalid) as refused:
        renewals.ask(desk, service_id, "", still_used=False)
    assert set(refused.value.fields) == {"responsible_officer", "still_used"}
    with office.desk("desa") as desk, pytest.raises(NotFound):
        renewals.ask(desk, service_id, "Pejabat Baru", still_used=True)
    with office.desk("disdik") as desk:
        renewals.ask(desk, service_id, "Pejabat Baru (contoh)", still_used=True)
    with office.desk("disdik") as desk, pytest.raises(Conflict):
        renewals.ask(desk, service_id, "Pejabat Baru (contoh)", still_used=True)
    with office.desk("disdik") as desk, pytest.raises(Forbidden):
        renewals.decide(desk, service_id, approve=True)
    with office.desk("administrator") as desk:
        assert renewals.decide(desk, service_id, approve=True).expires_on == END + timedelta(days=365)
    look(office, END + timedelta(days=40))
    with office.desk("admin") as desk:
        assert desk.session.get_one(Service, (desk.tenant.id, service_id)).suspended_at is None


def test_a_renewal_is_refused_with_a_reason_that_its_unit_reads(office, service_id):
    look(office, END - timedelta(days=20))
    with office.desk("disdik") as desk:
        renewals.ask(desk, service_id, "Pejabat Contoh", still_used=True)
    with office.desk("administrator") as desk, pytest.raises(Invalid) as refused:
        renewals.decide(desk, service_id, approve=False, reason=" ")
    assert set(refused.value.fields) == {"reason"}
    with office.desk("administrator") as desk:
        renewals.decide(desk, service_id, approve=False, reason="Penanggung jawab sudah pindah tugas")
    with office.desk("disdik") as desk:
        (each,) = renewals.active(desk)
        told = reading.timeline(desk, each.service.request_id)[-1].summary
        assert (each.renewal, each.service.expires_on) == (None, END)
        assert each.refused is not None and each.refused.reason == "Penanggung jawab sudah pindah tugas"
        renewals.ask(desk, service_id, "Pejabat Baru (contoh)", still_used=True)
    assert told == "Pendaftaran ulang tidak disetujui: Penanggung jawab sudah pindah tugas"
    with office.desk("disdik") as desk:
        assert renewals.active(desk)[0].refused is None


def test_nobody_decides_on_a_renewal_of_their_own(office, service_id):
    with office.owner.begin() as session:
        mine = "(select id from agency where key = 'diskominfo' and tenant_id = service.tenant_id)"
        session.execute(text(f"update service set agency_id = {mine}"))
    look(office, END - timedelta(days=20))
    with office.desk("kabid") as desk:
        renewals.ask(desk, service_id, "Pejabat Contoh", still_used=True)
    with office.desk("kabid") as desk, pytest.raises(Forbidden) as refused:
        renewals.decide(desk, service_id, approve=True)
    assert "Anda sendiri" in refused.value.message
    with office.desk("administrator") as desk:
        assert renewals.decide(desk, service_id, approve=True).expires_on == END + timedelta(days=365)


def test_after_the_grace_time_it_is_suspended_and_restored_in_one_act(office, service_id):
    look(office, date(2026, 11, 17))
    look(office, END + timedelta(days=30))
    with office.desk("admin") as desk:
        assert desk.session.get_one(Service, (desk.tenant.id, service_id)).suspended_at is None
    look(office, END + timedelta(days=31))
    with office.desk("admin") as desk:
        assert desk.session.get_one(Service, (desk.tenant.id, service_id)).suspended_at == office.now
        states = dict(desk.session.execute(select(Resource.kind, Resource.state)).all())
        kept = desk.session.scalars(select(Resource.suspended_spec)).all()
    assert states == {"site": "planned", "record_set": "removing"}
    assert all(kept)
    with office.desk("disdik") as desk, pytest.raises(Forbidden):
        renewals.restore(desk, service_id)
    with office.desk("kabid") as desk:
        restored = renewals.restore(desk, service_id)
        assert restored.expires_on == END + timedelta(days=31 + 365)
    with office.desk("admin") as desk:
        assert not any(desk.session.scalars(select(Resource.suspended_spec)))


def test_without_the_rule_or_a_term_nothing_is_suspended(office, service_id):
    office.apply(settings={**office.tenant.settings, "suspend_expired": False})
    look(office, date(2026, 11, 17))
    look(office, END + timedelta(days=300))
    with office.desk("admin") as desk:
        service = desk.session.get_one(Service, (desk.tenant.id, service_id))
        assert (service.suspended_at, service.expires_on) == (None, END)


def test_an_officer_suspends_with_a_reason(office, service_id):
    with office.desk("administrator") as desk, pytest.raises(Invalid):
        renewals.suspend(desk, service_id, " ")
    with office.desk("disdik") as desk, pytest.raises(Forbidden):
        renewals.suspend(desk, service_id, "Tautan tersembunyi")
    with office.desk("administrator") as desk:
        assert renewals.suspend(desk, service_id, "Tautan tersembunyi").suspended_at == office.now


def suspended(office, service_id):
    with office.desk("admin") as desk:
        return desk.session.get_one(Service, (desk.tenant.id, service_id)).suspended_at is not None


def renewed(office, service_id):
    with office.desk("disdik") as desk:
        renewals.ask(desk, service_id, "Pejabat Contoh", still_used=True)
    with office.desk("administrator") as desk:
        return renewals.decide(desk, service_id, approve=True)


def test_a_renewal_restores_what_the_end_of_the_term_took_off_the_net(office, service_id):
    look(office, date(2026, 11, 17))
    look(office, END + timedelta(days=31))
    assert suspended(office, service_id)
    renewed(office, service_id)
    assert not suspended(office, service_id)


@pytest.mark.parametrize("late", [-20, 31])
def test_a_renewal_restores_nothing_that_an_officer_took_off_the_net(office, service_id, late):
    look(office, END + timedelta(days=late))
    with office.desk("administrator") as desk:
        emergencies.declare(desk, service_id, "Tautan judi tersembunyi")
    with office.desk("administrator") as desk:
        emergencies.settle(desk, service_id, "B/1/2027", date(2026, 1, 1))
    assert renewed(office, service_id).expires_on > END
    assert suspended(office, service_id)


def test_what_was_ended_is_not_renewed(office, service_id):
    look(office, END - timedelta(days=20))
    with office.desk("disdik") as desk:
        renewals.ask(desk, service_id, "Pejabat Contoh", still_used=True)
    with office.owner.begin() as session:
        session.execute(text("update service set deactivated_at = now(), suspended_at = now()"))
    with office.desk("administrator") as desk, pytest.raises(Conflict):
        renewals.decide(desk, service_id, approve=True)
    with office.desk("disdik") as desk, pytest.raises(Conflict):
        renewals.ask(desk, service_id, "Pejabat Contoh", still_used=True)
    assert suspended(office, service_id)
