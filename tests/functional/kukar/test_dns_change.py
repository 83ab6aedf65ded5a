"""A change of DNS records on a real BIND: seen before it is decided, applied whole, foreign records by a tick only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dns.message
import dns.query
import dns.rdatatype
import pytest
from sqlalchemy import select, text

from tapak.demo.servers.bind import BindServer
from tapak.inventory.models import Service
from tapak.monitoring import emergencies, expiry, renewals
from tapak.provisioning import service as provisioning
from tapak.provisioning.models import Resource
from tapak.requests import flow, reading
from tapak.requests.models import Request
from tapak.sdk.errors import Invalid, MissingInput
from tapak.sdk.resources import DesiredResource, RecordSet
from tapak.testing.dns_server import DnsOperator
from tapak_kukar.checklist import ITEMS

ZONE = "kukarkab.go.id"
SERVICE = "kukar.dns_change"


@pytest.fixture(scope="module")
def server(server_directory: Path) -> Iterator[BindServer]:
    """A BIND with the agency's zone."""
    directory = server_directory / "kukar-bind"
    directory.mkdir(parents=True, exist_ok=True)
    with BindServer(directory, [ZONE]) as running:
        yield running


@pytest.fixture
def zone_office(office, server):
    """The agency, connected to the server."""
    office.servers = {
        "DNS_ADDRESS": server.address,
        "DNS_PORT": str(server.port),
        "DNS_KEY_NAME": server.key_name,
        "DNS_KEY_SECRET": server.key_secret,
        "DNS_ALGORITHM": server.algorithm,
    }
    office.apply()
    return office


def row(action: str, name: str, kind: str, value: str = "", ttl: int = 300) -> dict[str, Any]:
    return {"action": action, "name": name, "type": kind, "value": value, "ttl": ttl}


def asked(server: BindServer, name: str, kind: str) -> list[str]:
    query = dns.message.make_query(f"{name}.{ZONE}" if name != "@" else ZONE, kind)
    answer = dns.query.udp(query, server.address, port=server.port, timeout=5)
    wanted = dns.rdatatype.from_text(kind)
    return sorted(str(item) for rrset in answer.answer if rrset.rdtype == wanted for item in rrset)


def received(office, *rows: dict[str, Any], who: str = "disdik", adopt: bool = False) -> int:
    task = office.submit(who, SERVICE, changes=list(rows))
    office.work("facts", task)
    return office.finish("administrator", task, adopt=adopt)


def shown(office, who: str, task: int) -> list[tuple[str, str]]:
    with office.desk(who) as desk:
        view = flow.task_view(desk, task)
        return list(view.kind.shown(view))


def carried_out(office, task: int, decider: str = "kabid") -> None:
    """From the decision to the end; the check finds the PSE data in order."""
    check = office.finish(decider, task, outcome="approve")
    found = {**office.form("administrator", check), **dict.fromkeys(ITEMS, "fits")}
    fits = {"outcome": "fits", "pse_state": "issued", "remark": "Dicocokkan dengan sertifikat PSE."}
    with office.desk("administrator") as desk:
        flow.begin(desk, check)
        given = {**found, **fits, "coordination_result": "Sesuai."}
        register = flow.finish(desk, check, given).next_task_id or 0
    with office.desk("administrator") as desk:
        service_id = flow.begin(desk, register).row.service_id
    office.work("provision", service_id)
    hand_over = office.finish("administrator", register)
    assert office.finish("administrator", hand_over) == 0


def test_every_type_is_added_and_the_request_ends_at_the_address(zone_office, server):
    rows = [
        row("add", "a1", "A", "192.0.2.9"),
        row("add", "a1", "AAAA", "2001:db8::9"),
        row("add", "c1", "CNAME", "tujuan.example.net."),
        row("add", "m1", "MX", "10 surat.example.net."),
        row("add", "m1", "MX", "20 surat2.example.net."),
        row("add", "_dmarc.m1", "TXT", "v=DMARC1; p=none"),
        row("add", "a1", "CAA", '0 issue "ca.example.net"'),
        row("add", "_sip._tcp.m1", "SRV", "10 60 5060 sip.example.net."),
    ]
    task = received(zone_office, *rows)
    lines = shown(zone_office, "kabid", task)
    assert ("a1.kukarkab.go.id/A", "tidak ada → A 192.0.2.9 (TTL 300)") in lines
    assert any("tujuan.example.net, di luar zona instansi" in text for _, text in lines)
    carried_out(zone_office, task)
    assert asked(server, "a1", "A") == ["192.0.2.9"]
    assert asked(server, "m1", "MX") == ["10 surat.example.net.", "20 surat2.example.net."]
    assert asked(server, "_dmarc.m1", "TXT") == ['"v=DMARC1; p=none"']
    assert asked(server, "a1", "CAA") and asked(server, "_sip._tcp.m1", "SRV") and asked(server, "a1", "AAAA")


def test_before_and_after_of_a_foreign_record_and_the_tick_that_takes_it_over(zone_office, server):
    DnsOperator(server).put(RecordSet(ZONE, f"lama.{ZONE}", "A", ("198.51.100.7",), 600))
    task = received(zone_office, row("change", "lama", "A", "192.0.2.50"))
    lines = shown(zone_office, "kabid", task)
    assert ("lama.kukarkab.go.id/A", "A 198.51.100.7 (TTL 600) → A 192.0.2.50 (TTL 300)") in lines
    with pytest.raises(Invalid) as refused:
        zone_office.finish("kabid", task, outcome="approve")
    assert "bukan buatan Tapak" in refused.value.fields["outcome"][0]
    assert asked(server, "lama", "A") == ["198.51.100.7"]
    carried_out(zone_office, received(zone_office, row("change", "lama", "A", "192.0.2.50"), adopt=True))
    assert asked(server, "lama", "A") == ["192.0.2.50"]


def test_what_changed_after_it_was_seen_is_left_alone(zone_office, server):
    by_hand = DnsOperator(server)
    by_hand.put(RecordSet(ZONE, f"pindah.{ZONE}", "A", ("198.51.100.8",), 300))
    task = received(zone_office, row("remove", "pindah", "A"), adopt=True)
    by_hand.put(RecordSet(ZONE, f"pindah.{ZONE}", "A", ("198.51.100.9",), 300))
    with pytest.raises(MissingInput):
        carried_out(zone_office, task)
    assert asked(server, "pindah", "A") == ["198.51.100.9"]


def test_a_removal_and_a_later_change_of_an_own_record(zone_office, server):
    carried_out(zone_office, received(zone_office, row("add", "sementara", "A", "192.0.2.60")))
    with zone_office.owner.begin() as session:
        session.execute(text("update service set expires_on = '2027-06-30'"))
    carried_out(zone_office, received(zone_office, row("change", "sementara", "A", "192.0.2.61")))
    assert asked(server, "sementara", "A") == ["192.0.2.61"]
    carried_out(zone_office, received(zone_office, row("remove", "sementara", "A")))
    assert asked(server, "sementara", "A") == []
    with zone_office.desk("admin") as desk:
        assert {each.state for each in desk.session.scalars(select(Request))} == {"done"}
        assert set(desk.session.scalars(select(Service.expires_on))) == {date(2027, 6, 30)}
        states = desk.session.scalars(select(Resource.state).where(Resource.identity.like("sementara%"))).all()
    assert states == ["gone"]


def test_another_units_record_is_not_changed(zone_office, server):
    carried_out(zone_office, received(zone_office, row("add", "milik", "A", "192.0.2.70")))
    task = received(zone_office, row("change", "milik", "A", "192.0.2.71"), who="kabid", adopt=True)
    with pytest.raises(Invalid) as refused:
        zone_office.finish("sekretaris", task, outcome="approve")
    assert "milik layanan perangkat daerah lain" in refused.value.fields["outcome"][0]


def hosted(office, label: str) -> int:
    """A hosting service of Dinas Pendidikan whose records are live."""
    task = office.finish("administrator", office.submit("disdik", "kukar.hosting", name_label=label))
    office.finish("kabid", task, outcome="approve")
    with office.desk("admin") as desk:
        service = desk.session.scalars(select(Service).order_by(Service.id.desc())).first()
        name, of = f"{label}.{ZONE}", {"A": "192.0.2.80", "AAAA": "2001:db8::80"}
        wanted = [DesiredResource(kind, RecordSet(ZONE, name, kind, (value,), 300)) for kind, value in of.items()]
        provisioning.declare(desk.session, service.id, wanted, plugins=office.registry)
        service_id = service.id
    office.work("provision", service_id)
    with office.owner.begin() as session:
        session.execute(text("update request set state = 'done', ended_at = now() where number <> ''"))
        session.execute(text("update task set state = 'cancelled', deadline = null where state in ('open', 'started')"))
    return service_id


def set_first(office, what: str) -> None:
    """Change the row of the hosting request."""
    with office.owner.begin() as session:
        session.execute(text(f"update request set {what} where procedure = 'kukar.hosting'"))


def test_records_at_a_services_name_become_a_part_of_it_and_share_its_term(zone_office, server):
    office = zone_office
    office.apply(settings={**office.content["settings"], "service_term_days": 365})
    site = hosted(office, "situs")
    rows = [row("change", "situs", "A", "192.0.2.81"), row("add", "_dmarc.situs", "TXT", "v=DMARC1; p=none")]
    carried_out(office, received(office, *rows))
    with office.desk("disdik") as desk:
        assert [each.service.id for each in renewals.active(desk)] == [site]
        request = desk.session.scalars(select(Request).where(Request.procedure == SERVICE)).one()
        assert request.service_id == site
        held = {each.identity for each in desk.session.scalars(select(Resource)) if each.service_id == site}
        assert held == {f"situs.{ZONE}/A", f"situs.{ZONE}/AAAA", f"_dmarc.situs.{ZONE}/TXT"}
        assert "menjadi bagian layanan ini" in reading.timeline(desk, 1 if request.id != 1 else 2)[-1].summary
    with office.desk("administrator") as desk:
        emergencies.declare(desk, site, "Tautan judi tersembunyi")
    office.work("provision", site)
    assert (asked(server, "situs", "A"), asked(server, "_dmarc.situs", "TXT")) == ([], [])


def test_records_at_a_name_of_their_own_stay_a_service_with_a_term(zone_office, server):
    office = zone_office
    site = hosted(office, "induk")
    carried_out(
        office, received(office, row("add", "induk", "TXT", "bagian"), row("add", "sendiri", "A", "192.0.2.82"))
    )
    with office.desk("disdik") as desk:
        titles = {each.service.title for each in renewals.active(desk) if each.service.id != site}
        rows = desk.session.execute(select(Resource.identity, Resource.service_id)).all()
    assert len(titles) == 1
    assert {identity for identity, held_by in rows if held_by == site} == {
        f"induk.{ZONE}/{kind}" for kind in ("A", "AAAA", "TXT")
    }


def test_what_was_made_while_its_service_was_being_changed_joins_it_later(zone_office, server):
    office = zone_office
    site = hosted(office, "sibuk")
    task = received(office, row("add", "sibuk", "TXT", "menyusul"))
    with office.owner.begin() as session:
        session.execute(
            text("update request set ended_at = null, state = 'in_process' where service_id = :s"), {"s": site}
        )
    carried_out(office, task)
    with office.desk("disdik") as desk:
        assert len(renewals.active(desk)) == 2
    with office.owner.begin() as session:
        session.execute(text("update request set ended_at = now(), state = 'done' where service_id = :s"), {"s": site})
    with office.desk(None) as desk:
        expiry.look(desk.session, office.tenant, office.now)
    with office.desk("disdik") as desk:
        assert [each.service.id for each in renewals.active(desk)] == [site]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([row("add", "x", "A", "192.0.2.300")], "Baris 1: “192.0.2.300” bukan nilai A yang sah."),
        ([row("add", "x", "TXT", "a"), row("remove", "x", "TXT")], "Baris 2: x TXT sudah memakai tindakan lain"),
        ([row("remove", "x", "A", "192.0.2.1")], "Baris 1: kosongkan nilai"),
        ([row("add", "x", "CNAME", "y."), row("add", "x", "A", "192.0.2.1")], "x: CNAME berdiri sendiri"),
        ([row("add", "@", "CNAME", "y.")], "@: CNAME berdiri sendiri"),
        ([row("add", "X Y", "A", "192.0.2.1")], "Baris 1, Nama: Tulis nama dengan huruf kecil"),
        ([row("add", "x", "SOA", "a")], "Baris 1, Jenis: Pilih salah satu dari daftar."),
    ],
)
def test_a_bad_row_is_told_by_its_number(office, rows, told):
    with pytest.raises(Invalid) as refused:
        office.submit("disdik", SERVICE, changes=rows)
    assert any(line.startswith(told) for line in refused.value.fields["changes"])
