"""What an uploaded file is, told from its bytes alone; a client's word for it is never asked.

This is a sieve for honest mistakes and plain tricks, not a scanner: nothing is unpacked, decoded or rendered here, so
that a hostile file has nothing to attack. What it can't see (a script inside a compressed object stream) is why papers
go out with :func:`tapak.documents.downloads.download_headers` and are never opened by the server.
"""

from __future__ import annotations

import io
import re
import struct
from typing import BinaryIO

PDF = "application/pdf"
JPEG = "image/jpeg"
PNG = "image/png"
ZIP = "application/zip"
TAR = "application/x-tar"
GZIP = "application/gzip"
ARCHIVES = (ZIP, TAR, GZIP)
"""What an application comes in; only its beginning is looked at here (:mod:`tapak.scanning` looks at the rest)."""
EXTENSIONS = {PDF: "pdf", JPEG: "jpg", PNG: "png", ZIP: "zip", TAR: "tar", GZIP: "tar.gz"}
NAMES = {PDF: "PDF", JPEG: "JPEG", PNG: "PNG", ZIP: "zip", TAR: "tar", GZIP: "tar.gz"}

TAIL = 2048
BLOCK = 1024 * 1024
PNG_CHUNKS = 20_000
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_PDF_HEADER = re.compile(rb"%PDF-[12]\.[0-9]")
_START_OF_REFERENCES = re.compile(rb"startxref\s+([0-9]{1,12})\s+%%EOF\s*")
_REFERENCES = re.compile(rb"\s*(?:xref\s|[0-9]{1,10}\s+[0-9]{1,5}\s+obj)")


class NotAsExpected(ValueError):
    """The bytes are not what they begin as; the text says why, in Indonesian."""


def media_type(file: BinaryIO, size: int) -> str:
    """The media type of a complete file of ``size`` bytes: PDF, JPEG, PNG, an archive, or "" for anything else.

    Raises:
        NotAsExpected: a damaged file, a PDF with a password or one that acts by itself.
    """
    file.seek(0)
    head = file.read(16)
    if head.startswith(b"%PDF-"):
        _check_pdf(file, size)
        return PDF
    if head.startswith(b"\xff\xd8\xff"):
        _check_jpeg(file, size)
        return JPEG
    if head.startswith(PNG_SIGNATURE):
        _check_png(file, size)
        return PNG
    return _archive(head, file)


def _archive(head: bytes, file: BinaryIO) -> str:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ZIP
    if head.startswith(b"\x1f\x8b"):
        return GZIP
    return TAR if _at(file, 257, 5) == b"ustar" else ""


def _check_pdf(file: BinaryIO, size: int) -> None:
    """ISO 32000-1: header (7.5.2), trailer and the place it points to (7.5.5), encryption (7.6), actions (12.6)."""
    file.seek(0)
    starts = list(_START_OF_REFERENCES.finditer(_tail(file, size)))
    if not _PDF_HEADER.match(_at(file, 0, 8)) or not starts:
        raise NotAsExpected("Berkas PDF rusak atau belum lengkap. Simpan atau pindai ulang, lalu unggah lagi.")
    if not _REFERENCES.match(_at(file, int(starts[-1][1]), 40)):
        raise NotAsExpected("Berkas PDF rusak (daftar isinya tidak ditemukan). Simpan atau pindai ulang.")
    found = _names_in(file)
    if "Encrypt" in found:
        raise NotAsExpected("PDF terkunci dengan sandi. Simpan ulang tanpa sandi, lalu unggah lagi.")
    if found:
        raise NotAsExpected("PDF memuat skrip, perintah, atau berkas sisipan. Cetak ke PDF biasa, lalu unggah lagi.")


def _check_jpeg(file: BinaryIO, size: int) -> None:
    if b"\xff\xd9" not in _tail(file, size):
        raise NotAsExpected("Berkas JPEG rusak atau belum lengkap. Pindai atau simpan ulang, lalu unggah lagi.")


def _check_png(file: BinaryIO, size: int) -> None:
    """The chunks of ISO/IEC 15948 from IHDR to IEND, by their lengths."""
    at, kind = len(PNG_SIGNATURE), b""
    for number in range(PNG_CHUNKS):
        length, kind = struct.unpack(">I4s", _at(file, at, 8).ljust(8, b"\0"))
        at += 12 + length
        if kind == b"IEND" or at > size or (number == 0) != (kind == b"IHDR"):
            break
    if kind != b"IEND" or at > size:
        raise NotAsExpected("Berkas PNG rusak atau belum lengkap. Pindai atau simpan ulang, lalu unggah lagi.")


def _spelled(name: str) -> str:
    """A pattern for ``name``, any character of which may be written as ``#`` and two hex digits (7.3.5)."""
    return "".join(f"(?:{letter}|(?i:#{ord(letter):02x}))" for letter in name)


UNWANTED = ("Encrypt", "JavaScript", "Launch", "EmbeddedFile", "RichMedia")
_UNWANTED = re.compile(
    ("/(?:" + "|".join(f"({_spelled(name)})" for name in UNWANTED) + r")(?=[\s\x00/<>\[\](){}%]|\Z)").encode()
)
_OVERLAP = 64


def _names_in(file: BinaryIO) -> set[str]:
    """Which of ``UNWANTED`` stand in the file as names of their own."""
    found: set[str] = set()
    file.seek(0)
    kept = b""
    while block := file.read(BLOCK):
        for match in _UNWANTED.finditer(kept + block):
            found.add(UNWANTED[(match.lastindex or 1) - 1])
        kept = (kept + block)[-_OVERLAP:]
    return found


def _tail(file: BinaryIO, size: int) -> bytes:
    return _at(file, max(0, size - TAIL), TAIL)


def _at(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset, io.SEEK_SET)
    return file.read(length)
