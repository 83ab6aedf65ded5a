"""What bites with a real PowerDNS: SQLite's one writer, switched off records, comments, rectifying, new zones."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from tapak.demo.servers.pdns import PdnsServer
from tapak.demo.servers.process import free_port
from tapak.sdk.errors import ChangedMeanwhile, ForeignResource, Invalid, ProviderBroken, ProviderDenied
from tapak.sdk.provider import Change, Check
from tapak.sdk.resources import RecordSet
from tapak.testing.dns_cases import ADDRESS, OTHER_ADDRESS, TIMEOUT, create, delete, standing, update, verified
from tapak.testing.dns_server import PdnsOperator
from tapak.testing.faults import Fault
from tapak.testing.http_path import HttpPath
from tapak_powerdns.provider import PowerdnsProvider

ZONE, OTHER_ZONE = "example.test", "lain.test"
Make = Callable[..., PowerdnsProvider]


def rrset(pdns: PdnsServer, record: RecordSet) -> dict[str, Any]:
    """The RRset as the API has it."""
    zone = pdns.call("GET", f"/zones/{record.zone}.").json()
    (found,) = [each for each in zone["rrsets"] if (each["name"], each["type"]) == (f"{record.name}.", record.type)]
    return dict(found)


def failing(provider: PowerdnsProvider) -> list[Check]:
    return [line for line in provider.check() if not line.ok]


def test_several_workers_at_once(make_provider: Make, record: RecordSet) -> None:
    """Unlocked, most of them are told "database is locked"; comparing and writing would mix."""
    many = [[replace(record, name=f"n{number}-{worker}.{record.name}") for number in range(8)] for worker in range(4)]
    makers = [make_provider() for _ in many]

    def work(worker: int) -> None:
        for each in many[worker]:
            create(makers[worker], each)

    with ThreadPoolExecutor(len(many)) as pool:
        list(pool.map(work, range(len(many))))
    flat = [each for several in many for each in several]
    assert makers[0].read(flat) == {each.identity: each for each in flat}


def test_of_several_workers_at_one_name_one_is_first(make_provider: Make, record: RecordSet) -> None:
    wanted = [replace(record, values=(f"192.0.2.{number}",)) for number in range(1, 7)]

    def work(spec: RecordSet) -> bool:
        try:
            create(make_provider(), spec)
        except ChangedMeanwhile:
            return False
        return True

    with ThreadPoolExecutor(len(wanted)) as pool:
        first = list(pool.map(work, wanted))
    assert first.count(True) == 1
    assert standing(make_provider(), record) == wanted[first.index(True)]


def test_records_that_are_switched_off_are_left_alone(
    provider: PowerdnsProvider, pdns: PdnsServer, record: RecordSet, operator: PdnsOperator
) -> None:
    off = [{"content": OTHER_ADDRESS, "disabled": True}]
    operator.patch(record, changetype="REPLACE", ttl=60, records=off)
    assert standing(provider, record) is None
    with pytest.raises(ForeignResource) as refused:
        create(provider, record)
    assert "dinonaktifkan" in refused.value.message
    operator.patch(record, changetype="REPLACE", ttl=300, records=[{"content": ADDRESS, "disabled": False}, *off])
    assert standing(provider, record) == record
    for new in (None, replace(record, ttl=60)):
        with pytest.raises(ForeignResource):
            provider.apply([Change("update", record.identity, new, record)], fence=1, timeout=TIMEOUT)
    assert len(rrset(pdns, record)["records"]) == 2


def test_switched_off_records_among_many(provider: PowerdnsProvider, record: RecordSet, operator: PdnsOperator) -> None:
    """Where one reading of the whole zone is quicker than a search for each."""
    many = [replace(record, name=f"n{number}.{record.name}") for number in range(12)]
    off = [{"content": OTHER_ADDRESS, "disabled": True}]
    operator.patch(many[7], changetype="REPLACE", ttl=60, records=off)
    with pytest.raises(ForeignResource, match="n7"):
        create(provider, *many)
    assert set(provider.read(many).values()) == {None}


def test_a_comment_names_the_request_and_others_stay(
    provider: PowerdnsProvider, pdns: PdnsServer, record: RecordSet, operator: PdnsOperator
) -> None:
    theirs = {"content": "Jangan dihapus", "account": "operator", "modified_at": 1700000000}
    operator.put(record)
    operator.patch(record, changetype="REPLACE", comments=[theirs])
    newer = replace(record, values=(OTHER_ADDRESS,))
    for old, new, note in ((record, newer, "Permohonan 1/2026"), (newer, record, "Permohonan 2/2026")):
        change = Change("update", record.identity, new, old, note=note)
        provider.apply([change], fence=1, timeout=TIMEOUT)
    comments = {each["account"]: each for each in rrset(pdns, record)["comments"]}
    assert comments.keys() == {"operator", "tapak"}
    assert comments["operator"] == theirs
    assert comments["tapak"]["content"] == "Tapak: Permohonan 2/2026"


def test_comments_can_be_left_out(make_provider: Make, pdns: PdnsServer, record: RecordSet) -> None:
    create(make_provider(comments=False), record)
    assert rrset(pdns, record)["comments"] == []


def test_rectifying_is_settled_for_each_zone(provider: PowerdnsProvider, pdns: PdnsServer, record: RecordSet) -> None:
    create(provider, record)
    asked = "select content from domainmetadata m join domains d on d.id = m.domain_id where kind = ? and d.name = ?"
    assert pdns.execute(asked, "API-RECTIFY", ZONE) == [("0",)]


def test_a_new_zone_has_an_soa(make_provider: Make, pdns: PdnsServer) -> None:
    zone = "baru.test"
    record = RecordSet(zone, f"www.{zone}", "A", (ADDRESS,))
    with pytest.raises(ProviderDenied):
        create(make_provider(zones=[zone]), record)
    assert zone in failing(make_provider(zones=[zone]))[0].message
    provider = make_provider(zones=[zone], name_servers=["ns1.example.net", "ns2.example.net."])
    assert failing(provider) == []
    assert standing(provider, record) is None
    create(provider, record)
    assert verified(provider, record).live
    assert provider.serial(zone) > 0
    assert failing(provider) == []
    listed = {each.identity: each.values for each in provider.zone_records(zone)}
    assert listed[f"{zone}/NS"] == ("ns1.example.net.", "ns2.example.net.")
    pdns.call("DELETE", f"/zones/{zone}.").raise_for_status()


def test_a_zone_that_follows_another_server_is_not_changed(make_provider: Make, pdns: PdnsServer) -> None:
    zone = "ikut.test"
    made = {"name": f"{zone}.", "kind": "Slave", "masters": ["192.0.2.1"]}
    pdns.call("POST", "/zones", json=made).raise_for_status()
    provider = make_provider(zones=[zone])
    assert "mengikuti" in failing(provider)[0].message
    with pytest.raises(ProviderBroken):
        create(provider, RecordSet(zone, f"www.{zone}", "A", (ADDRESS,)))
    pdns.call("DELETE", f"/zones/{zone}.").raise_for_status()


def test_a_serial_that_stands_still_is_told(make_provider: Make, pdns: PdnsServer) -> None:
    zone = "diam.test"
    made = {"name": f"{zone}.", "kind": "Native", "nameservers": [f"ns1.{zone}."], "soa_edit_api": "OFF"}
    pdns.call("POST", "/zones", json=made).raise_for_status()
    pdns.call("PUT", f"/zones/{zone}.", json={"soa_edit_api": ""}).raise_for_status()
    assert "SOA-EDIT-API" in failing(make_provider(zones=[zone]))[0].message
    pdns.call("DELETE", f"/zones/{zone}.").raise_for_status()


def test_what_was_changed_behind_the_api_is_found(
    make_provider: Make, pdns: PdnsServer, record: RecordSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = make_provider()
    create(provider, record)
    serial = provider.zone_changes(ZONE, None).serial
    pdns.execute("update records set content = ? where name = ?", OTHER_ADDRESS, record.name)
    assert provider.serial(ZONE) == serial
    assert not provider.zone_changes(ZONE, serial).full
    monkeypatch.setattr("tapak_powerdns.provider.WHOLE_EVERY", 0.0)
    found = provider.zone_changes(ZONE, serial)
    assert found.present[record.identity] == replace(record, values=(OTHER_ADDRESS,))
    with pytest.raises(ChangedMeanwhile):
        delete(provider, record)


def test_a_type_of_powerdns_s_own_stands_in_the_way_of_a_cname(
    provider: PowerdnsProvider, record: RecordSet, operator: PdnsOperator
) -> None:
    alias = replace(record, type="ALIAS", values=("sasaran.example.net.",))
    operator.put(alias)
    cname = replace(record, type="CNAME", values=("sasaran.example.net.",))
    assert provider.read([cname]) == {cname.identity: None, alias.identity: alias}
    with pytest.raises(ChangedMeanwhile):
        create(provider, cname)
    operator.remove(alias)


def test_what_the_server_does_not_take_is_told(provider: PowerdnsProvider, record: RecordSet) -> None:
    with pytest.raises(Invalid) as refused:
        create(provider, replace(record, type="MX", values=("10 a_b.example.net.",)))
    assert "non-hostname" in refused.value.message


def test_two_zones_change_together_or_not_at_all(
    provider: PowerdnsProvider, record: RecordSet, operator: PdnsOperator
) -> None:
    second = RecordSet(OTHER_ZONE, f"{record.name.partition('.')[0]}.{OTHER_ZONE}", "A", (ADDRESS,))
    create(provider, record, second)
    newer = [replace(each, values=(OTHER_ADDRESS,)) for each in (record, second)]
    operator.put(replace(second, values=("192.0.2.99",)))
    changes = [Change("update", new.identity, new, old) for old, new in zip((record, second), newer, strict=True)]
    with pytest.raises(ChangedMeanwhile):
        provider.apply(changes, fence=1, timeout=TIMEOUT)
    assert standing(provider, record) == record


def test_a_refused_record_of_the_second_zone_undoes_the_first(provider: PowerdnsProvider, record: RecordSet) -> None:
    second = RecordSet(OTHER_ZONE, f"{record.name.partition('.')[0]}.{OTHER_ZONE}", "MX", ("10 a_b.example.net.",))
    with pytest.raises(Invalid):
        create(provider, record, second)
    assert standing(provider, record) is None


def test_a_batch_too_large_for_a_request(provider: PowerdnsProvider, record: RecordSet, operator: PdnsOperator) -> None:
    text = " ".join(f'"{letter * 250}"' for letter in "abcdefghijklmnop")
    many = [replace(record, name=f"n{number}.{record.name}", type="TXT", values=(text,)) for number in range(600)]
    operator.put(replace(many[-1], values=('"tangan"',)))
    with pytest.raises(ChangedMeanwhile):
        create(provider, *many)
    assert set(provider.read(many[:-1]).values()) == {None}
    operator.remove(many[-1])
    create(provider, *many)
    assert provider.read(many) == {each.identity: each for each in many}


def test_a_lost_answer_is_looked_up_before_anything_is_sent_again(
    make_provider: Make, pdns: PdnsServer, record: RecordSet
) -> None:
    create(make_provider(), record)
    with HttpPath(pdns.address, pdns.api_port, {"timeout": 0.5}) as path:
        provider = make_provider(**path.settings)
        create(provider, record)
        before = path.writes
        path.fail(Fault.UNHEARD)
        update(provider, record, replace(record, values=(OTHER_ADDRESS,)))
        assert path.writes - before == 1


def test_the_connection_test_says_what_is_wrong(make_provider: Make, pdns: PdnsServer) -> None:
    told = {
        "kunci": {"api_key": "salah"},
        "localhost": {"server": "lain"},
        "firewall": {"port": free_port(), "timeout": 0.3},
        "hidup": {"url": f"http://127.0.0.1:{free_port()}"},
    }
    for word, settings in told.items():
        assert word in failing(make_provider(**settings))[0].message, word


def test_check_leaves_the_serial(provider: PowerdnsProvider) -> None:
    serial = provider.serial(ZONE)
    assert all(line.ok for line in provider.check())
    assert provider.serial(ZONE) == serial
