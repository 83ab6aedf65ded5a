"""The sealed logbook: encrypted when written, chained, read by who may, exported for the standard ``age`` program."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from tapak.cli.main import tapak
from tapak.provisioning.models import Resource
from tapak.requests import flow, registers, unsealing
from tapak.requests.models import SealedEntry
from tapak.sdk.errors import Forbidden, Invalid, MissingInput, NotFound
from tapak.tenants.secrets import KeyPair, new_identity, read_identities
from tapak_kukar.checklist import ITEMS

KEY = "kukar.logbook"
FITTING = {
    "pse_state": "issued",
    "pse_number": "777",
    "pse_owner": "Dinas Pendidikan dan Kebudayaan",
    "pse_officer": "Pejabat Contoh",
    **dict.fromkeys(ITEMS, "fits"),
    "outcome": "fits",
    "coordination_result": "Sesuai.",
}


def to_registration(office, label: str) -> int:
    task = office.finish("administrator", office.submit("disdik", "kukar.hosting", name_label=label))
    task = office.finish("kabid", task, outcome="approve")
    task = office.finish("administrator", task, **FITTING, pse_url=f"{label}.kukarkab.go.id")
    with office.desk("administrator") as desk:
        flow.begin(desk, task)
    with office.owner.begin() as session:
        session.execute(text("update resource set state = 'live' where state <> 'live'"))
    return task


def written(office, label: str) -> None:
    office.finish("administrator", to_registration(office, label), logbook_account=f"sftp-{label}", note="Aktif.")


def kept(pair: KeyPair, folder: Path, name: str = "key.txt") -> Path:
    path = folder / name
    path.touch(mode=0o600)
    path.write_text(f"{pair.identity}\n")
    return path


@pytest.fixture
def command(office, monkeypatch, postgresql_server, database_name):
    monkeypatch.setenv("TAPAK_DATABASE_URL", postgresql_server.dsn("tapak_app", database_name))
    return lambda *arguments: CliRunner().invoke(tapak, ["logbook", *map(str, arguments)])


def test_an_entry_is_sealed_as_it_is_written_and_only_its_readers_see_it(office, tmp_path):
    written(office, "ppdb")
    identities = read_identities(kept(office.key, tmp_path))
    with office.owner.begin() as session:
        (entry,) = session.scalars(select(SealedEntry)).all()
        plain = session.execute(
            text("select count(*) from register_row where content::text like '%sftp-ppdb%'")
        ).scalar()
    assert entry.sealed.startswith(b"age-encryption.org/v1\n")
    assert b"sftp-ppdb" not in entry.sealed
    assert plain == 0
    with office.desk("administrator") as desk:
        (opened,) = unsealing.read(desk, unsealing.entries(desk.session, KEY), identities)
    assert opened.row == {
        "at": "2026-11-16T09:00",
        "request_number": "001/HOST/DISKOMINFO/XI/2026",
        "letter": "400/12/CONTOH/2026, 13 November 2026",
        "agency": "Dinas Pendidikan dan Kebudayaan",
        "system_name": "Antrean Daring",
        "pse_number": "777",
        "records": "ppdb.kukarkab.go.id A 127.0.0.1",
        "server": "Server web bersama (127.0.0.1)",
        "account": "sftp-ppdb",
        "officer": "Administrator Hosting (contoh)",
        "remark": "Aktif.",
    }
    for who in ("admin", "sekretaris", "disdik"):
        with office.desk(who) as desk, pytest.raises(Forbidden):
            unsealing.read(desk, unsealing.entries(desk.session, KEY), identities)
    with office.desk("admin") as desk, pytest.raises(NotFound):
        registers.rows(desk, KEY)


def test_what_the_form_held_besides_is_the_systems_row(office):
    written(office, "ppdb")
    with office.desk("admin") as desk:
        (row,) = registers.rows(desk, "kukar.system")
    assert (row.content["name"], row.content["category"]) == ("ppdb.kukarkab.go.id", "Rendah (10)")


def test_the_export_opens_with_the_standard_age_program(office, command, tmp_path):
    for label in ("ppdb", "absensi"):
        written(office, label)
    key, sealed = kept(office.key, tmp_path), tmp_path / "logbook.csv.age"
    done = command("export", "--tenant", "kukar", "--identity", key, "--output", sealed)
    assert done.exit_code == 0, done.output
    opened = subprocess.run(["age", "-d", "-i", key, sealed], capture_output=True, check=True).stdout.decode()
    head, first, second = opened.splitlines()
    assert head.startswith("Nomor,Tanggal dan waktu,Nomor permohonan,Surat permohonan,Perangkat daerah")
    assert first.startswith("1,") and "ppdb.kukarkab.go.id A 127.0.0.1" in first
    assert second.startswith("2,") and "sftp-absensi" in second
    stranger = kept(new_identity(), tmp_path, "stranger.txt")
    assert subprocess.run(["age", "-d", "-i", stranger, sealed], capture_output=True).returncode == 1


def test_a_wrong_key_is_told_with_the_keys_that_open_the_entry(office, command, tmp_path):
    written(office, "ppdb")
    stranger = kept(new_identity(), tmp_path)
    done = command("export", "--tenant", "kukar", "--identity", stranger, "--output", tmp_path / "out.age")
    assert done.exit_code == 1
    assert "wrong_key" in done.output
    assert office.key.recipient in done.output
    assert "catatan nomor 1" in done.output
    assert not (tmp_path / "out.age").exists()


def test_keys_change_and_no_entry_is_lost(office, command, tmp_path):
    written(office, "ppdb")
    old, new = office.key, new_identity()
    settings = {**office.content["settings"], "sealing_recipients": [new.recipient]}
    office.apply(settings=settings)
    written(office, "absensi")
    sealed, keys = tmp_path / "out.age", (kept(old, tmp_path, "old.txt"), kept(new, tmp_path, "new.txt"))
    export = ("export", "--tenant", "kukar", "--output", sealed)
    assert "wrong_key" in command(*export, "--identity", keys[1]).output
    with office.desk("administrator") as desk:
        newer, older = unsealing.read(desk, unsealing.entries(desk.session, KEY), read_identities(keys[0]))
    assert (older.row["account"], older.problem) == ("sftp-ppdb", "")
    assert (newer.row, new.recipient in newer.problem) == ({}, True)
    both = command(*export, "--identity", keys[0], "--identity", keys[1])
    assert both.exit_code == 0, both.output
    opened = subprocess.run(["age", "-d", "-i", keys[1], sealed], capture_output=True, check=True).stdout.decode()
    assert "sftp-ppdb" in opened
    assert "sftp-absensi" in opened
    assert subprocess.run(["age", "-d", "-i", keys[0], sealed], capture_output=True).returncode == 1


def test_without_a_key_nothing_is_registered(office):
    office.apply(settings={**office.content["settings"], "sealing_recipients": []})
    task = to_registration(office, "ppdb")
    with pytest.raises((MissingInput, Invalid)) as refused:
        office.finish("administrator", task)
    assert "Form file logbook. Tools Enkripsi." in refused.value.message
    with office.desk("admin") as desk:
        assert desk.session.scalars(select(Resource.state).distinct()).all() == ["live"]


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        ("update sealed_entry set sealed = sealed || 'x'::bytea where seq = 1", "entry 1 was changed"),
        ("delete from sealed_entry where seq = 1", "entries 1 to 1 are missing"),
        ("delete from sealed_entry where seq = 2", "entry 2 is missing"),
    ],
)
def test_a_book_that_was_tampered_with_shows(office, command, harm, told):
    for label in ("ppdb", "absensi"):
        written(office, label)
    assert command("verify", "--tenant", "kukar").exit_code == 0
    with office.owner.begin() as session:
        session.execute(text("alter table sealed_entry disable trigger append_only"))
        session.execute(text(harm))
    done = command("verify", "--tenant", "kukar", "--json")
    assert done.exit_code == 1
    assert told in json.loads(done.stdout)[0]["problems"]


def test_another_agency_has_nothing_of_it(office, tenant):
    written(office, "ppdb")
    with office.database.begin(tenant.id) as session:
        assert unsealing.entries(session, KEY) == []
