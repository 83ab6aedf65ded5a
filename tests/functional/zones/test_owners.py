"""Names that came with a zone go to units by a file that went round: all that is wrong is told, nothing half done."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from sqlalchemy import select

from tapak.audit.models import AuditEvent
from tapak.inventory import service as inventory
from tapak.inventory.models import HeldName, Service
from tapak.provisioning import service as acts
from tapak.provisioning.models import Resource
from tapak.sdk.resources import DesiredResource
from tapak.tenants.models import Agency

from .conftest import Town


@pytest.fixture
def taken_in(town: Town) -> Town:
    town.put(town.record("ppdb", "A", "192.0.2.10"), town.record("event2022", "A", "192.0.2.11"))
    town.told("import", town.zone)
    return town


def rows(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"))))


def write(file: Path, units: dict[str, str]) -> None:
    lines = [f"{name},apa saja,{unit}" for name, unit in units.items()]
    file.write_text("\n".join(["Nama,Rekaman,Unit", *lines]))


def test_the_file_goes_round(taken_in: Town, tmp_path: Path) -> None:
    town, file = taken_in, tmp_path / "pemilik.csv"
    town.told("owners", "--output", str(file), "--unassigned")
    given = rows(file)
    ppdb = {"Nama": f"ppdb.{town.zone}", "Rekaman": "A 192.0.2.10 (TTL 300)", "Unit": ""}
    assert ppdb in given
    write(file, {f"ppdb.{town.zone}": "Dinas Kesehatan", f"event2022.{town.zone}": ""})
    (plan,) = town.told("assign", str(file))
    assert plan["plan"] == [{"name": f"ppdb.{town.zone}", "before": "", "after": "Dinas Kesehatan"}]
    assert (plan["done"], plan["unchanged"]) == (False, 1)
    assert town.services()[f"ppdb.{town.zone}"].agency_id is None
    (done,) = town.told("assign", str(file), "--confirm", plan["checksum"])
    assert done["done"]
    listed = {each["name"]: each["unit"] for each in town.told("owners")}
    assert listed[f"ppdb.{town.zone}"] == "Dinas Kesehatan"
    assert listed[f"event2022.{town.zone}"] is None
    with town.database.begin(town.tenant.id) as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.kind == "zone.assigned")).one()
        assert event.content["names"] == [f"ppdb.{town.zone}"]
    town.told("owners", "--output", str(file))
    assert [row["Unit"] for row in rows(file) if row["Nama"] == f"ppdb.{town.zone}"] == ["Dinas Kesehatan"]


def test_every_wrong_row_is_told_at_once(taken_in: Town, tmp_path: Path) -> None:
    town, file = taken_in, tmp_path / "pemilik.csv"
    file.write_text(
        f"Nama,Unit\nppdb.{town.zone},Dinas Gaib\ntiada.{town.zone},rsud\nevent2022.{town.zone},rsud\n"
        f"event2022.{town.zone},dinkes\n"
    )
    done = town.call("assign", str(file))
    assert done.exit_code == 1
    for told in ("Dinas Gaib", f"tiada.{town.zone}", f"event2022.{town.zone}: ditulis 2 kali"):
        assert told in done.output
    assert {each.agency_id for each in town.services().values()} == {None}


def test_a_plan_that_changed_is_confirmed_anew(taken_in: Town, tmp_path: Path) -> None:
    town, file = taken_in, tmp_path / "pemilik.csv"
    write(file, {f"ppdb.{town.zone}": "rsud"})
    (plan,) = town.told("assign", str(file))
    write(file, {f"ppdb.{town.zone}": "rsud", f"event2022.{town.zone}": "rsud"})
    done = town.call("assign", str(file), "--confirm", plan["checksum"])
    assert done.exit_code == 1
    assert "berubah" in done.output
    assert {each.agency_id for each in town.services().values()} == {None}


def assign(town: Town, label: str, unit: str, file: Path) -> int:
    write(file, {f"{label}.{town.zone}": unit})
    (plan,) = town.told("assign", str(file))
    town.told("assign", str(file), "--confirm", plan["checksum"])
    return town.services()[f"{label}.{town.zone}"].id


def test_a_unit_s_own_name_is_taken_over_by_what_it_asked_for(taken_in: Town, tmp_path: Path) -> None:
    town = taken_in
    former = assign(town, "ppdb", "rsud", tmp_path / "pemilik.csv")
    with town.database.begin(town.tenant.id) as session:
        rsud, dinkes = (session.scalars(select(Agency).where(Agency.key == key)).one() for key in ("rsud", "dinkes"))
        assert inventory.name_problem(session, "ppdb", town.zone, agency_id=rsud.id) == ""
        assert inventory.name_problem(session, "ppdb", town.zone, agency_id=dinkes.id)
        service = Service(title="PPDB", procedure="contoh.hosting", agency_id=rsud.id)
        session.add(service)
        session.flush()
        new = town.record("ppdb", "A", "192.0.2.99")
        acts.declare(session, service.id, [DesiredResource("name", new)])
        service_id = service.id
    town.work()
    assert town.standing()[new.identity] == new
    with town.database.begin(town.tenant.id) as session:
        row = session.scalars(select(Resource).where(Resource.identity == new.identity)).one()
        assert (row.service_id, row.state) == (service_id, "live")
        held = session.scalars(select(HeldName).where(HeldName.name == new.name)).one()
        assert held.service_id == service_id
        assert session.get_one(Service, (town.tenant.id, former)).state == "ended"


def test_a_name_of_nobody_is_taken_off_the_net_and_rests(taken_in: Town) -> None:
    town = taken_in
    service_id = town.services()[f"event2022.{town.zone}"].id
    with town.database.begin(town.tenant.id) as session:
        acts.withdraw(session, service_id)
    town.work()
    assert f"event2022.{town.zone}/A" not in town.standing()
    with town.database.begin(town.tenant.id) as session:
        held = session.scalars(select(HeldName).where(HeldName.name == f"event2022.{town.zone}")).one()
        assert held.state == "quarantined"
        assert held.until is not None
