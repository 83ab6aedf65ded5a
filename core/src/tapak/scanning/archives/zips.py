"""Zip archives by their central directory; the bytes by the local headers that it points to."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from itertools import pairwise
from typing import BinaryIO, cast

from tapak.scanning.archives.entries import Broken, Entry

ENCRYPTED = 0x1 | 0x40 | 0x2000
UTF8 = 0x800
UNIX = 3
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
READ_PROBLEMS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, struct.error)
LOCAL_HEADER = 30


class ZipArchive:
    """A zip on ``stream``, which can seek. ``entries`` is how many the directory may have."""

    def __init__(self, stream: BinaryIO, entries: int) -> None:
        self._directory = _directory(stream, entries)
        self._current: zipfile.ZipInfo | None = None

    def entries(self) -> Iterator[Entry]:
        """Every entry of the central directory."""
        for info in self._directory.infolist():
            self._current = info
            name, decoded = _name(info)
            faults = [
                *(["encrypted"] if info.flag_bits & ENCRYPTED else []),
                *([] if decoded else ["non_utf8"]),
                *([] if info.compress_type in METHODS else ["unsupported"]),
            ]
            yield Entry(name, info.file_size, _kind(info, name), info.compress_size, "", tuple(faults))

    def open(self) -> BinaryIO:
        """The current entry, unpacked; what is wrong with it is told as :class:`Broken` when it is read."""
        assert self._current is not None
        return cast(BinaryIO, _Content(self._directory, self._current))

    def faults(self) -> Iterator[tuple[str, str]]:
        """Entries whose bytes lie over each other: a bomb that no ratio of a single entry shows."""
        ordered = sorted(self._directory.infolist(), key=lambda info: info.header_offset)
        for one, other in pairwise(ordered):
            if one.header_offset + LOCAL_HEADER + one.compress_size > other.header_offset:
                yield "overlap", _name(other)[0]


class _Content:
    """An entry's bytes, in whatever pieces are asked for."""

    def __init__(self, directory: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        self._name = _name(info)[0]
        try:
            self._stream = directory.open(info)
        except READ_PROBLEMS as problem:
            raise Broken(f"{type(problem).__name__}: {problem}", entry=self._name) from problem

    def read(self, size: int = -1) -> bytes:
        try:
            return self._stream.read(size)
        except READ_PROBLEMS as problem:
            raise Broken(f"{type(problem).__name__}: {problem}", entry=self._name) from problem

    def close(self) -> None:
        self._stream.close()


def _directory(stream: BinaryIO, entries: int) -> zipfile.ZipFile:
    """The central directory, which the library reads as a whole: so its size is looked at before."""
    try:
        end = zipfile._EndRecData(stream)  # type: ignore[attr-defined]
        if end is None:
            raise Broken("no end of central directory", rule="truncated")
        if end[zipfile._ECD_ENTRIES_TOTAL] > entries:  # type: ignore[attr-defined]
            raise Broken("the central directory has too many entries", rule="too_many")
        return zipfile.ZipFile(stream)
    except UnicodeDecodeError as problem:
        name = bytes(problem.object)[:200].decode("utf-8", "surrogateescape")
        raise Broken("a name is no UTF-8 although it is said to be", rule="non_utf8", entry=name) from problem
    except READ_PROBLEMS as problem:
        raise Broken(f"{type(problem).__name__}: {problem}") from problem


def _name(info: zipfile.ZipInfo) -> tuple[str, bool]:
    """The entry's name and whether it is UTF-8; the library reads what isn't marked as such by CP437."""
    name = info.orig_filename
    if info.flag_bits & UTF8 or name.isascii():
        return name, True
    raw = name.encode("cp437")
    try:
        return raw.decode("utf-8"), True
    except UnicodeDecodeError:
        return raw.decode("utf-8", "surrogateescape"), False


def _kind(info: zipfile.ZipInfo, name: str) -> str:
    mode = info.external_attr >> 16
    if info.create_system == UNIX and stat.S_IFMT(mode):
        if stat.S_ISLNK(mode):
            return "link"
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            return "device"
    return "folder" if name.endswith(("/", "\\")) else "file"
