"""A file's type is told from its bytes."""

from __future__ import annotations

import io
import struct
import zlib

import pytest

from tapak.documents.file_types import BLOCK, JPEG, PDF, PNG, NotAsExpected, media_type


def pdf(body: bytes = b"", *, trailer: bytes = b"") -> bytes:
    head = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n" + body
    table = b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 1 /Root 1 0 R " + trailer + b">>\n"
    return head + table + b"startxref\n%d\n%%%%EOF\n" % len(head)


def png() -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


JPEG_BYTES = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\0" * 100 + b"\xff\xd9"


def told(content: bytes) -> str:
    return media_type(io.BytesIO(content), len(content))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (pdf(), PDF),
        (pdf() + b"\r\n", PDF),
        (pdf() + b"2 0 obj\n(signed)\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(pdf()), PDF),
        (png(), PNG),
        (JPEG_BYTES, JPEG),
        (b"", ""),
        (b"<html><script>alert(1)</script>", ""),
        (b"MZ\x90\x00", ""),
        (b"PK\x03\x04 a letter in Word", "application/zip"),
        (b" %PDF-1.7 not at the start", ""),
        (b"GIF89a", ""),
    ],
)
def test_types(content: bytes, expected: str) -> None:
    assert told(content) == expected


@pytest.mark.parametrize(
    "content",
    [
        pdf()[:-20],
        pdf()[:20],
        b"%PDF-" + b"\0" * 500,
        b"%PDF-9.9" + pdf()[8:],
        pdf().replace(b"startxref\n5", b"startxref\n1"),
        pdf().replace(b"startxref\n", b"startxref\n9999"),
        JPEG_BYTES[:-2],
        png()[:-6],
        png()[:40],
        png().replace(b"IHDR", b"JUNK"),
        png()[:8] + struct.pack(">I", 2**31 - 1) + b"IHDR",
    ],
)
def test_damaged_files_are_told(content: bytes) -> None:
    with pytest.raises(NotAsExpected, match="rusak"):
        told(content)


def test_a_pdf_with_a_password_is_told() -> None:
    with pytest.raises(NotAsExpected, match="sandi"):
        told(pdf(trailer=b"/Encrypt 9 0 R "))


@pytest.mark.parametrize(
    "action",
    [
        b"<< /S /JavaScript /JS (app.alert(1)) >>",
        b"<</S/JavaScript/JS(app.alert(1))>>",
        b"<< /S /Java#53cript /JS (app.alert(1)) >>",
        b"<< /S /#4aava#53cript >>",
        b"<< /S /Launch /F (cmd.exe) >>",
        b"<< /Type /EmbeddedFile >>",
        b"<< /Subtype /RichMedia >>",
    ],
)
@pytest.mark.parametrize("before", [0, BLOCK - 70, BLOCK - 66, BLOCK - 60])
def test_a_pdf_that_acts_by_itself_is_told(action: bytes, before: int) -> None:
    with pytest.raises(NotAsExpected, match="skrip"):
        told(pdf(b"\n" * before + b"3 0 obj\n" + action + b"\nendobj\n"))


def test_words_that_only_look_alike_are_let_through() -> None:
    assert told(pdf(b"3 0 obj\n(JavaScript and Launch) /LaunchPad /Encrypted\nendobj\n")) == PDF


def test_a_file_of_endless_small_pieces_is_not_walked_for_ever() -> None:
    header, rest = png()[:33], png()[33:]
    with pytest.raises(NotAsExpected):
        told(header + (struct.pack(">I", 0) + b"tEXt" + b"\0" * 4) * 30_000 + rest)
