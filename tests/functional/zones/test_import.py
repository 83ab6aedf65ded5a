"""A zone as an agency brings it is taken in, from wherever it lies, and is left as it stands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from tapak.inventory import service as inventory
from tapak.inventory.models import IMPORTED, HeldName, Service
from tapak.provisioning import service as acts
from tapak.provisioning.intake import take_in
from tapak.provisioning.models import Connection, JournalEntry, Resource
from tapak.sdk.errors import Conflict
from tapak.sdk.resources import DesiredResource, RecordSet
from tapak.tenants.models import Agency

from .conftest import Town, connection_settings


def fill(town: Town) -> list[RecordSet]:
    records = [
        town.record("surat", "A", "192.0.2.25"),
        town.record("", "MX", f"10 surat.{town.zone}."),
        town.record("ppdb", "A", "192.0.2.10", "192.0.2.11", ttl=600),
        town.record("ppdb", "TXT", '"situs lama; \\"penting\\""'),
        town.record("alias", "CNAME", f"ppdb.{town.zone}."),
        town.record("_sip._tcp", "SRV", f"0 5 5060 surat.{town.zone}."),
    ]
    town.put(*records)
    return records


def test_a_zone_is_taken_in_and_left_as_it_stands(town: Town) -> None:
    records = fill(town)
    serial = town.serial()
    (told,) = town.told("import", town.zone)
    assert (told["names"], told["records"], told["known"]) == (6, 7, 0)  # ns1 of the server comes along
    assert told["left_out"] == {"NS di puncak zona: milik server DNS": [f"{town.zone}/NS"]}
    assert town.serial() == serial
    with town.database.begin(town.tenant.id) as session:
        kept = {row.identity: row for row in session.scalars(select(Resource))}
        assert {each.identity for each in records} < set(kept)
        for each in records:
            assert (kept[each.identity].state, kept[each.identity].spec) == ("live", kept[each.identity].applied)
            assert kept[each.identity].spec["values"] == list(each.values)
        assert {line.phase for line in session.scalars(select(JournalEntry))} == {"adopted"}
    services = town.services()
    assert {service.agency_id for service in services.values()} == {None}
    assert set(services) == {each.name for each in records} | {f"ns1.{town.zone}"}


def test_taking_in_again_adds_only_what_came_since(town: Town) -> None:
    fill(town)
    town.told("import", town.zone)
    town.put(town.record("ppdb", "AAAA", "2001:db8::1"), town.record("baru", "A", "192.0.2.30"))
    (told,) = town.told("import", town.zone)
    assert (told["names"], told["records"], told["known"]) == (1, 2, 7)
    with town.database.begin(town.tenant.id) as session:
        query = select(Resource.key).join(Service, Service.id == Resource.service_id)
        assert sorted(session.scalars(query.where(Service.title == f"ppdb.{town.zone}"))) == ["a", "aaaa", "txt"]


def test_a_dry_run_takes_in_nothing(town: Town) -> None:
    fill(town)
    (told,) = town.told("import", town.zone, "--dry-run")
    assert told["records"] == 7
    assert town.services() == {}


def test_names_that_were_taken_in_are_taken(town: Town) -> None:
    fill(town)
    town.told("import", town.zone)
    with town.database.begin(town.tenant.id) as session:
        assert "sudah dipakai" in inventory.name_problem(session, "ppdb", town.zone)
        assert inventory.name_problem(session, "bebas", town.zone) == ""


def test_what_is_ours_or_delegated_stays_out(town: Town) -> None:
    town.put(town.record("kec", "NS", f"ns.kec.{town.zone}."), town.record("ns.kec", "A", "192.0.2.53"))
    town.put(town.record("milik", "A", "192.0.2.1"), town.record("milik", "TXT", '"lama"'))
    with town.database.begin(town.tenant.id) as session:
        agency = session.scalars(select(Agency)).first()
        assert agency is not None
        service = Service(title="Milik", procedure="contoh.hosting", agency_id=agency.id)
        session.add(service)
        session.flush()
        session.add(HeldName(name=f"milik.{town.zone}", service_id=service.id))
        acts.declare(session, service.id, [DesiredResource("name", town.record("milik", "A", "192.0.2.1"))])
    (told,) = town.told("import", town.zone)
    assert told["known"] == 1
    left = {reason: which for reason, which in told["left_out"].items() if "puncak" not in reason}
    assert left == {
        "didelegasikan ke server lain": [f"kec.{town.zone}/NS", f"ns.kec.{town.zone}/A"],
        "namanya dipegang layanan Tapak": [f"milik.{town.zone}/TXT"],
    }


def test_a_zone_file_and_another_server_are_read_alike(town: Town, tmp_path: Path) -> None:
    records = fill(town)
    file = tmp_path / "zona.db"
    file.write_text(
        f"$ORIGIN {town.zone}.\n$TTL 300\n@ SOA ns1 hostmaster 1 2 3 4 5\n@ NS ns1\n@ MX 10 surat\nsurat A 192.0.2.25\n"
        'ppdb 600 A 192.0.2.11\n 600 A 192.0.2.10\n TXT "situs lama; \\"penting\\""\n'
        f"alias CNAME ppdb\n_sip._tcp SRV 0 5 5060 surat.{town.zone}.\nns1 A 127.0.0.1\n"
    )
    (told,) = town.told("import", town.zone, "--file", str(file))
    assert told["records"] == 7
    source = tmp_path / "asal.json"
    settings = connection_settings(town.bind, [town.zone])
    source.write_text(json.dumps({"provider": "bind", "settings": settings}))
    (told,) = town.told("import", town.zone, "--from", str(source))
    assert (told["records"], told["known"]) == (0, 7)
    with town.database.begin(town.tenant.id) as session:
        kept = {row.identity: row.spec for row in session.scalars(select(Resource))}
    assert all(kept[each.identity]["values"] == list(each.values) for each in records)


def test_what_cannot_be_read_is_told(town: Town, tmp_path: Path) -> None:
    broken = tmp_path / "rusak.db"
    broken.write_text("$TTL 300\nwww A 192.0.2.300\n")
    done = town.call("import", town.zone, "--file", str(broken))
    assert done.exit_code == 1
    assert "rusak.db" in done.output
    assert town.call("import", "tiada.example").exit_code == 1
    source = tmp_path / "asal.json"
    source.write_text(json.dumps({"provider": "bind", "settings": {"address": "127.0.0.1"}}))
    done = town.call("import", town.zone, "--from", str(source))
    assert "key_secret" in done.output
    assert town.services() == {}


def many(town: Town, prefix: str, count: int) -> list[RecordSet]:
    return [town.record(f"{prefix}{number}", "A", "192.0.2.10") for number in range(count)]


def test_several_zones_are_taken_in_by_one_transaction_in_seconds(town: Town) -> None:
    with town.database.begin(town.tenant.id) as session:
        session.execute(text("set local statement_timeout = '5s'"))
        connection = session.scalars(select(Connection)).one()
        for prefix, count in (("a", 10), ("b", 8000), ("c", 8000)):
            done = take_in(session, connection, town.zone, many(town, prefix, count), {"A"})
            assert (done.names, done.record_sets) == (count, count)
        session.rollback()


def test_a_service_may_have_thousands_of_resources(town: Town) -> None:
    wanted = [DesiredResource(f"n{number}", each) for number, each in enumerate(many(town, "n", 20_000))]
    with town.database.begin(town.tenant.id) as session:
        service, other = (Service(title=title, procedure=IMPORTED, state="live") for title in ("Banyak", "Lain"))
        session.add_all([service, other])
        session.flush()
        acts.declare(session, other.id, wanted[-1:])
        with pytest.raises(Conflict) as refused:  # they are all asked about
            acts.declare(session, service.id, wanted)
        assert wanted[-1].spec.identity in refused.value.message
        acts.declare(session, service.id, wanted[:1000])
        assert session.scalar(select(func.count()).select_from(Resource)) == 1001
        session.rollback()
