"""Importing the PSE registry: CSV and XLSX, by page's function and by command; a wrong file tells row and column."""

from __future__ import annotations

from io import BytesIO
from time import monotonic
from zipfile import ZipFile

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from tapak.requests import imports, registers
from tapak.requests.imported import newest
from tapak.requests.models import ImportedRow, RegisterImport
from tapak.sdk.errors import Forbidden, Invalid, NotFound

KEY = "kukar.pse"
HEAD = ["Nomor PSE", "Nama sistem", "Perangkat daerah", "URL", "Status"]
ROW = ["777", "PPDB", "Dinas Pendidikan dan Kebudayaan", "ppdb.kukarkab.go.id", "Terbit"]


def csv_of(*rows: list[str], separator: str = ",") -> bytes:
    return "\r\n".join(separator.join(row) for row in rows).encode()


def xlsx_of(*rows: list[object]) -> bytes:
    book, kept = Workbook(), BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(kept)
    return kept.getvalue()


def send(office, content: bytes, filename: str = "pse.csv", who: str = "admin", key: str = KEY):
    with office.desk(who) as desk:
        return imports.import_as_person(desk, key, filename, content).rows


def forged(old: bytes, new: bytes) -> bytes:
    """A workbook whose sheet has ``new`` in the place of ``old``."""
    kept = BytesIO()
    with ZipFile(BytesIO(xlsx_of(HEAD, ROW))) as good, ZipFile(kept, "w") as bad:
        for item in good.infolist():
            bad.writestr(item.filename, good.read(item).replace(old, new))
    return kept.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        csv_of(HEAD, ROW),
        csv_of(HEAD, ROW, separator=";"),
        b"\xef\xbb\xbf" + csv_of(HEAD, ROW, []),
        csv_of(["pse_number", "system_name", "agency", "url", "state"], [*ROW[:4], "issued"]),
        xlsx_of(HEAD, [777, *ROW[1:]], [None] * 5),
    ],
    ids=["comma", "semicolon", "mark", "names", "xlsx"],
)
def test_a_file_becomes_what_the_register_holds(office, content):
    assert send(office, content) == 1
    with office.desk("administrator") as desk:
        held = newest(desk.session, KEY)
        assert [row.content["system_name"] for row in imports.rows(desk, KEY, words="ppdb dinas")] == ["PPDB"]
        assert imports.rows(desk, KEY, words="tidak ada") == []
    assert (held.on.isoformat(), held.filename) == ("2026-11-16", "pse.csv")
    (row,) = held.rows
    assert (row["pse_number"], row["state"], row["url"]) == ("777", "issued", "ppdb.kukarkab.go.id")


def test_a_new_file_replaces_the_rows_and_the_import_stays_on_record(office):
    send(office, csv_of(HEAD, ROW, ["778", *ROW[1:]]))
    send(office, csv_of(HEAD, ["779", *ROW[1:]]), filename="baru.csv")
    with office.desk("admin") as desk:
        assert [row["pse_number"] for row in newest(desk.session, KEY).rows] == ["779"]
        assert desk.session.scalar(select(func.count()).select_from(ImportedRow)) == 1
        assert [each.rows for each in desk.session.scalars(select(RegisterImport).order_by(RegisterImport.id))] == [
            2,
            1,
        ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (csv_of(HEAD, ["1", "", "Dinas", "", ""]), "Baris 2, kolom Nama sistem: Wajib diisi."),
        (
            csv_of(HEAD, ROW, [*ROW[:4], "Entah"]),
            "Baris 3, kolom Status: “Entah” tidak dikenal; isi dengan Terbit / Menunggu penerbitan / "
            "Permintaan pembaruan / Ditolak / Dihapus.",
        ),
        (xlsx_of(HEAD, ROW, [], ["1", None, "Dinas"]), "Baris 4, kolom Nama sistem: Wajib diisi."),
        (csv_of([*HEAD, "Warna"], [*ROW, "biru"]), "Baris 1: kolom “Warna” tidak dikenal."),
        (csv_of(HEAD[:2], ROW[:2]), "Baris 1: kolom “Perangkat daerah” tidak ada."),
        (csv_of([*HEAD, "URL"], [*ROW, "x"]), "Baris 1: kolom “URL” ada dua kali."),
        (csv_of(HEAD), "Tidak ada baris data di bawah judul kolom."),
        (b"", "Berkas ini kosong."),
        (csv_of(HEAD, ROW) + b"\r\n\xff\xfe", "Baris 3: simpan berkas CSV dengan pengodean UTF-8."),
        (b'a,"b\r\nc', "Baris 2: susunan CSV tidak terbaca (periksa tanda kutip)."),
        (b"PK\x03\x04broken", "Berkas XLSX ini tidak terbaca; simpan ulang dari aplikasi spreadsheet."),
    ],
)
def test_a_wrong_file_tells_row_and_column_and_changes_nothing(office, content, told):
    send(office, csv_of(HEAD, ROW))
    with pytest.raises(Invalid) as refused:
        send(office, content)
    assert told in refused.value.fields["file"]
    with office.desk("admin") as desk:
        assert len(newest(desk.session, KEY).rows) == 1


def test_units_import_nothing_and_other_registers_take_no_file(office):
    with pytest.raises(Forbidden):
        send(office, csv_of(HEAD, ROW), who="disdik")
    with pytest.raises(NotFound):
        send(office, csv_of(HEAD, ROW), key="tapak.agenda")
    with office.desk("admin") as desk:
        assert newest(desk.session, KEY) is None
        assert registers.of_tenant(desk)[KEY].imported


def test_another_agency_sees_nothing_of_it(office, tenant):
    send(office, csv_of(HEAD, ROW))
    with office.database.begin(tenant.id) as session:
        assert newest(session, KEY) is None
        assert session.scalar(select(func.count()).select_from(ImportedRow)) == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (csv_of(["URL"] * 2_000_000), "Paling banyak 256 kolom."),
        (forged(b'<row r="2"', b'<row r="999999999"'), "Paling banyak 20000 baris."),
        (forged(b'<c r="E1"', b'<c r="IW1"'), "Paling banyak 256 kolom."),
        (forged(b"</sheetData>", b"</sheet"), "Berkas XLSX ini tidak terbaca; simpan ulang dari aplikasi spreadsheet."),
        (forged(b'<c r="E1"', b'<c r="?"'), "Berkas XLSX ini tidak terbaca; simpan ulang dari aplikasi spreadsheet."),
    ],
    ids=["a-line-of-columns", "a-row-far-down", "a-cell-far-right", "torn", "no-cell"],
)
def test_a_file_that_was_made_to_hurt_is_refused_soon(office, content, told):
    began = monotonic()
    with pytest.raises(Invalid) as refused:
        send(office, content)
    assert told in refused.value.fields["file"]
    assert len(refused.value.fields["file"]) <= 21
    assert monotonic() - began < 20
