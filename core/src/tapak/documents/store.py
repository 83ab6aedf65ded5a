"""Bytes of papers as content-addressed files: ``<tenant_id>/<sha[:2]>/<sha>``, SHA-256 in hexadecimal.

A file appears whole or not at all, and the same bytes of one tenant lie there once. Tenants never share a file: whether
another tenant has some paper can't be learnt from here.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from tapak.sdk.errors import NotFound, StorageFull, TooLarge

CHUNK = 256 * 1024
INCOMING = ".incoming-"
PIECES = ".upload-"
LEFT_AFTER = 24 * 3600.0
PIECES_LEFT_AFTER = 3 * 24 * 3600.0
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Readable(Protocol):
    """What bytes come from: an open file, or a request's body."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Stored:
    """What lies in the store: SHA-256 in hexadecimal, and size in bytes."""

    sha256: str
    size: int


class DocumentStore:
    """The files below ``folder``; made when the first one is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(
        self, tenant_id: int, stream: Readable, limit: int, check: Callable[[BinaryIO, int], None] | None = None
    ) -> Stored:
        """Store what ``stream`` gives, at most ``limit`` bytes.

        ``check`` sees the complete bytes (an open file at its start) and their size before they are kept, and raises
        where they shall not be. Nothing is left behind on any error.

        Raises:
            TooLarge: there are more than ``limit`` bytes.
            StorageFull: the disk, the quota or the permitted file size is used up.
        """
        with told_when_full(), _incoming(self.home(tenant_id)) as (part, path):
            stored = _copy(stream, part, limit)
            if check is not None:
                part.seek(0)
                check(part, stored.size)
            target = self.path(tenant_id, stored.sha256)
            make_folder(target.parent)
            path.rename(target)
            sync(target.parent)
        return stored

    def open(self, tenant_id: int, sha256: str) -> BinaryIO:
        """The bytes of ``sha256``, to be closed by the caller.

        Raises:
            NotFound: this tenant has no such bytes.
        """
        try:
            return self.path(tenant_id, sha256).open("rb")
        except FileNotFoundError:
            raise NotFound(
                "Berkas dokumen tidak ditemukan di penyimpanan. Hubungi pengelola sistem.",
                log=f"document bytes {sha256} of tenant {tenant_id} are missing",
            ) from None

    def has(self, tenant_id: int, sha256: str) -> bool:
        """Whether this tenant's bytes of ``sha256`` are here; never for an empty ``sha256``."""
        return bool(sha256) and self.path(tenant_id, sha256).is_file()

    def path(self, tenant_id: int, sha256: str) -> Path:
        """Where the bytes lie, or would lie.

        Raises:
            ValueError: ``sha256`` isn't one.
        """
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"not a SHA-256: {sha256!r}")
        return self.home(tenant_id) / sha256[:2] / sha256

    def forget(self, tenant_id: int, sha256: str, older_than: float = LEFT_AFTER) -> bool:
        """Remove the bytes of ``sha256``; False where they were stored (again) less than ``older_than`` seconds ago.

        They are taken aside first: what is stored anew meanwhile lies at its place, untouched.
        """
        path = self.path(tenant_id, sha256)
        aside = self.home(tenant_id) / f"{INCOMING}{sha256}"
        try:
            path.rename(aside)
        except FileNotFoundError:
            return True
        if time.time() - aside.stat().st_mtime <= older_than:
            aside.rename(path)
            return False
        aside.unlink()
        return True

    def sweep(self, older_than: float = LEFT_AFTER) -> int:
        """Remove what killed processes left half-written, when ``older_than`` seconds old; gives how many.

        Files in pieces have longer: theirs are taken away with their row.
        """
        return self._sweep(INCOMING, older_than) + self._sweep(PIECES, PIECES_LEFT_AFTER)

    def _sweep(self, prefix: str, older_than: float) -> int:
        removed = 0
        for path in self.folder.glob(f"*/{prefix}*"):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > older_than:
                    path.unlink()
                    removed += 1
        return removed

    def home(self, tenant_id: int) -> Path:
        """The tenant's folder."""
        return self.folder / str(int(tenant_id))


def _copy(stream: Readable, part: BinaryIO, limit: int) -> Stored:
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise TooLarge(
                f"Berkas terlalu besar. Ukuran paling besar {size_words(limit)}.",
                log=f"a file has more than {limit} bytes",
            )
        digest.update(chunk)
        _write_all(part, chunk)
    os.fsync(part.fileno())
    return Stored(digest.hexdigest(), size)


def _write_all(part: BinaryIO, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[part.write(rest) :]


def size_words(size: int) -> str:
    """``size`` in bytes as people write it: "20 MB", "1,5 MB", "300 kB"."""
    for unit, amount in (("GB", 1024**3), ("MB", 1024**2), ("kB", 1024)):
        if size >= amount:
            return f"{size / amount:.1f}".removesuffix(".0").replace(".", ",") + f" {unit}"
    return f"{size} byte"


@contextmanager
def _incoming(home: Path) -> Iterator[tuple[BinaryIO, Path]]:
    make_folder(home)
    handle, name = tempfile.mkstemp(prefix=INCOMING, dir=home)
    path = Path(name)
    try:
        with os.fdopen(handle, "w+b", buffering=0) as part:
            yield cast(BinaryIO, part), path
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def told_when_full() -> Iterator[None]:
    """Tell :class:`StorageFull` where there is no room."""
    try:
        yield
    except OSError as problem:
        if problem.errno not in FULL:
            raise
        raise full(problem) from problem


def full(problem: OSError) -> StorageFull:
    """The error for a disk, a quota or a permitted file size that is used up (``problem.errno`` is in FULL)."""
    return StorageFull(
        "Penyimpanan server penuh sehingga berkas tidak tersimpan. Hubungi pengelola sistem, lalu coba lagi.",
        log=f"no room to store a file: {problem.strerror}",
    )


def make_folder(folder: Path) -> None:
    """Make ``folder`` and what is above it, for us alone, so that a crash doesn't lose it."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync(folder.parent)


def sync(folder: Path) -> None:
    """Have the folder's names survive a crash."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
