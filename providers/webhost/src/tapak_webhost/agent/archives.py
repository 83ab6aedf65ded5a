"""Archives as they come in, in pieces: nothing is kept under a hash that its bytes don't have."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
import re
import time
from collections.abc import Iterator
from typing import Any, BinaryIO

from tapak_webhost.agent import files
from tapak_webhost.agent.protocol import ARCHIVE_REFUSED, BAD_REQUEST, AgentError

LARGEST = 2_147_483_648
LARGEST_PIECE = 524_288
# What nobody asked for in a day is sent again.
KEPT_SECONDS = 86_400
PART = ".part"

_SHA256 = re.compile(r"[0-9a-f]{64}")
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


def checked_hash(value: Any) -> str:
    """``value`` if it is a SHA-256 in lower-case hexadecimal."""
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise AgentError(BAD_REQUEST, "sha256 must be 64 hexadecimal digits")
    return value


def put(at: int, sha256: str, size: int, offset: int, data: str) -> dict[str, Any]:
    """Append a piece at ``offset``; tells how much is ``held``, which is where the next piece goes.

    Raises:
        AgentError: the piece is no base64 or too large, or the whole isn't what its hash says (all of it is forgotten).
    """
    piece = _decoded(data)
    if not 0 < size <= LARGEST:
        raise AgentError(ARCHIVE_REFUSED, f"an archive has at most {LARGEST} bytes", reason="large", most=LARGEST)
    if files.exists(at, sha256):
        return {"held": size}
    held = _append(at, f"{sha256}{PART}", piece, offset, size)
    if held == size:
        _finish(at, sha256)
    return {"held": held}


@contextlib.contextmanager
def opened(at: int, sha256: str) -> Iterator[BinaryIO | None]:
    """The archive, open for reading; None where it isn't here."""
    try:
        fd = os.open(sha256, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
    except FileNotFoundError:
        yield None
        return
    with os.fdopen(fd, "rb") as stream:
        yield stream


def forget(at: int, sha256: str) -> None:
    """Remove an archive that was unpacked or refused."""
    files.remove(at, sha256)


def clear_old(at: int) -> None:
    """Remove what was sent and never used."""
    oldest = time.time() - KEPT_SECONDS
    for name in files.names(at):
        if os.stat(name, dir_fd=at, follow_symlinks=False).st_mtime < oldest:
            files.remove(at, name)


def _decoded(data: str) -> bytes:
    try:
        piece = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise AgentError(BAD_REQUEST, "put: data must be base64") from None
    if len(piece) > LARGEST_PIECE:
        raise AgentError(BAD_REQUEST, f"put: a piece has at most {LARGEST_PIECE} bytes")
    return piece


def _append(at: int, name: str, piece: bytes, offset: int, size: int) -> int:
    """A piece that doesn't fit where it is to go is left out: the caller is told what is held and goes on there."""
    with os.fdopen(os.open(name, _APPEND, 0o600, dir_fd=at), "wb") as stream:
        held = os.fstat(stream.fileno()).st_size
        if held > size:
            stream.truncate(0)
            held = 0
        if offset != held or held + len(piece) > size:
            return held
        stream.write(piece)
        return held + len(piece)


def _finish(at: int, sha256: str) -> None:
    part = f"{sha256}{PART}"
    with opened(at, part) as stream:
        assert stream is not None
        found = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
        os.fsync(stream.fileno())
    if found != sha256:
        files.remove(at, part)
        raise AgentError(ARCHIVE_REFUSED, f"what was sent is {found}, not {sha256}", reason="other")
    os.rename(part, sha256, src_dir_fd=at, dst_dir_fd=at)
    os.fsync(at)
