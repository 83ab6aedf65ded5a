"""What bites with a real BIND: lost answers, limited keys, wildcards, delegations, messages that are too large."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tapak.demo.servers.bind import BindServer
from tapak.demo.servers.process import free_port
from tapak.sdk.errors import ChangedMeanwhile, ForeignResource, Invalid, ProviderDenied, ProviderUnavailable
from tapak.sdk.provider import Change
from tapak.sdk.resources import RecordSet
from tapak.testing.dns_cases import ADDRESS, OTHER_ADDRESS, TIMEOUT, create, delete, standing, update, verified
from tapak.testing.dns_server import DnsOperator, DnsPath, black_hole
from tapak.testing.faults import Fault
from tapak_bind.provider import BindProvider

ZONE, OTHER_ZONE = "example.test", "lain.test"


def test_a_lost_answer_is_looked_up_before_anything_is_sent_again(
    make_provider: Callable[..., BindProvider], lossy: DnsPath, record: RecordSet
) -> None:
    provider = make_provider(port=lossy.port, timeout=0.6)
    lossy.fail(Fault.UNHEARD)
    create(provider, record)
    assert lossy.writes == 1
    assert standing(provider, record) == record


def test_a_lost_answer_does_not_hide_a_conflict(
    make_provider: Callable[..., BindProvider], lossy: DnsPath, record: RecordSet, operator: DnsOperator
) -> None:
    foreign = replace(record, values=(OTHER_ADDRESS,))
    operator.put(foreign)
    lossy.fail(Fault.UNHEARD)
    with pytest.raises(ChangedMeanwhile):
        create(make_provider(port=lossy.port, timeout=0.6), record)
    assert lossy.writes == 2
    assert standing(make_provider(), record) == foreign


def test_an_answer_that_never_comes_leaves_the_matter_open(
    make_provider: Callable[..., BindProvider], lossy: DnsPath, record: RecordSet, operator: DnsOperator
) -> None:
    operator.put(replace(record, values=(OTHER_ADDRESS,)))
    lossy.fail(Fault.UNHEARD, times=1000)
    provider = make_provider(port=lossy.port, timeout=0.3)
    with pytest.raises(ProviderUnavailable):
        provider.apply([Change("create", record.identity, record, None)], fence=1, timeout=0.5)
    assert lossy.writes > 1


def test_a_key_for_a_part_of_the_zone(bind: BindServer, make_provider: Callable[..., BindProvider]) -> None:
    provider = make_provider(key_name="terbatas", key_secret=bind.secret("terbatas"))
    inside, outside = (RecordSet(ZONE, f"{name}.{ZONE}", "A", (ADDRESS,)) for name in ("satu.app", "satu.luar"))
    create(provider, inside)
    assert verified(provider, inside).live
    with pytest.raises(ProviderDenied) as refused:
        create(provider, outside)
    assert "REFUSED" in refused.value.message
    failing = [line.name for line in provider.check() if not line.ok]
    assert f"Hak ubah {ZONE}" in failing
    assert f"Transfer {ZONE}" in failing
    assert f"Kunci TSIG untuk {ZONE}" not in failing


def test_a_wrong_clock_is_told(provider: BindProvider, record: RecordSet, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + 3600)
    with pytest.raises(ProviderDenied) as refused:
        create(provider, record)
    assert "jam" in refused.value.message


def test_a_zone_that_the_server_does_not_have(make_provider: Callable[..., BindProvider]) -> None:
    provider = make_provider(zones=["tiada.test"])
    with pytest.raises(ProviderDenied):
        provider.serial("tiada.test")
    assert [line.ok for line in provider.check()] == [False]
    with pytest.raises(ProviderDenied):
        create(provider, RecordSet("tiada.test", "www.tiada.test", "A", (ADDRESS,)))


def test_a_whole_zone_is_not_told_to_everybody(bind: BindServer, make_provider: Callable[..., BindProvider]) -> None:
    other_secret = make_provider(key_secret="cmFoYXNpYSBsYWlu")
    closed = make_provider(port=free_port())
    nothing_there = make_provider(zones=["tiada.test"])
    for provider, zone, kind in (
        (other_secret, ZONE, ProviderDenied),
        (nothing_there, "tiada.test", ProviderDenied),
        (closed, ZONE, ProviderUnavailable),
    ):
        with pytest.raises(kind):
            next(provider.zone_records(zone))


def test_a_transfer_that_breaks_off_gives_nothing(make_provider: Callable[..., BindProvider]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(lambda: next(make_provider(port=server.getsockname()[1]).zone_records(ZONE)))
        connection, _ = server.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"\x40\x00" + b"\x00" * 100)
        with pytest.raises(ProviderUnavailable):
            asked.result(10)


def test_facts_of_one_zone_s_trouble(make_provider: Callable[..., BindProvider]) -> None:
    provider = make_provider(zones=["aa-tiada.test", ZONE])
    facts = {fact.key: fact for fact in provider.facts()}
    assert facts["zone.aa-tiada.test.serial"].problem
    assert facts["zone.aa-tiada.test.record_sets"].value is None
    assert facts[f"zone.{ZONE}.serial"].value == str(provider.serial(ZONE))
    assert int(facts[f"zone.{ZONE}.record_sets"].value or 0) == len(provider.zone_changes(ZONE, None).present)


def test_check_leaves_the_serial(provider: BindProvider) -> None:
    serial = provider.serial(ZONE)
    assert all(line.ok for line in provider.check())
    assert provider.serial(ZONE) == serial


def test_check_tells_a_secondary_that_is_down(make_provider: Callable[..., BindProvider], record: RecordSet) -> None:
    port = free_port()
    provider = make_provider(secondaries=[{"address": "127.0.0.1", "port": port}])
    assert [line.ok for line in provider.check() if str(port) in line.message] == [False, False]
    create(provider, record)
    seen = verified(provider, record, timeout=0.2)
    assert [(probe.ok, probe.answer) for probe in seen.probes] == [(True, ADDRESS), (False, "tidak menjawab")]


def test_a_wildcard_does_not_make_a_name_exist(
    provider: BindProvider, record: RecordSet, operator: DnsOperator
) -> None:
    wildcard = replace(record, name=f"*.{record.name}")
    operator.put(wildcard)
    covered = replace(record, name=f"baru.{record.name}")
    assert provider.read([covered]) == {covered.identity: None}
    create(provider, covered)
    assert provider.read([covered]) == {covered.identity: covered}
    assert provider.read([wildcard]) == {wildcard.identity: wildcard}
    delete(provider, covered)
    assert provider.read([covered]) == {covered.identity: None}
    assert provider.verify_gone([covered], timeout=TIMEOUT)[0].live


def test_a_wildcard_cname_stands_in_nobody_s_way(
    provider: BindProvider, record: RecordSet, operator: DnsOperator
) -> None:
    operator.put(RecordSet(ZONE, f"*.{record.name}", "CNAME", ("sasaran.example.net.",)))
    covered = replace(record, name=f"baru.{record.name}")
    assert provider.read([covered]) == {covered.identity: None}
    create(provider, covered)
    assert verified(provider, covered).live
    delete(provider, covered)
    assert provider.verify_gone([covered], timeout=TIMEOUT)[0].live


def test_two_zones_change_together_or_not_at_all(
    provider: BindProvider, record: RecordSet, operator: DnsOperator
) -> None:
    second = RecordSet(OTHER_ZONE, f"{record.name.partition('.')[0]}.{OTHER_ZONE}", "A", (ADDRESS,))
    create(provider, record, second)
    newer = [replace(each, values=(OTHER_ADDRESS,)) for each in (record, second)]
    operator.put(replace(second, values=("192.0.2.99",)))
    changes = [Change("update", new.identity, new, old) for old, new in zip((record, second), newer, strict=True)]
    with pytest.raises(ChangedMeanwhile):
        provider.apply(changes, fence=1, timeout=TIMEOUT)
    assert standing(provider, record) == record


def test_a_refused_record_of_the_second_zone_undoes_the_first(provider: BindProvider, record: RecordSet) -> None:
    values = tuple(f'"{number:04}{"x" * 250}"' for number in range(400))
    second = RecordSet(OTHER_ZONE, f"{record.name.partition('.')[0]}.{OTHER_ZONE}", "TXT", values)
    with pytest.raises(Invalid):
        create(provider, record, second)
    assert standing(provider, record) is None


def test_what_could_not_be_undone_is_told(
    make_provider: Callable[..., BindProvider], lossy: DnsPath, record: RecordSet
) -> None:
    second = RecordSet(OTHER_ZONE, f"{record.name.partition('.')[0]}.{OTHER_ZONE}", "A", (ADDRESS,))
    lossy.fail(Fault.LOST, times=1000, skip=1)
    with pytest.raises(ProviderUnavailable, match="could not undo") as failed:
        changes = [Change("create", each.identity, each, None) for each in (record, second)]
        make_provider(port=lossy.port, timeout=0.3).apply(changes, fence=1, timeout=1)
    assert record.identity in failed.value.message
    assert second.identity not in failed.value.message
    assert standing(make_provider(), record) == record


def test_a_silent_secondary_keeps_nobody_from_being_heard(
    make_provider: Callable[..., BindProvider], record: RecordSet
) -> None:
    many = [replace(record, name=f"n{number}.{record.name}") for number in range(300)]
    with black_hole() as port:
        provider = make_provider(secondaries=[{"address": "127.0.0.1", "port": port}])
        create(provider, *many)
        seen = provider.verify(many, timeout=1)
    assert {tuple(probe.ok for probe in each.probes) for each in seen} == {(True, False)}


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_server_that_was_restarted_is_found_again(
    bind: BindServer, make_provider: Callable[..., BindProvider], record: RecordSet, transport: str
) -> None:
    provider = make_provider(transport=transport)
    create(provider, record)
    bind.stop()
    with pytest.raises(ProviderUnavailable):
        provider.read([record])
    bind.start()
    assert standing(provider, record) == record
    bind.stop()
    bind.start()
    delete(provider, record)
    assert standing(provider, record) is None


def test_very_many_changes_are_read_as_a_whole(
    provider: BindProvider, record: RecordSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [replace(record, name=f"n{number}.{record.name}") for number in range(40)]
    create(provider, *many)
    serial = provider.serial(ZONE)
    create(provider, record)
    monkeypatch.setattr("tapak_bind.provider.MANY", 0)
    changes = provider.zone_changes(ZONE, serial)
    assert changes.full
    assert {each.identity for each in (*many, record)} <= set(changes.present)


def test_many_changes_are_read_back_by_one_transfer(
    provider: BindProvider, record: RecordSet, operator: DnsOperator, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [replace(record, name=f"n{number}.{record.name}") for number in range(60)]
    text = replace(record, name=many[0].name, type="TXT", values=('"a;b"', '"c"'))
    moved = [replace(each, values=(OTHER_ADDRESS,)) for each in many]
    with monkeypatch.context() as patch:
        patch.setattr("tapak_bind.updating.Updater._settled", None)
        create(provider, *many, text)
        provider.apply(changes(many, moved), fence=1, timeout=TIMEOUT)
    assert provider.read([*moved, text]) == {each.identity: each for each in (*moved, text)}
    operator.put(replace(moved[0], ttl=77))  # which no prerequisite sees: asked name by name
    provider.apply(changes(moved, many), fence=1, timeout=TIMEOUT)
    assert provider.read(many) == {each.identity: each for each in many}


def test_many_changes_under_a_key_that_may_not_transfer(
    bind: BindServer, make_provider: Callable[..., BindProvider]
) -> None:
    provider = make_provider(key_name="terbatas", key_secret=bind.secret("terbatas"))
    many = [RecordSet(ZONE, f"n{number}.app.{ZONE}", "A", (ADDRESS,)) for number in range(60)]
    create(provider, *many)
    assert provider.read(many) == {each.identity: each for each in many}
    delete(provider, *many)
    assert set(provider.read(many).values()) == {None}


def changes(old: Sequence[RecordSet], new: Sequence[RecordSet]) -> list[Change]:
    return [Change("update", each.identity, each, before) for before, each in zip(old, new, strict=True)]


def test_a_batch_too_large_for_a_message(provider: BindProvider, record: RecordSet, operator: DnsOperator) -> None:
    text = f'"{"x" * 255}" "{"y" * 255}"'
    many = [replace(record, name=f"n{number}.{record.name}", type="TXT", values=(text,)) for number in range(300)]
    operator.put(replace(many[-1], values=('"tangan"',)))
    with pytest.raises(ChangedMeanwhile):
        create(provider, *many)
    assert {standing(provider, each) for each in many[:-1]} == {None}
    operator.remove(many[-1])
    create(provider, *many)
    assert provider.read(many) == {each.identity: each for each in many}


def test_an_rrset_too_large_for_a_message(provider: BindProvider, record: RecordSet) -> None:
    values = tuple(f'"{number:04}{"x" * 250}"' for number in range(400))
    with pytest.raises(Invalid):
        create(provider, replace(record, type="TXT", values=values))


def test_an_answer_too_large_for_udp(provider: BindProvider, record: RecordSet) -> None:
    large = replace(record, type="TXT", values=tuple(f'"{number}{"x" * 200}"' for number in range(30)))
    create(provider, large)
    assert standing(provider, large) == large
    assert verified(provider, large).live


def test_a_name_below_a_delegation(provider: BindProvider, record: RecordSet, operator: DnsOperator) -> None:
    for number in range(20):
        operator.put(replace(record, name=f"n{number}.{record.name}"))
    serial = provider.serial(ZONE)
    delegation = RecordSet(ZONE, f"cabang.{record.name}", "NS", ("ns.example.net.",))
    operator.put(delegation)
    with pytest.raises(ForeignResource):
        provider.read([replace(record, name=f"www.{delegation.name}")])
    changes = provider.zone_changes(ZONE, serial)
    assert changes.present[delegation.identity] == delegation
    operator.remove(delegation)


def test_a_change_names_one_record_once(provider: BindProvider, record: RecordSet) -> None:
    with pytest.raises(Invalid):
        create(provider, record, replace(record, values=(OTHER_ADDRESS,)))
    with pytest.raises(Invalid):
        update(provider, record, replace(record, name=f"lain.{record.name}"))
    with pytest.raises(Invalid):
        provider.apply([Change("create", record.identity, None, None)], fence=1, timeout=TIMEOUT)
    assert standing(provider, record) is None


def test_hostile_input_reaches_no_server(provider: BindProvider, record: RecordSet) -> None:
    serial = provider.serial(ZONE)
    with pytest.raises(Invalid):
        create(provider, record, replace(record, name=f"www\n.{ZONE}"))
    assert provider.serial(ZONE) == serial
    assert standing(provider, record) is None
