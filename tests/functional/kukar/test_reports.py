"""The yearly report of subdomains and the list of hosted applications, from rows as workers leave them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook
from sqlalchemy import text

from tapak.cli.main import tapak
from tapak.inventory.models import Service
from tapak.reports import periodic, subdomains
from tapak.reports.formats import FORMATS
from tapak.sdk.errors import Forbidden, Invalid, NotFound
from tapak_kukar.hosting import HOSTING

WITA_NEW_YEAR = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
NAME = "ppdb.kukarkab.go.id"
REVERSE = "113.0.203.in-addr.arpa"
SUBMISSION = HOSTING.submission.sample


@pytest.fixture
def live(office):
    """A hosting service whose name was live from October, changed on New Year's Eve and ended just after midnight."""
    task = office.finish("administrator", office.submit("disdik", "kukar.hosting", name_label="ppdb"))
    office.finish("kabid", task, outcome="approve")
    spec = {"zone": "kukarkab.go.id", "name": NAME, "type": "A", "values": ["203.0.113.7"], "ttl": 300}
    with office.owner.begin() as session:
        service = session.execute(text("select id, tenant_id from service")).one()
        ours = {"tenant": service.tenant_id, "service": service.id}
        connection = session.scalar(text("select id from connection where provider = 'bind'"))
        session.execute(
            text("update service set state = 'live', live_at = '2026-10-01 01:00+00', expires_on = '2027-10-01'")
        )
        for kind, identity in (("record_set", f"{NAME}/A"), ("site", NAME)):
            session.execute(
                text(
                    "insert into resource (tenant_id, service_id, connection_id, key, kind, identity, spec, state)"
                    " values (:tenant, :service, :connection, :kind, :kind, :identity, cast(:spec as jsonb), 'live')"
                ),
                {**ours, "connection": connection, "kind": kind, "identity": identity, "spec": json.dumps(spec)},
            )
        session.execute(
            text(
                "insert into renewal (tenant_id, service_id, account_id, asked_by, responsible_officer, approved,"
                " decided_at) select :tenant, :service, id, 'x', 'x', true, '2026-11-30 16:00+00' from account limit 1"
            ),
            ours,
        )
    seen(office, datetime(2026, 10, 1, 1, tzinfo=UTC), spec)
    seen(office, datetime(2026, 10, 2, 1, tzinfo=UTC), spec)
    seen(office, datetime(2026, 12, 31, 15, 59, tzinfo=UTC), {**spec, "values": ["203.0.113.8"]})
    return spec


def seen(office, at, spec):
    with office.owner.begin() as session:
        session.execute(
            text(
                "insert into journal_entry (tenant_id, resource_id, generation, phase, spec, at)"
                " select tenant_id, id, 1, 'verified', cast(:spec as jsonb), :at"
                " from resource where kind = 'record_set'"
            ),
            {"spec": None if spec is None else json.dumps(spec), "at": at},
        )


def year(office, number, now=datetime(2027, 3, 1, tzinfo=UTC)):
    office.now = now
    with office.desk("kabid") as desk:
        return periodic.read(desk, "subdomain", number)


def rows(report, title):
    table = next(table for table in report.tables if table.title == title)
    return [list(row) for row in table.rows], list(table.total)


def test_a_year_by_month_and_unit_at_the_agencys_clock(office, live):
    seen(office, datetime(2026, 12, 31, 16, 30, tzinfo=UTC), None)
    months, total = rows(year(office, 2026), "Per bulan")
    assert [row[1:] for row in months if any(row[1:5])] == [[1, 0, 0, 0, 1], [0, 1, 1, 0, 1]]
    assert [row[0] for row in months if any(row[1:5])] == ["Oktober", "Desember"]
    assert total == ["Jumlah", 1, 1, 1, 0, 1]
    (unit,), _ = rows(year(office, 2026), "Per perangkat daerah")
    assert unit[1:] == [0, 1, 1, 1, 0, 1]
    details, _ = rows(year(office, 2026), "Rincian")
    assert [(row[0].isoformat(), row[3]) for row in details] == [
        ("2026-10-01T09:00:00", "Baru"),
        ("2026-12-01T00:00:00", "Diperpanjang"),
        ("2026-12-31T23:59:00", "Berubah"),
    ]
    months, total = rows(year(office, 2027), "Per bulan")
    assert months == [["Januari", 0, 0, 0, 1, 0], ["Februari", 0, 0, 0, 0, 0], ["Maret", 0, 0, 0, 0, 0]]
    (unit,), _ = rows(year(office, 2027), "Per perangkat daerah")
    assert unit[1:] == [1, 0, 0, 0, 1, 0]


def test_a_year_that_goes_on_ends_today(office, live):
    told = year(office, 2026, now=datetime(2026, 10, 20, tzinfo=UTC))
    months, _ = rows(told, "Per bulan")
    assert months[-1][0] == "Oktober"
    assert dict(told.about)["Periode"] == "1 Januari 2026 sampai 20 Oktober 2026"


def test_what_is_hosted_stands_in_the_list(office, live):
    with office.desk("admin") as desk:
        (row,) = periodic.read(desk, "aplikasi", None).tables[0].rows
    told = dict(zip([column.label for column in periodic.applications.COLUMNS], row, strict=True))
    assert (told["Nama domain"], told["Alamat"], told["Komponen"]) == (NAME, "203.0.113.7", "Situs")
    assert (told["Aktif sejak"].isoformat(), told["Berlaku sampai"].isoformat()) == ("2026-10-01", "2027-10-01")
    assert told["Keadaan"] == "aktif"
    assert (told["Aplikasi"], told["Penanggung jawab"]) == (
        SUBMISSION["system_name"],
        SUBMISSION["responsible_officer_name"],
    )
    changed = {"responsible_officer_name": "Pejabat Pengganti", "system_name": "PPDB Daring"}
    with office.desk("admin") as desk:
        desk.session.get_one(Service, (desk.tenant.id, 1)).current = changed
        desk.session.flush()
        (row,) = periodic.read(desk, "aplikasi", None).tables[0].rows
        assert {"Pejabat Pengganti", "PPDB Daring"} < {str(cell) for cell in row}
    with office.desk("admin") as desk:
        desk.session.get_one(Service, (desk.tenant.id, 1)).state = "ended"
        desk.session.flush()
        assert periodic.read(desk, "aplikasi", None).tables[0].rows == []


def test_names_and_addresses_in_use_and_free(office, live):
    with office.owner.begin() as session:
        add = "insert into address (tenant_id, address, shared, service_id) select tenant_id, :address, :shared, "
        session.execute(text(f"{add} id from service"), {"address": "203.0.113.7", "shared": False})
        session.execute(text(f"{add} null from service"), {"address": "203.0.113.9", "shared": False})
        pointer = {"zone": REVERSE, "name": f"7.{REVERSE}", "type": "PTR", "values": [f"{NAME}."], "ttl": 300}
        session.execute(
            text(
                "insert into resource (tenant_id, service_id, connection_id, key, kind, identity, spec, state) select"
                " tenant_id, service_id, connection_id, 'pointer', kind, :identity, cast(:spec as jsonb), 'live'"
                " from resource where kind = 'record_set'"
            ),
            {"identity": f"7.{REVERSE}/PTR", "spec": json.dumps(pointer)},
        )
        session.execute(text("update service set live_at = '2026-08-01 01:00+00'"))
    with office.desk("kabid") as desk:
        report = periodic.read(desk, "ip", None)
        names, addresses = report.tables
        free = desk.session.scalar(text("select count(*) from address where not shared and service_id is null"))
    (name,) = names.rows
    assert [*name[:3], name[6].isoformat(), name[7]] == [NAME, "A", "203.0.113.7", "2026-10-01", "aktif"]
    held = {row[0]: row[1:3] for row in addresses.rows}
    assert held["203.0.113.7"] == ["satu layanan", f"{NAME}."]
    assert "203.0.113.9" not in held
    assert f"{len(held)} alamat IP publik dipakai, {free} bebas" in dict(report.about)["Jumlah"]


def test_who_may_read_and_what_can_be_asked(office, live):
    for who in ("disdik", "desa"):
        with office.desk(who) as desk, pytest.raises(Forbidden):
            periodic.read(desk, "subdomain", 2026)
    with office.desk("admin") as desk:
        with pytest.raises(NotFound):
            periodic.read(desk, "lain", None)
        for wrong in (1999, desk.today.year + 1):
            with pytest.raises(Invalid):
                periodic.read(desk, "subdomain", wrong)


def test_every_format_is_made_and_the_command_writes_one(
    office, live, postgresql_server, database_name, monkeypatch, tmp_path
):
    told = year(office, 2026)
    for suffix in FORMATS:
        report, form = periodic.fitted(told, suffix)
        assert b"".join(form.write(report, office.tenant))
    monkeypatch.setenv("TAPAK_DATABASE_URL", postgresql_server.dsn("tapak_app", database_name))
    out = tmp_path / "laporan.xlsx"
    done = CliRunner().invoke(tapak, ["report", "subdomain", "--tenant", "kukar", "--output", str(out)])
    assert done.exit_code == 0, done.output
    assert load_workbook(out).sheetnames[-2:] == ["Rincian", "Keterangan"]


def test_a_part_that_is_too_long_for_paper_is_left_out_and_told(office, live):
    report = year(office, 2026)
    long = subdomains.Table("Rincian", [subdomains.Column("Nama")], [["x"]] * 501)
    kept, _ = periodic.fitted(periodic.replace(report, tables=[*report.tables[:3], long]), "pdf")
    assert [table.title for table in kept.tables] == [table.title for table in report.tables[:3]]
    assert "Rincian" in dict(kept.about)["Tidak dimuat"]
