"""Colocation from the letter to the handed-over server, before the servers that its names are made at."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from threading import Thread

import pytest
from sqlalchemy import delete, select, update

from tapak.demo.servers.process import wait_until
from tapak.documents import service as documents
from tapak.documents.library import installed_letters
from tapak.documents.models import Document
from tapak.inventory.models import Address, HeldName
from tapak.provisioning import service as provisioning
from tapak.provisioning.models import Connection, Resource
from tapak.reports import comma_separated
from tapak.reports.registers import find
from tapak.requests import ends, facts, flow, papers, registers
from tapak.requests.models import Request
from tapak.sdk.errors import Conflict, Forbidden, Invalid, NotFound
from tapak.sdk.resources import Fact
from tapak.tenants.calendars import copy_holidays
from tapak.tenants.models import Position, PositionHolder, Tenant, Zone
from tapak_tarakan.colocation import COLOCATION

from .conftest import PDF, add_account, waiting_for_locks

SERVICE = "tarakan.colocation"
REVERSE = "113.0.203.in-addr.arpa"
LAST_FREE = "203.0.113.1"
REVIEW = {"rack_ok": True, "bandwidth_ok": True, "name_ok": True, "findings": "Baik.", "recommendation": "approve"}
NETWORK = {**COLOCATION.forms["provision"].sample, "gateway": "203.0.113.6", "netmask": "29"}
DONE = {
    **COLOCATION.forms["install"].sample,
    "units": [{"model": "Contoh R1", "serial": "SN-1", "rack": "A-07", "unit": 12}],
}
WITA = timedelta(hours=8)
FRIDAY_1545 = datetime(2026, 11, 20, 15, 45, tzinfo=UTC) - WITA


@pytest.fixture
def noc_office(office, owner_database):
    """The agency with colocation, a NOC officer, one reverse zone and one free address."""
    settings = {**office.tenant.settings, "procedures": ["tarakan.hosting", SERVICE]}
    with owner_database.begin() as session:
        session.execute(update(Tenant).where(Tenant.id == office.tenant.id).values(settings=settings))
        mine = Address.tenant_id == office.tenant.id
        session.execute(delete(Address).where(mine, ~Address.shared, Address.address != LAST_FREE))
    office.tenant.settings = settings
    with office.database.begin(office.tenant.id) as session:
        copy_holidays(session, office.tenant, [2026])
        position = Position(key="petugas_noc", title="Petugas NOC", ordering=9)
        session.add_all([position, Zone(name=REVERSE)])
        session.flush()
        office.accounts["noc"] = add_account(session, "noc", None)
        session.add(
            PositionHolder(position_id=position.id, account_id=office.accounts["noc"], valid_from=date(2020, 1, 1))
        )
        dns = session.scalars(select(Connection).where(Connection.key == "dns")).one()
        dns.zones = ["example.test", REVERSE]
    return office


def submit(office, who="dinkes", task_id=None, **different):
    if task_id is None:
        with office.desk(who) as desk:
            task_id = flow.start_request(desk, SERVICE)
    office.upload(who, task_id, "request_letter")
    form = {**COLOCATION.submission.sample, "name_zone": "example.test", "letter_date": "2026-11-13", **different}
    with office.desk(who) as desk:
        done = flow.finish(desk, task_id, form)
    return done.request_id, done.next_task_id


def finish(office, who, task_id, data=None):
    with office.desk(who) as desk:
        view = flow.begin(desk, task_id)
        return flow.finish(desk, task_id, {**view.kind.initial(view), **(data or {})}).next_task_id


def to_decision(office, task_id, **review):
    task_id = finish(office, "kasubbag_umum", task_id, {"archive_code": "000.8", "scan_confirmed": True})
    task_id = finish(office, "kadis", task_id)
    with office.desk(None) as desk:
        facts.store(desk, task_id, ())
    return finish(office, "kabid_aplikasi", task_id, {**REVIEW, **review})


def to_installation(office):
    request_id, task_id = submit(office)
    task_id = finish(office, "kabid_aplikasi", to_decision(office, task_id), {"outcome": "approve"})
    with office.desk("kabid_aplikasi") as desk:
        flow.begin(desk, task_id)
        for resource in desk.session.scalars(select(Resource)):
            resource.state = "live"
    task_id = finish(office, "kabid_aplikasi", task_id, NETWORK)
    appointment = {"appointment": "2026-11-20T15:45", "officer": "Petugas NOC"}
    return request_id, finish(office, "kabid_aplikasi", task_id, appointment)


def photo(office, task_id):
    with office.desk("noc") as desk:
        papers.upload(
            desk,
            office.store,
            task_id,
            kind="installation_photo",
            filename="rak.pdf",
            stream=BytesIO(PDF),
            limit=1_000_000,
        )


def holder(office, address=LAST_FREE):
    with office.desk(None) as desk:
        return desk.session.scalars(select(Address.service_id).where(Address.address == address)).one()


def test_what_is_free_stands_before_the_reviewer_and_the_shared_address_is_not_offered(noc_office):
    _, task_id = submit(noc_office)
    task_id = finish(noc_office, "kasubbag_umum", task_id, {"archive_code": "000.8", "scan_confirmed": True})
    task_id = finish(noc_office, "kadis", task_id)
    told = (
        Fact("server_capacity", "Kapasitas server web", "1 GB bebas", "agent"),
        Fact("bandwidth", "Pemakaian bandwidth", "1 kB", "logs"),
        Fact("databases.x.count", "Basis data di x", None, "database", problem="Tidak menjawab."),
    )
    with noc_office.desk(None) as desk:
        facts.store(desk, task_id, told)
    with noc_office.desk("kabid_aplikasi") as desk:
        view = flow.begin(desk, task_id)
        assert {fact.key for fact in view.facts} == {"bandwidth", "free_addresses", "name_state"}
        assert view.kind.shown(view) == [
            ("Data IP publik yang tersedia", f"IPv4: 1 ({LAST_FREE})"),
            ("Kebutuhan rak dan daya", "2 U, 500 watt"),
            ("Tempat yang tercatat terpakai", "belum ada"),
        ]
        assert view.kind.initial(view)["address"] == LAST_FREE
        with pytest.raises(Invalid) as refused:
            flow.finish(desk, task_id, {**REVIEW, "manual_facts": {}, "address": "198.51.100.1"})
        assert set(refused.value.fields) == {"address"}


def test_a_zone_of_addresses_takes_no_names(noc_office):
    with noc_office.desk("dinkes") as desk:
        view = flow.task_view(desk, flow.start_request(desk, SERVICE))
        assert (view.zones, view.reverse_zones) == (("example.test",), (REVERSE,))
        assert view.name_problem("simrs", REVERSE)


def test_one_request_is_for_one_server(noc_office):
    server = COLOCATION.submission.sample["devices"][0]
    for devices in ([server, server], [{**server, "kind": "storage"}]):
        with pytest.raises(Invalid) as refused:
            submit(noc_office, devices=devices)
        assert set(refused.value.fields) == {"devices"}
    submit(noc_office, devices=[server, {**server, "kind": "storage"}])


def test_two_who_are_approved_at_once_never_get_the_same_address(noc_office):
    tasks = [
        to_decision(noc_office, submit(noc_office, "dinkes", name_label="simrs")[1]),
        to_decision(noc_office, submit(noc_office, "dishub", name_label="atcs")[1]),
    ]
    told = []

    def approve(task_id):
        try:
            finish(noc_office, "kabid_aplikasi", task_id, {"outcome": "approve"})
            told.append("approved")
        except (Conflict, Invalid) as error:  # as soon as it is seen, the form asks for another one
            told.append(f"{error.message} {error.fields}")

    threads = [Thread(target=approve, args=(task_id,)) for task_id in tasks]
    with noc_office.database.begin(noc_office.tenant.id) as keeper:
        keeper.execute(select(Address).where(Address.address == LAST_FREE).with_for_update())
        for thread in threads:
            thread.start()
        wait_until(lambda: waiting_for_locks(noc_office) >= 2, 30, "both to wait")
    for thread in threads:
        thread.join()
    assert sorted(told)[1:] == ["approved"]
    assert LAST_FREE in min(told)
    with noc_office.desk(None) as desk:
        names = desk.session.scalars(select(HeldName.name)).all()
        states = sorted(desk.session.scalars(select(Request.step)).all())
    assert len(names) == 1
    assert states == ["decide", "provision"]


def test_returned_while_no_address_is_free_and_sent_again(noc_office):
    first, first_task = submit(noc_office, "dishub", name_label="atcs")
    finish(noc_office, "kabid_aplikasi", to_decision(noc_office, first_task), {"outcome": "approve"})
    request_id, task_id = submit(noc_office)
    decision = to_decision(noc_office, task_id, recommendation="return", address="")
    reason = "IP publik tidak tersedia"
    returned = finish(
        noc_office,
        "kabid_aplikasi",
        decision,
        {"outcome": "return", "reasons": [reason], "explanation": "Habis.", "fields_concerned": ["server_name"]},
    )
    with noc_office.desk("dishub") as desk:
        ends.withdraw(desk, first, "Tidak jadi")
    assert holder(noc_office) is None
    again, task_id = submit(noc_office, task_id=returned)
    finish(noc_office, "kabid_aplikasi", to_decision(noc_office, task_id), {"outcome": "approve"})
    with noc_office.desk(None) as desk:
        request = desk.session.get_one(Request, (noc_office.tenant.id, request_id))
        assert (again, request.revision, request.service_id) == (request_id, 2, holder(noc_office))


def test_a_name_and_its_pointer_are_wanted_and_no_site(noc_office):
    _, task_id = submit(noc_office)
    task_id = finish(noc_office, "kabid_aplikasi", to_decision(noc_office, task_id), {"outcome": "approve"})
    with noc_office.desk("kabid_aplikasi") as desk:
        flow.begin(desk, task_id)
        found = {(row.kind, row.identity): row.spec["values"] for row in desk.session.scalars(select(Resource))}
        held = desk.session.scalars(select(HeldName.name)).all()
    assert found == {
        ("record_set", "antrean.example.test/A"): [LAST_FREE],
        ("record_set", f"1.{REVERSE}/PTR"): ["antrean.example.test."],
    }
    assert held == ["antrean.example.test"]


@pytest.mark.parametrize(
    ("different", "field"),
    [
        ({"gateway": "203.0.113.9"}, "gateway"),
        ({"gateway": LAST_FREE}, "gateway"),
        ({"gateway": "2001:db8::1"}, "gateway"),
        ({"netmask": "255.255.255.7"}, "netmask"),
        ({"netmask": "64"}, "netmask"),
        ({"dns_servers": "192.0.2.2, ns1"}, "dns_servers"),
    ],
)
def test_the_network_s_settings_fit_the_address(noc_office, different, field):
    _, task_id = submit(noc_office)
    task_id = finish(noc_office, "kabid_aplikasi", to_decision(noc_office, task_id), {"outcome": "approve"})
    with pytest.raises(Invalid) as refused:
        finish(noc_office, "kabid_aplikasi", task_id, {**NETWORK, **different})
    assert set(refused.value.fields) == {field}


def test_a_placed_server_stands_in_the_register_and_both_papers_can_be_made(noc_office):
    _, task_id = to_installation(noc_office)
    noc_office.now = FRIDAY_1545
    with pytest.raises(Invalid) as refused:
        finish(noc_office, "noc", task_id, DONE)
    assert set(refused.value.fields) == {"installation_photo"}
    photo(noc_office, task_id)
    with pytest.raises(Forbidden):
        finish(noc_office, "kabid_aplikasi", task_id, DONE)
    twice = [*DONE["units"], {**DONE["units"][0], "serial": "sn-1"}]
    with pytest.raises(Invalid):
        finish(noc_office, "noc", task_id, {**DONE, "units": twice})
    finish(noc_office, "noc", task_id, DONE)
    with noc_office.desk("noc") as desk:
        (row,) = registers.rows(desk, "tarakan.colocation_configuration", registers.Asked("sn-1 a-07"))
        assert (row.content["address"], row.content["name"]) == (LAST_FREE, "antrean.example.test")
        assert [member["name"] for member in row.content["team"]] == ["Ketua Tim Contoh"]
        assert {"label": "Gateway", "value": "203.0.113.6"} in row.content["configuration"]
        wanted = select(Document).where(Document.kind.in_(["installation_notice", "handover_record"]))
        for paper in desk.session.scalars(wanted).all():
            made = documents.render(desk.session, noc_office.store, paper.id, installed_letters(desk.registry))
            assert (made.state, made.problem) == ("ready", "")
            assert made.number
            assert made.for_applicant
            if made.kind == "handover_record":
                assert made.context["signer"]["name"] == "Nama noc"
                assert made.context["receiver"]["name"] == "Ketua Tim Contoh"
    _, another = submit(noc_office, "dishub", name_label="atcs")
    with noc_office.desk("kasubbag_umum") as desk:
        view, network, placing = (
            flow.task_view(desk, another),
            COLOCATION.forms["provision"],
            COLOCATION.forms["install"],
        )
        assert network.shown(view) == [("Tempat yang tercatat terpakai", "A-07 U12")]
        told = ["Rak A-07 U12 tercatat bagi antrean.example.test."]
        assert network.warnings(view, NETWORK) == {"unit": told}
        assert network.warnings(view, {**NETWORK, "unit": 14}) == {"unit": []}
        assert placing.warnings(view, DONE) == {"units": told}


def test_an_appointment_lies_ahead(noc_office):
    _, task_id = submit(noc_office)
    task_id = finish(noc_office, "kabid_aplikasi", to_decision(noc_office, task_id), {"outcome": "approve"})
    with noc_office.desk("kabid_aplikasi") as desk:
        flow.begin(desk, task_id)
        for resource in desk.session.scalars(select(Resource)):
            resource.state = "live"
    task_id = finish(noc_office, "kabid_aplikasi", task_id, NETWORK)
    with pytest.raises(Invalid) as refused:
        finish(noc_office, "kabid_aplikasi", task_id, {"appointment": "2026-11-16T08:00", "officer": "Petugas NOC"})
    assert set(refused.value.fields) == {"appointment"}
    with noc_office.desk("kabid_aplikasi") as desk:
        view = flow.task_view(desk, task_id)
        saturday = view.kind.schema(view).load(
            {**view.kind.initial(view), "appointment": "2026-11-21T09:00", "officer": "Petugas NOC"}
        )
        assert set(view.kind.warnings(view, saturday)) == {"appointment"}


def test_withdrawing_while_names_are_made_asks_for_their_removal(noc_office):
    request_id, task_id = submit(noc_office)
    task_id = finish(noc_office, "kabid_aplikasi", to_decision(noc_office, task_id), {"outcome": "approve"})
    with noc_office.desk("kabid_aplikasi") as desk:
        flow.begin(desk, task_id)
    with noc_office.desk("dinkes") as desk:
        ends.withdraw(desk, request_id, "Tidak jadi")
    with noc_office.desk(None) as desk:
        service = desk.session.get_one(Request, (noc_office.tenant.id, request_id)).service_id
        assert {state.state for state in provisioning.states(desk.session, service)} <= {"removing", "gone"}


MAINTENANCE = {
    "done_at": "2026-11-16T08:30",
    "kind": "fault",
    "place": "Rak A-07",
    "work": "Mengganti transceiver",
    "result": "Normal",
    "affected": "",
}
BOOK = "tarakan.network_maintenance"


def test_maintenance_is_written_by_hand_by_who_keeps_the_register(noc_office):
    for who, number in (("noc", "1"), ("kabid_aplikasi", "2")):
        with noc_office.desk(who) as desk:
            assert registers.write(desk, BOOK, MAINTENANCE) == number
    with noc_office.desk("admin") as desk:
        newest, oldest = registers.rows(desk, BOOK, registers.Asked("transceiver"))
        assert (oldest.author, oldest.request_id) == ("Nama noc (Petugas NOC)", None)
        _, head, line, _ = comma_separated.lines(find(desk, BOOK, registers.EVERYTHING, "csv")[0])
        assert "Pencatat" in head
        assert newest.author in line


@pytest.mark.parametrize("who", ["kadis", "admin", "dinkes"])
def test_nobody_else_writes_in_it(noc_office, who):
    with noc_office.desk(who) as desk, pytest.raises((Forbidden, NotFound)):
        registers.write(desk, BOOK, MAINTENANCE)


def test_a_register_without_writers_takes_no_row_by_hand(noc_office):
    with noc_office.desk("noc") as desk, pytest.raises(Forbidden):
        registers.write(desk, "tapak.agenda", {})


def test_a_row_by_hand_holds_the_register_s_rules(noc_office):
    with noc_office.desk("noc") as desk, pytest.raises(Invalid) as refused:
        registers.write(desk, BOOK, {**MAINTENANCE, "kind": "lain", "more": 1})
    assert set(refused.value.fields) == {"kind", "more"}
