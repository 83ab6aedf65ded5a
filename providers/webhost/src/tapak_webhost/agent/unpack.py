"""Archives as directories: regular files and directories only, by names and within bounds that are checked here.

Nothing of an archive is taken over but names and bytes: no owner, mode, time or link.
"""

from __future__ import annotations

import encodings.cp437  # noqa: F401 - zipfile loads it when it is too late to read the agent's own files
import errno
import os
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

BLOCK = 1_048_576
DEPTH = 40
PART = 255
NAME = 1024
RESERVED = (".tapak", "tapak-probe-")
# Below this no archive is a bomb, whatever it grows by.
HARMLESS = 16_777_216

_PLAIN_ZIP = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
# Encrypted, strongly so, or with masked headers (APPNOTE 4.4.4): Tapak's scanners don't look into any of these.
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_UTF8 = 0x800
_KIND = 0o170000
_REGULAR = (0, 0o100000)
# What Tapak's scanners take for an absolute path and leave out must not be unpacked.
_DRIVE = re.compile(r"[A-Za-z]:")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


REASONS = {
    "locked": "is encrypted or packed in an uncommon way",
    "special": "is neither a file nor a directory",
    "path": "is no relative path",
    "reserved": "is a name of ours",
    "file_and_directory": "is a file and a directory",
    "twice": "is there twice",
    "below_file": "is below a file",
    "nameless": "a file without a name",
    "grows": "it grows too large",
    "empty": "no file in it",
    "no_archive": "neither zip, tar nor tar.gz",
    "headers": "its headers take too much memory",
    "broken": "not a whole archive",
    "entries": "more than {most} entries",
}


class Refused(Exception):
    """The archive isn't unpacked; the text says which entry and why, in English.

    ``details`` are ``reason``, one of :data:`REASONS`, ``entry``, the ASCII form of the entry's name where there is
    one, and ``most`` where a number was passed.
    """

    def __init__(self, reason: str, entry: str | None = None, *, most: int = 0, told: object = "") -> None:
        self.details: dict[str, str | int] = {"reason": reason, "entry": "" if entry is None else ascii(entry)[:200]}
        self.details |= {"most": most} if most else {}
        text = f"{self.details['entry']} {REASONS[reason].format(most=most)}".strip()
        super().__init__(f"{text}: {told}" if told else text)


@dataclass(frozen=True)
class Bounds:
    """How many entries, how many bytes in all, and how many times the archive's size they may be."""

    entries: int = 200_000
    size: int = 6_442_450_944
    ratio: int = 120


@dataclass(frozen=True)
class _Entry:
    name: str
    content: BinaryIO | None


def unpack(archive: BinaryIO, target: int, bounds: Bounds) -> tuple[int, int]:
    """Unpack ``archive`` (zip, tar or tar.gz) into the empty directory ``target``; gives its files and bytes.

    Raises:
        Refused: something in it isn't allowed; what was written so far is left.
    """
    size = archive.seek(0, os.SEEK_END)
    most = min(bounds.size, max(size * bounds.ratio, HARMLESS))
    entries = files = written = 0
    try:
        for entry in _entries(archive):
            entries += 1
            if entries > bounds.entries:
                raise Refused("entries", most=bounds.entries)
            path = _path(entry.name)
            if entry.content is None:
                _directories(target, path)
            else:
                _directories(target, path[:-1])
                written += _write(target, path, entry.content, most - written)
                files += 1
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        EOFError,
        UnicodeError,
        ValueError,
        NotImplementedError,
    ) as error:
        raise Refused("broken", told=error) from None
    except OSError as error:
        # A place before the archive's beginning; whatever else it is, the disk's or ours, is told as such.
        if error.errno != errno.EINVAL:
            raise
        raise Refused("broken", told=error) from None
    except MemoryError:
        raise Refused("headers") from None
    if not files:
        raise Refused("empty")
    return files, written


def _entries(archive: BinaryIO) -> Iterator[_Entry]:
    archive.seek(0)
    head = archive.read(265)
    archive.seek(0)
    if head.startswith((b"PK\3\4", b"PK\5\6")):
        return _zip(archive)
    if head.startswith(b"\x1f\x8b"):
        return _tar(archive, "r|gz")
    if head[257:262] == b"ustar":
        return _tar(archive, "r|")
    raise Refused("no_archive")


def _zip(archive: BinaryIO) -> Iterator[_Entry]:
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            name = _name(member)
            if member.flag_bits & _ENCRYPTED or member.compress_type not in _PLAIN_ZIP:
                raise Refused("locked", name)
            if name.endswith("/"):
                yield _Entry(name, None)
                continue
            if (member.external_attr >> 16) & _KIND not in _REGULAR:
                raise Refused("special", name)
            with opened.open(member) as content:
                yield _Entry(name, content)  # type: ignore[arg-type]


def _name(member: zipfile.ZipInfo) -> str:
    """The entry's name; many write UTF-8 without saying so, which the library then reads as CP437."""
    name = member.orig_filename
    if member.flag_bits & _UTF8 or name.isascii():
        return name
    try:
        return name.encode("cp437").decode()
    except UnicodeDecodeError:
        return name


def _tar(archive: BinaryIO, mode: str) -> Iterator[_Entry]:
    with tarfile.open(fileobj=archive, mode=mode) as opened:  # type: ignore[call-overload]
        for member in opened:
            if member.isdir():
                yield _Entry(member.name, None)
            elif member.isreg() and not member.issparse():
                yield _Entry(member.name, opened.extractfile(member))
            else:
                raise Refused("special", member.name)


def _path(name: str) -> tuple[str, ...]:
    """The parts of an entry's name; none for the archive's own root (``./``)."""
    if not name or name.startswith("/") or "\\" in name or not name.isprintable() or len(name.encode()) > NAME:
        raise Refused("path", name)
    if _DRIVE.match(name):
        raise Refused("path", name)
    parts = tuple(part for part in name.removesuffix("/").split("/") if part != ".")
    if len(parts) > DEPTH or any(part in {"", ".."} or len(part.encode()) > PART for part in parts):
        raise Refused("path", name)
    if parts and parts[0].startswith(RESERVED):
        raise Refused("reserved", name)
    return parts


def _directories(target: int, path: tuple[str, ...]) -> None:
    for depth in range(1, len(path) + 1):
        name = "/".join(path[:depth])
        try:
            os.mkdir(name, 0o755, dir_fd=target)
        except FileExistsError:
            continue
        except NotADirectoryError:
            raise Refused("file_and_directory", name) from None


def _write(target: int, path: tuple[str, ...], content: BinaryIO, left: int) -> int:
    name = "/".join(path)
    if not path:
        raise Refused("nameless")
    try:
        fd = os.open(name, _NEW, 0o644, dir_fd=target)
    except FileExistsError:
        raise Refused("twice", name) from None
    except NotADirectoryError:
        raise Refused("below_file", name) from None
    written = 0
    with os.fdopen(fd, "wb") as stream:
        while block := content.read(BLOCK):
            written += len(block)
            if written > left:
                raise Refused("grows")
            stream.write(block)
    return written
