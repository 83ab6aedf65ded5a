"""Which kind of archive a file is, told from its bytes."""

from __future__ import annotations

import os
from typing import BinaryIO

from tapak.scanning.archives.entries import Archive, Broken
from tapak.scanning.archives.tars import BLOCK, TarArchive
from tapak.scanning.archives.zips import ZipArchive
from tapak.scanning.limits import MEGABYTE, Limits

ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
GZIP_START = b"\x1f\x8b"
USTAR = slice(257, 262)
HEADERS = 4 * BLOCK
"""What an entry of a tar may take beside its bytes."""


def open_archive(stream: BinaryIO, limits: Limits) -> Archive:
    """The archive on ``stream``, which stands at its start and can seek.

    Raises:
        Broken: it is none that we know, or its directory can't be read.
    """
    size = os.fstat(stream.fileno()).st_size
    head = stream.read(BLOCK)
    stream.seek(0)
    if head.startswith(ZIP_STARTS):
        return ZipArchive(stream, limits.entries)
    packed = head.startswith(GZIP_START)
    if packed or head[USTAR] == b"ustar":
        most = limits.unpacked + limits.entries * HEADERS
        if packed:
            most = min(most, max(size, MEGABYTE) * limits.ratio)
        return TarArchive(stream, most, packed=packed)
    raise Broken("neither zip nor tar nor tar.gz", rule="unsupported")
