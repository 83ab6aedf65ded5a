"""Files that come in pieces: bytes on the disk, whose number is the offset, until the file is whole.

A piece is written as it arrives. One that comes with its digest is kept whole or not at all; of another, whatever came
before the line broke is kept. Nothing is ever held in memory but a block of it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ClassVar

from tapak.documents.store import (
    CHUNK,
    INCOMING,
    PIECES,
    DocumentStore,
    Readable,
    Stored,
    make_folder,
    size_words,
    sync,
    told_when_full,
)
from tapak.sdk.errors import Conflict, Invalid, TooLarge


class WrongOffset(Conflict):
    """A piece begins elsewhere than where the file ends; ``offset`` is where it should."""

    code: ClassVar[str] = "wrong_offset"

    def __init__(self, offset: int) -> None:
        super().__init__(
            f"Bagian berkas tidak menyambung. Lanjutkan dari byte ke-{offset}.", log=f"a piece not at offset {offset}"
        )
        self.offset = offset


class ChecksumMismatch(Invalid):
    """What arrived isn't what was sent."""

    code: ClassVar[str] = "checksum_mismatch"


@dataclass(frozen=True)
class PartialFile:
    """The bytes so far of the upload ``number`` of a tenant."""

    store: DocumentStore
    tenant_id: int
    number: int

    @property
    def place(self) -> Path:
        """Where they lie."""
        return self.store.home(self.tenant_id) / f"{PIECES}{self.number}"

    @property
    def offset(self) -> int:
        """How many there are."""
        try:
            return self.place.stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, offset: int, stream: Readable, size: int, digest: bytes | None = None) -> int:
        """Add a piece at ``offset`` to a file that will have ``size`` bytes; gives the new offset.

        ``digest`` is the piece's SHA-256.

        Raises:
            WrongOffset: the file ends elsewhere.
            Conflict: another piece is being written.
            ChecksumMismatch: the piece isn't what its digest says; nothing of it was kept.
            TooLarge: there is more than the file's size; nothing of the piece was kept.
            StorageFull: the disk is full; what was there before is kept.
        """
        with self._locked() as part:
            at = part.seek(0, os.SEEK_END)
            if offset != at:
                raise WrongOffset(at)
            try:
                found = _write(part, stream, size - at)
            except BaseException as problem:
                if digest is not None or isinstance(problem, (OSError, TooLarge)):
                    part.truncate(at)
                raise
            if digest is not None and found.sha256 != digest.hex():
                part.truncate(at)
                told = "Bagian berkas rusak di perjalanan dan tidak disimpan. Kirim ulang bagian ini."
                raise ChecksumMismatch(told, log=f"a piece at {at} doesn't fit its digest")
            os.fsync(part.fileno())
            return at + found.size

    def check_whole(self, size: int, sha256: str) -> Stored:
        """Read the file to its end and compare; ``sha256`` empty where each piece was checked as it came.

        Raises:
            Conflict: it isn't whole yet, or a piece is being written.
            ChecksumMismatch: its bytes are others than those that were sent; they are kept.
        """
        with self._locked() as part:
            digest, found = hashlib.sha256(), 0
            part.seek(0)
            while chunk := part.read(CHUNK):
                digest.update(chunk)
                found += len(chunk)
        if found != size:
            told = f"Berkas belum lengkap: baru {found} dari {size} byte. Lanjutkan pengirimannya."
            raise Conflict(told, log=f"{found} of {size} bytes")
        if sha256 and sha256.lower() != digest.hexdigest():
            told = "Berkas yang diterima berbeda dari yang dikirim (SHA-256 tidak sama). Hapus, lalu unggah lagi."
            raise ChecksumMismatch(told, log=f"sha256 is {digest.hexdigest()}", fields={"sha256": [told]})
        return Stored(digest.hexdigest(), size)

    def keep(self, sha256: str) -> None:
        """Have the store hold the bytes under ``sha256`` as well, until :meth:`remove` takes them away here.

        They are stored now, whatever lay there: what was discarded and is swept is older.
        """
        target = self.store.path(self.tenant_id, sha256)
        aside = self.place.with_name(f"{INCOMING}{self.number}")
        with told_when_full():
            make_folder(target.parent)
            os.utime(self.place)
            aside.unlink(missing_ok=True)
            aside.hardlink_to(self.place)
            aside.replace(target)
            aside.unlink(missing_ok=True)  # rename(2) leaves it where both are the same file already
            sync(target.parent)

    def remove(self) -> None:
        """Take the bytes away."""
        self.place.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[BinaryIO]:
        with told_when_full():
            make_folder(self.place.parent)
            handle = os.open(self.place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "r+b", buffering=0) as part:
                try:
                    fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    told = "Bagian lain dari berkas ini sedang diterima. Tunggu sebentar, lalu lanjutkan."
                    raise Conflict(told, log="another piece is being written") from None
                yield part


def _write(part: BinaryIO, stream: Readable, most: int) -> Stored:
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > most:
            raise TooLarge(
                "Yang dikirim lebih besar dari ukuran berkas yang disebut.", log=f"more than {size_words(most)}"
            )
        digest.update(chunk)
        rest = memoryview(chunk)
        while rest:
            rest = rest[part.write(rest) :]
    return Stored(digest.hexdigest(), size)
