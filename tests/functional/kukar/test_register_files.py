"""Registers as files: by days of the agency's clock, for whoever may read them, sealed ones never."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook
from sqlalchemy import text

from tapak.cli.main import tapak
from tapak.maintenance import service as maintenance
from tapak.reports import comma_separated
from tapak.reports.formats import FORMATS
from tapak.reports.registers import find
from tapak.requests import registers
from tapak.requests.registers import Asked
from tapak.sdk.errors import Forbidden, Invalid, NotFound

BOOK = "tapak.names"


@pytest.fixture
def book(office):
    """Names that were written a minute before and after midnight of the agency's clock (WITA) on New Year's Eve."""
    insert = text(
        "insert into register_row (tenant_id, register, author, content, words, created_at)"
        " values (:tenant, :book, 'Petugas', cast(:content as jsonb), :words, :at)"
    )
    with office.owner.begin() as session:
        for name, at in (
            ("=lama.example", datetime(2026, 12, 31, 15, 59, tzinfo=UTC)),
            ("baru.example", datetime(2026, 12, 31, 16, 1, tzinfo=UTC)),
        ):
            content = {"live_on": "2026-12-31", "name": name, "type": "A", "address": "-", "agency": "@Dinas"}
            given = {"tenant": office.tenant.id, "book": BOOK, "words": name, "at": at}
            session.execute(insert, {**given, "content": json.dumps(content)})
    return BOOK


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (Asked(), ["baru.example", "=lama.example"]),
        (Asked(until=date(2026, 12, 31)), ["=lama.example"]),
        (Asked(since=date(2027, 1, 1)), ["baru.example"]),
        (Asked(words="baru"), ["baru.example"]),
        (Asked("baru", until=date(2026, 12, 31)), []),
        (Asked(since=date(1, 1, 2), until=date.max), ["baru.example", "=lama.example"]),
    ],
)
def test_rows_are_those_of_the_agencys_days(office, book, asked, names):
    with office.desk("kabid") as desk:
        made, _ = find(desk, book, asked, "xlsx")
        labels = [column.label for column in made.tables[0].columns]
        rows = [dict(zip(labels, row, strict=True)) for row in made.tables[0].rows]
    assert [row["Nama"] for row in rows] == names
    written = {row["Nama"]: row["Dicatat"].isoformat() for row in rows}
    assert written.items() <= {"=lama.example": "2026-12-31T23:59:00", "baru.example": "2027-01-01T00:01:00"}.items()


def test_who_may_not_read_gets_no_file(office, book):
    for suffix in FORMATS:
        with office.desk("disdik") as desk, pytest.raises(Forbidden):
            find(desk, book, Asked(), suffix)
        for sealed_or_imported in ("kukar.logbook", "kukar.pse", "tapak.none"):
            with office.desk("admin") as desk, pytest.raises(NotFound):
                find(desk, sealed_or_imported, Asked(), suffix)


def test_a_print_of_too_much_is_refused_before_it_is_begun(office, book):
    with office.owner.begin() as session:
        session.execute(
            text(
                "insert into register_row (tenant_id, register, author, content) select :tenant, :book, 'x', '{}'"
                " from generate_series(1, 600)"
            ),
            {"tenant": office.tenant.id, "book": book},
        )
    with office.desk("kabid") as desk:
        with pytest.raises(Invalid):
            find(desk, book, Asked(), "pdf")
        assert len(list(comma_separated.lines(find(desk, book, Asked(), "csv")[0]))) == 604
        find(desk, book, Asked(words="baru"), "pdf")


def test_the_command_writes_a_workbook(office, book, postgresql_server, database_name, monkeypatch, tmp_path):
    monkeypatch.setenv("TAPAK_DATABASE_URL", postgresql_server.dsn("tapak_app", database_name))
    out = tmp_path / "nama.xlsx"
    words = ["register", "export", book, "--tenant", "kukar", "--format", "xlsx", "--output", str(out)]
    done = CliRunner().invoke(tapak, [*words, "--since", "2027-01-01"])
    assert done.exit_code == 0, done.output
    assert (out.stat().st_mode & 0o777) == 0o600
    sheet = load_workbook(out).worksheets[0]
    assert [row[2].value for row in sheet.iter_rows(min_row=2)] == [datetime(2027, 1, 1, 0, 1)]  # noqa: DTZ001
    refused = CliRunner().invoke(tapak, [words[0], words[1], "kukar.logbook", *words[3:]])
    assert refused.exit_code == 1
    assert "not_found" in refused.output


def test_an_agency_without_a_register_of_maintenance_has_cores(office):
    with office.desk("kabid") as desk:
        assert list(maintenance.plannable(desk)) == ["tapak.maintenance"]
        assert "tapak.maintenance" in registers.registers(desk)
