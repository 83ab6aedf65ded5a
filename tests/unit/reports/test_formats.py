"""What a report says, in each of its formats: types, hostile cells, pages."""

from __future__ import annotations

import csv
import io
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from tapak.reports.formats import FORMATS
from tapak.reports.tables import DAY, MOMENT, NUMBER, Cell, Column, Report, Stamp, Table
from tapak.sdk.errors import Invalid
from tapak.tenants.models import Tenant

HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", '=HYPERLINK("http://x.example","x")')
COLUMNS = (Column("Nama", wide=True), Column("Jumlah", NUMBER), Column("Tanggal", DAY), Column("Waktu", MOMENT))
STAMP = Stamp.of(datetime(2026, 12, 31, 16, 30, tzinfo=UTC), "Asia/Makassar", "=Nama Pejabat")
TENANT = Tenant(
    name="Pemerintah Kota Contoh",
    agency="Dinas Kominfo",
    letterhead={"lines": ["Pemerintah Kota Contoh", "Dinas Kominfo", "Jalan Contoh Raya 1"], "paper": "F4"},
)


def report(rows: Sequence[Sequence[Cell]], columns: Sequence[Column] = COLUMNS, total: Sequence[Cell] = ()) -> Report:
    about = (("Periode pencatatan", "1 Januari 2026 sampai 31 Desember 2026"),)
    return Report(
        "kota.buku", "Buku <tamu> & surat", [Table("Buku: tamu/surat [1]", columns, rows, total)], STAMP, about
    )


def made(suffix: str, told: Report) -> bytes:
    return b"".join(FORMATS[suffix].write(told, TENANT))


def sheets(told: Report) -> Any:
    return load_workbook(io.BytesIO(made("xlsx", told)))


def pdf_text(told: Report, folder: Any) -> str:
    path = folder / "x.pdf"
    path.write_bytes(made("pdf", told))
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True)
    return done.stdout


def test_numbers_and_dates_of_a_workbook_have_their_types() -> None:
    told = report([("Situs", 1234, date(2026, 12, 31), datetime(2026, 12, 31, 23, 59)), ("", None, None, None)])  # noqa: DTZ001
    sheet, about = sheets(told).worksheets
    assert [cell.value for cell in sheet[1]] == ["Nama", "Jumlah", "Tanggal", "Waktu"]
    name, count, day, moment = sheet[2]
    assert (name.data_type, count.data_type, day.data_type, moment.data_type) == ("s", "n", "d", "d")
    assert (count.value, day.value, moment.value) == (
        1234,
        datetime(2026, 12, 31),  # noqa: DTZ001
        datetime(2026, 12, 31, 23, 59),  # noqa: DTZ001
    )
    assert (day.number_format, moment.number_format) == ("dd/mm/yyyy", "dd/mm/yyyy hh:mm")
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:D3")
    assert {row[0].value: row[1].value for row in about}["Dicetak pada"] == datetime(2027, 1, 1, 0, 30)  # noqa: DTZ001


@pytest.mark.parametrize("text", [*HOSTILE, "#N/A", "TRUE", "2026-01-01", "00123"])
def test_a_hostile_cell_of_a_workbook_is_text_and_stays_text(text: str) -> None:
    content = made("xlsx", report([(text, 1, None, None)]))
    assert b"<f>" not in ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
    book = load_workbook(io.BytesIO(content))
    cell = book.worksheets[0]["A2"]
    assert cell.data_type == "s"
    assert cell.value.replace("\n", "").replace("\r", "") == text.replace("\n", "").replace("\r", "")
    assert bool(cell.quotePrefix) is (text in HOSTILE)
    assert book.worksheets[1]["B3"].data_type == "s"


def test_what_a_workbook_cannot_hold_is_left_out_or_cut() -> None:
    sheet = sheets(report([("a\x0bb\x00c", 1, None, None), ("x" * 40_000, 1, None, None)])).worksheets[0]
    assert sheet["A2"].value == "abc"
    assert len(sheet["A3"].value) == 32_767
    assert sheet.title == "Buku  tamu surat  1"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_cell_of_csv_is_text(text: str) -> None:
    written = made("csv", report([(text, -5, date(2026, 1, 2), None)], total=("Jumlah", -5, None, None)))
    assert written.startswith(b"\xef\xbb\xbf")
    head, row, total = csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""))
    assert head == ["Nama", "Jumlah", "Tanggal", "Waktu"]
    assert (row[0][0], row[0].replace("'", "")) == ("'", text)
    assert row[1:] == ["-5", "2 Januari 2026", ""]
    assert total == ["Jumlah", "-5", "", ""]


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", '"=1+1"', " =1+1"])
@pytest.mark.parametrize("separator", [";", "\n", "\t"])
def test_a_spreadsheet_that_splits_elsewhere_than_at_commas_meets_no_formula(separator: str, start: str) -> None:
    """Indonesian ones take a semicolon for the end of a cell; then quotes don't hold lines together either."""
    written = made("csv", report([(f"Rapat{separator}{start}", 1, None, None)])).decode("utf-8-sig")
    cells = [cell.strip('" ') for line in written.splitlines() for cell in re.split("[;\t]", line)]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []


def test_a_print_has_letterhead_period_pages_and_who_printed_it(tmp_path: Any) -> None:
    text = pdf_text(report([(f"<b>Situs {n}</b>", n * 1000, date(2026, 12, 31), None) for n in range(80)]), tmp_path)
    pages = text.rstrip("\f").split("\f")
    assert len(pages) > 1
    assert "PEMERINTAH KOTA CONTOH" in pages[0]
    assert "1 Januari 2026 sampai 31 Desember 2026" in pages[0]
    assert "<b>Situs 3</b>" in text
    assert "79.000" in text
    for number, page in enumerate(pages, 1):
        assert f"Halaman {number} dari {len(pages)}" in page
        assert "Dicetak 1 Januari 2027 pukul 00.30 WITA oleh =Nama Pejabat" in page
        assert "Jumlah" in page


def test_a_table_that_is_too_long_is_refused_with_a_way_out() -> None:
    FORMATS["pdf"].fits(500)
    FORMATS["csv"].fits(10**9)
    with pytest.raises(Invalid) as refused:
        FORMATS["pdf"].fits(501)
    assert "CSV" in refused.value.message
