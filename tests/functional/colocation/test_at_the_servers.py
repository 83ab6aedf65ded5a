"""Colocation by REST and the real name server: names both ways, IPv6, a race for an address, what is given back."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.reversename
import psycopg
import pytest

from tapak.demo.walk import WalkProblem
from tapak.testing.changing import Changing, service_of
from tapak.testing.deployment import Case, Deployment

SERVICE = "tarakan.colocation"
KEEPER = "noc@dkisp.tarakankota.go.id"
MAINTENANCE = {
    "done_at": "2026-11-20T08:30",
    "kind": "routine",
    "place": "Ruang NOC",
    "work": "Memeriksa sambungan",
    "result": "Normal",
}


def case(deployment: Deployment) -> Case:
    return deployment.case(deployment.one.at(SERVICE))


def answered(deployment: Deployment, name: object, kind: str) -> list[str]:
    """What the name server says, without asking Tapak."""
    bind = deployment.stack.bind
    answer = dns.query.udp(dns.message.make_query(str(name), kind), bind.address, port=bind.port, timeout=5)
    assert answer.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)
    wanted = dns.rdatatype.from_text(kind)
    return [str(record) for rrset in answer.answer if rrset.rdtype == wanted for record in rrset]


def chosen(placed: Case) -> str:
    """The address that the service holds."""
    values: list[str] = placed.resources()["name"]["spec"]["values"]
    return values[0]


def test_a_server_is_placed_and_its_name_leads_both_ways(deployment: Deployment) -> None:
    placed = case(deployment)
    placed.to("notify")
    address = chosen(placed)
    assert {row["kind"] for row in placed.resources().values()} == {"record_set"}
    assert answered(deployment, placed.name, "A") == [address]
    assert answered(deployment, dns.reversename.from_address(address), "PTR") == [f"{placed.name}."]
    assert placed.to_end()["state"] == "done"
    with deployment.caller(KEEPER) as client:
        (row,) = client.get("/registers/tarakan.colocation_configuration", params={"q": placed.name}).json()
    assert (row["content"]["address"], row["content"]["serial"]) == (address, f"SN-{placed.label}")


def test_an_ipv6_address(deployment: Deployment) -> None:
    placed = case(deployment)
    task = placed.to("review")
    offered = next(field for field in task["form"] if field["name"] == "address")["choices"]
    address = next(value for value, _ in offered if ":" in value)
    placed.take("review", address=address)
    placed.to("provision")
    with pytest.raises(WalkProblem, match="netmask"):
        placed.take("provision")
    placed.take("provision", gateway="2001:db8:113::f", netmask="124", dns_servers="2001:db8:113::e")
    assert answered(deployment, placed.name, "AAAA") == [address]
    assert answered(deployment, dns.reversename.from_address(address), "PTR") == [f"{placed.name}."]


def test_what_is_withdrawn_is_taken_back_and_its_address_is_free_again(deployment: Deployment) -> None:
    placed = case(deployment)
    placed.to("notify")
    address = chosen(placed)
    told = {"reason": "Server tidak jadi dititipkan"}
    placed.walker.call(placed.applicant, "POST", f"/requests/{placed.request_id}/withdraw", told)
    pointer = dns.reversename.from_address(address)
    placed.wait(
        lambda: not answered(deployment, placed.name, "A") and not answered(deployment, pointer, "PTR"),
        "the names to be gone",
    )
    again = case(deployment)
    placed.wait(lambda: address in offered_to(deployment), "the address to be free")
    again.to("review")
    again.take("review", address=address)
    again.to("notify")
    assert answered(deployment, pointer, "PTR") == [f"{again.name}."]


def offered_to(deployment: Deployment) -> list[str]:
    """The free addresses in the database."""
    with psycopg.connect(deployment.stack.owner_url) as owner:
        found = owner.execute("select address from address where service_id is null and not shared").fetchall()
    return [address for (address,) in found]


@pytest.fixture
def two_at_decision(deployment: Deployment) -> Iterator[tuple[Case, Case]]:
    """Two requests whose reviewers chose the same address."""
    cases = case(deployment), case(deployment)
    address = offered_to(deployment)[0]
    for each in cases:
        each.to("review")
        each.take("review", address=address)
    yield cases


def test_a_server_that_is_taken_away_ends_at_once(deployment: Deployment) -> None:
    placed = case(deployment)
    placed.to_end()
    service = service_of(placed)
    made = Changing.begin(placed, "deactivate")
    assert made.to_end(change_reason="Server diambil kembali oleh pemiliknya.")["state"] == "done"
    assert answered(deployment, placed.name, "A") == []
    row = "select state from service where id = %s"
    with psycopg.connect(deployment.stack.owner_url, autocommit=True) as connection:
        ended = partial(connection.execute, row, (service["id"],))
        placed.wait(lambda: ended().fetchone() == ("ended",), "the service to have ended")


def test_two_that_race_for_one_address(deployment: Deployment, two_at_decision: tuple[Case, Case]) -> None:
    def approve(racing: Case) -> str:
        try:
            racing.take("decide")
        except WalkProblem as problem:
            return str(problem)
        return ""

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(approve, two_at_decision))
    assert told[0] == ""
    assert "409" in told[1] or "sudah dipakai permohonan lain" in told[1]
    assert sorted(each.task()["step"] for each in two_at_decision) == ["decide", "provision"]
    (late,) = (each for each in two_at_decision if each.task()["step"] == "decide")
    with pytest.raises(WalkProblem, match="sudah dipakai permohonan lain"):
        late.take("decide")
    form = {field["name"]: field for field in late.task()["form"]}
    another = next(value for value, _ in form["address"]["choices"] if "." in value)
    late.take("decide", address=another)
    late.to("notify")
    assert answered(deployment, late.name, "A") == [another]


def test_maintenance_by_rest(deployment: Deployment) -> None:
    path = "/registers/tarakan.network_maintenance"
    with deployment.caller(KEEPER) as client:
        refused = client.post(path, json={"content": {**MAINTENANCE, "kind": "lain"}})
        assert (refused.status_code, list(refused.json()["fields"])) == (422, ["kind"])
        written = client.post(path, json={"content": MAINTENANCE})
        assert (written.status_code, bool(written.json()["number"])) == (201, True)
        row = client.get(path).json()[0]
        assert (row["number"], row["request_id"]) == (written.json()["number"], None)
        assert row["author"].endswith("(Petugas NOC)")
    with deployment.caller(deployment.one.who("dispose")) as client:
        assert client.post(path, json={"content": MAINTENANCE}).status_code == 403


def test_the_signed_handover_record_comes_with_the_report_or_the_closing(deployment: Deployment) -> None:
    placed = case(deployment)
    report = placed.to("report")
    officer = placed.agency.who("report")
    assert "signed_handover_record" in [each["kind"] for each in report["uploads"]]
    placed.walker.upload(officer, report["id"], "signed_handover_record")
    close = placed.to("close")
    placed.walker.upload(placed.applicant, close["id"], "signed_handover_record")
    assert placed.to_end()["state"] == "done"
    for who in (officer, placed.applicant):
        papers = placed.walker.call(who, "GET", f"/requests/{placed.request_id}/documents")
        kinds = [paper["kind"] for paper in papers]
        assert "handover_record" in kinds
        assert "signed_handover_record" in kinds
