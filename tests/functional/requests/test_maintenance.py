"""Planned maintenance: who plans, who is told, and what its register holds afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from tapak.audit.models import AuditEvent
from tapak.inventory.models import Service
from tapak.maintenance import service as maintenance
from tapak.maintenance.concerned import notices
from tapak.provisioning.models import Connection, Resource
from tapak.reports.formats import FORMATS
from tapak.reports.maintenance import notice
from tapak.requests import registers
from tapak.sdk.errors import Conflict, Forbidden, Invalid, NotFound
from tapak.tenants.models import Agency

BOOK = "tarakan.hosting_maintenance"
PLAN = {
    "register": BOOK,
    "kind": "change",
    "work": "Mengganti disk =1+1",
    "place": "Server web",
    "starts": "2026-11-16T22:00",
    "ends": "2026-11-17T00:30",
    "effect": "down",
    "everything": False,
    "connections": ["web"],
    "services": [],
}
DONE = {"done_at": "2026-11-16T22:05", "until": "2026-11-16T23:40", "result": "Disk terpasang"}


@pytest.fixture
def services(office) -> dict[str, int]:
    """A live service of each unit: Dinas Kesehatan's has a site on the web server, Dishub's a name only."""
    made = {}
    with office.desk("admin") as desk:
        connections = dict(desk.session.execute(select(Connection.key, Connection.id)).all())
        for unit, connection, kind in (("dinkes", "web", "site"), ("dishub", "dns", "record_set")):
            agency = desk.session.scalars(select(Agency).where(Agency.key == unit)).one()
            service = Service(title=f"Layanan {unit}", procedure="tarakan.hosting", agency_id=agency.id, state="live")
            desk.session.add(service)
            desk.session.flush()
            desk.session.add(
                Resource(
                    service_id=service.id,
                    connection_id=connections[connection],
                    key="it",
                    kind=kind,
                    identity=f"{unit}.example.test",
                    spec={},
                    state="live",
                )
            )
            made[unit] = service.id
    return made


def planned(office, **different) -> int:
    with office.desk("kabid_aplikasi") as desk:
        return maintenance.plan(desk, {**PLAN, **different}).id


def told(office, unit: str) -> list[tuple[str, tuple[str, ...]]]:
    with office.desk(unit) as desk:
        return [(each.maintenance.state, each.services) for each in notices(desk, agency_id=desk.somebody.agency_id)]


@pytest.mark.parametrize(
    ("scope", "dinkes", "dishub"),
    [
        ({"connections": ["web"]}, True, False),
        ({"connections": ["dns"]}, False, True),
        ({"connections": [], "everything": True}, True, True),
        ({"connections": ["web", "dns"]}, True, True),
    ],
)
def test_owners_of_what_is_concerned_are_told(office, services, scope, dinkes, dishub):
    made = planned(office, **scope)
    for unit, expected in (("dinkes", dinkes), ("dishub", dishub)):
        assert told(office, unit) == ([("planned", (f"Layanan {unit}",))] if expected else [])
        with office.desk(unit) as desk:
            assert bool(notices(desk, service_id=services[unit])) is expected
            if expected:
                assert maintenance.find(desk, made).place == "Server web"
                assert [row[1] for row in notice(desk, made).tables[0].rows] == [f"Layanan {unit}"]
            else:
                with pytest.raises(NotFound):
                    notice(desk, made)


def test_a_named_service_is_told_and_no_other(office, services):
    planned(office, connections=[], services=[str(services["dishub"])])
    assert told(office, "dinkes") == []
    assert told(office, "dishub") == [("planned", ("Layanan dishub",))]


def test_times_are_those_of_the_agencys_clock(office, services):
    made = planned(office)
    with office.desk("admin") as desk:
        found = maintenance.find(desk, made)
        assert found.starts_at.isoformat() == "2026-11-16T14:00:00+00:00"
        assert dict(notice(desk, made).about)["Sampai"] == "17 November 2026 pukul 00.30 WITA"


def test_what_is_done_stands_in_its_register_and_owners_see_the_result_for_a_while(office, services):
    made = planned(office)
    with office.desk("kabid_aplikasi") as desk, pytest.raises(Invalid):
        maintenance.finish(desk, made, DONE)
    office.now += timedelta(hours=15)
    with office.desk("kabid_aplikasi") as desk:
        done = maintenance.finish(desk, made, DONE)
        assert (done.state, done.number) == ("done", "1")
        (row,) = registers.rows(desk, BOOK)
    assert row.author == "Nama kabid_aplikasi (Jabatan kabid_aplikasi)"
    assert row.content == {
        "done_at": "2026-11-16T22:05",
        "until": "2026-11-16T23:40",
        "kind": "change",
        "place": "Server web",
        "work": "Mengganti disk =1+1",
        "result": "Disk terpasang",
        "affected": "Layanan dinkes",
    }
    assert told(office, "dinkes") == [("done", ("Layanan dinkes",))]
    office.now += timedelta(days=4)
    assert told(office, "dinkes") == []
    with office.desk("kabid_aplikasi") as desk:
        with pytest.raises(Conflict):
            maintenance.finish(desk, made, DONE)
        kinds = desk.session.scalars(select(AuditEvent.kind).where(AuditEvent.kind.like("maintenance.%"))).all()
    assert kinds == ["maintenance.planned", "maintenance.done"]


def test_a_cancelled_one_is_told_too_and_written_nowhere(office, services):
    made = planned(office)
    with office.desk("kabid_aplikasi") as desk:
        maintenance.cancel(desk, made, {"reason": "Suku cadang belum tiba"})
    assert told(office, "dinkes") == [("cancelled", ("Layanan dinkes",))]
    with office.desk("admin") as desk:
        assert registers.rows(desk, BOOK) == ()


@pytest.mark.parametrize("who", ["kadis", "kasubbag_umum", "admin", "dinkes"])
def test_only_who_keeps_the_register_plans_and_closes(office, services, who):
    made = planned(office)
    with office.desk(who) as desk, pytest.raises(Forbidden):
        maintenance.plan(desk, PLAN)
    with office.desk(who) as desk, pytest.raises(Forbidden):
        maintenance.cancel(desk, made, {"reason": "Iseng saja"})
    with office.desk("dishub") as desk, pytest.raises(NotFound):
        maintenance.cancel(desk, made, {"reason": "Iseng saja"})
    with office.desk("dinkes") as desk, pytest.raises(Forbidden):
        maintenance.listed(desk)


@pytest.mark.parametrize(
    ("different", "field"),
    [
        ({"ends": "2026-11-16T22:00"}, "ends"),
        ({"starts": "2026-11-15T22:00", "ends": "2026-11-16T08:59"}, "ends"),
        ({"connections": []}, "services"),
        ({"connections": ["lain"]}, "connections"),
        ({"services": ["999999"]}, "services"),
        ({"register": "tapak.agenda"}, "register"),
        ({"work": ""}, "work"),
        ({"effect": "boom"}, "effect"),
    ],
)
def test_a_plan_that_breaks_a_rule_is_refused_at_its_field(office, services, different, field):
    with office.desk("kabid_aplikasi") as desk, pytest.raises(Invalid) as refused:
        maintenance.plan(desk, {**PLAN, **different})
    assert field in refused.value.fields


def test_what_nobody_reported_on_is_told_for_a_while_only(office, services):
    planned(office)
    office.now += timedelta(days=3)
    assert told(office, "dinkes") == [("planned", ("Layanan dinkes",))]
    office.now += timedelta(days=1)
    assert told(office, "dinkes") == []


def test_whom_it_concerned_stays_as_it_was_when_it_was_closed(office, services):
    made = planned(office, connections=[], everything=True)
    with office.desk("kabid_aplikasi") as desk:
        maintenance.cancel(desk, made, {"reason": "Suku cadang belum tiba"})
    with office.desk("admin") as desk:
        desk.session.get_one(Service, (desk.tenant.id, services["dishub"])).state = "ended"
        dinkes = desk.session.get_one(Service, (desk.tenant.id, services["dinkes"]))
        later = Service(title="Kemudian", procedure="x", agency_id=dinkes.agency_id, state="live")
        desk.session.add(later)
    with office.desk("admin") as desk:
        assert {row[1] for row in notice(desk, made).tables[0].rows} == {"Layanan dinkes", "Layanan dishub"}
    assert told(office, "dinkes") == [("cancelled", ("Layanan dinkes",))]
    assert told(office, "dishub") == [("cancelled", ("Layanan dishub",))]


def test_a_service_that_was_deactivated_is_no_longer_concerned(office, services):
    planned(office)
    with office.desk("admin") as desk:
        desk.session.get_one(Service, (desk.tenant.id, services["dinkes"])).deactivated_at = desk.now
    assert told(office, "dinkes") == []


def test_one_whose_register_is_used_no_more_can_be_cancelled_but_not_finished(office, services):
    made = planned(office)
    with office.desk("admin") as desk:
        maintenance.find(desk, made).register = "tapak.maintenance"
    office.now += timedelta(hours=15)
    with office.desk("kabid_aplikasi") as desk:
        found = maintenance.find(desk, made)
        assert (maintenance.may_finish(desk, found), maintenance.may_cancel(desk, found)) == (False, True)
        with pytest.raises(Conflict, match=r"tapak\.maintenance"):
            maintenance.finish(desk, made, DONE)
    with office.desk("kasubbag_umum") as desk, pytest.raises(Forbidden):
        maintenance.cancel(desk, made, {"reason": "Iseng saja"})
    with office.desk("kabid_aplikasi") as desk:
        assert maintenance.cancel(desk, made, {"reason": "Register lama"}).state == "cancelled"


def test_a_notice_names_no_more_services_than_a_page_is_made_of(office, services, monkeypatch):
    monkeypatch.setitem(FORMATS, "pdf", replace(FORMATS["pdf"], most=1))
    made = planned(office, connections=["web", "dns"])
    with office.desk("admin") as desk:
        paper = notice(desk, made)
    assert len(paper.tables[0].rows) == 1
    assert dict(paper.about)["Tidak dimuat"] == "1 layanan lain"


def test_owners_are_told_by_one_query_however_much_is_planned(office, services):
    for _ in range(3):
        planned(office)
    with office.desk("dinkes") as desk:
        agency = desk.somebody.agency_id
        asked = []
        event.listen(desk.session, "do_orm_execute", lambda state: asked.append(state.statement))
        assert len(notices(desk, agency_id=agency)) == 3
    assert len(asked) == 1
