"""Tar archives, plain or in gzip, read once from front to back and never further than the limits allow."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from tapak.scanning.archives.entries import CHUNK, Broken, Entry

BLOCK = 512
LARGEST_READ = 1024**2
"""A header's extension (a long name, pax records) is read whole: none needs more."""
READ_PROBLEMS = (tarfile.TarError, EOFError, OSError, zlib.error, ValueError, IndexError, OverflowError)
KINDS = {
    tarfile.REGTYPE: "file",
    tarfile.AREGTYPE: "file",
    tarfile.CONTTYPE: "file",
    tarfile.DIRTYPE: "folder",
    tarfile.SYMTYPE: "link",
    tarfile.LNKTYPE: "link",
    tarfile.CHRTYPE: "device",
    tarfile.BLKTYPE: "device",
    tarfile.FIFOTYPE: "device",
}


class Forward:
    """A stream that only goes forward, counts what it gives, and ends where ``most`` bytes were given.

    ``ended`` says whether a read came back empty: a tar without its closing blocks was cut.
    """

    def __init__(self, stream: BinaryIO, most: int) -> None:
        self._stream = stream
        self._most = most
        self._at = 0
        self.ended = False

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > LARGEST_READ:
            raise Broken(f"a header asks for {size} bytes", rule="bomb")
        found = self._stream.read(size)
        self._at += len(found)
        self.ended = self.ended or (size > 0 and not found)
        if self._at > self._most:
            raise Broken(f"more than {self._most} bytes come out of it", rule="bomb")
        return found

    def tell(self) -> int:
        return self._at

    def seek(self, place: int) -> int:
        if place < self._at:
            raise Broken("an entry points backwards")
        while self._at < place:
            if not self.read(min(CHUNK, place - self._at)):
                break
        return self._at


class TarArchive:
    """A tar on ``stream``; ``most`` is how many bytes may come out of it, headers included."""

    def __init__(self, stream: BinaryIO, most: int, *, packed: bool) -> None:
        plain = cast(BinaryIO, gzip.GzipFile(fileobj=stream)) if packed else stream
        self._forward = Forward(plain, most)
        self._tar: tarfile.TarFile | None = None
        self._current: tarfile.TarInfo | None = None

    def entries(self) -> Iterator[Entry]:
        """Every entry; the library's own list of them is kept empty."""
        while (info := self._next()) is not None:
            self._current = info
            kind = KINDS.get(info.type, "other")
            faults = ["unsupported"] if kind == "other" or info.issparse() else []
            if any("\ud800" <= letter <= "\udfff" for letter in info.name):
                faults.append("non_utf8")
            yield Entry(info.name, max(0, info.size), kind, 0, info.linkname, tuple(faults))

    def open(self) -> BinaryIO:
        """The current entry."""
        assert self._current is not None
        return cast(BinaryIO, _Content(self._forward, self._current))

    def faults(self) -> Iterator[tuple[str, str]]:
        """A tar that ends without its closing blocks."""
        if self._forward.ended:
            yield "truncated", self._current.name if self._current else ""

    def _next(self) -> tarfile.TarInfo | None:
        try:
            if self._tar is None:
                self._tar = tarfile.TarFile(fileobj=self._forward, mode="r", errors="surrogateescape")  # type: ignore[arg-type]
            found = self._tar.next()
            self._tar.members = []  # type: ignore[attr-defined]
        except READ_PROBLEMS as problem:
            cut = isinstance(problem, EOFError) or "unexpected end" in str(problem) or "truncated" in str(problem)
            rule = "truncated" if cut else "damaged"
            at = self._current.name if self._current else ""
            raise Broken(f"{type(problem).__name__}: {problem}", rule=rule, entry=at) from problem
        return found


class _Content:
    """An entry's bytes."""

    def __init__(self, forward: Forward, info: tarfile.TarInfo) -> None:
        self._forward = forward
        self._name = info.name
        self._left = info.size
        forward.seek(info.offset_data)

    def read(self, size: int = -1) -> bytes:
        try:
            found = self._forward.read(min(self._left, CHUNK if size < 0 else size))
        except READ_PROBLEMS as problem:
            raise Broken(f"{type(problem).__name__}: {problem}", rule="truncated", entry=self._name) from problem
        if self._left and not found:
            raise Broken("unexpected end of data", rule="truncated", entry=self._name)
        self._left -= len(found)
        return found

    def close(self) -> None:
        """The stream is the archive's."""
