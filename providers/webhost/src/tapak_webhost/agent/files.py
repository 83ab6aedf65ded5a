"""Files below directories that are held open: no path is walked twice, no symbolic link is followed."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

DIRECTORY_MODE = 0o755
FILE_MODE = 0o644
DRAFT = ".draft"
DEEPEST = 200
"""How deep a measure goes; no application is deeper."""
BLOCK = 512
"""Of ``st_blocks``."""
TRIES = 3
"""How often a directory that somebody fills meanwhile is emptied."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class NotOurs(Exception):
    """Something of another kind stands where a plain file or directory was looked for."""


@contextlib.contextmanager
def directory(name: str | Path, at: int | None = None) -> Iterator[int]:
    """The directory ``name``, held open.

    Raises:
        FileNotFoundError: there is nothing.
        NotOurs: there is something else (a link, a file).
    """
    try:
        fd = os.open(name, _DIRECTORY, dir_fd=at)
    except OSError as error:
        if error.errno in {errno.ENOTDIR, errno.ELOOP}:
            raise NotOurs(str(name)) from None
        raise
    try:
        yield fd
    finally:
        os.close(fd)


def make_directory(name: str | Path, at: int | None = None, mode: int = DIRECTORY_MODE) -> None:
    """A new directory with exactly ``mode``; whatever has the name already is left as it is."""
    if not exists(at, name):
        os.mkdir(name, mode, dir_fd=at)
        os.chmod(name, mode, dir_fd=at)


def exists(at: int | None, name: str | Path) -> bool:
    """Whether anything has that name, a dangling link too."""
    try:
        os.stat(name, dir_fd=at, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def names(at: int) -> list[str]:
    """What is in the directory, sorted."""
    return sorted(os.listdir(at))


def read(at: int, name: str, limit: int) -> bytes | None:
    """The content of a plain file; None where there is nothing.

    Raises:
        NotOurs: it is no plain file, or holds more than ``limit`` bytes.
    """
    try:
        fd = os.open(name, _READ, dir_fd=at)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO}:
            raise NotOurs(name) from None
        raise
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or found.st_size > limit:
            raise NotOurs(name)
        return os.read(fd, limit)
    finally:
        os.close(fd)


def create(
    at: int,
    name: str,
    content: bytes,
    durable: bool = True,
    like: int | None = None,
    mode: int = FILE_MODE,
    gid: int = -1,
) -> None:
    """A new file, which belongs to the owner and group of the directory ``like``, or to the group ``gid``.

    On any failure none is left.

    Raises:
        FileExistsError: the name is taken.
    """
    fd = os.open(name, _CREATE, mode & 0o600, dir_fd=at)
    try:
        with os.fdopen(fd, "wb", buffering=0) as stream:
            os.fchown(fd, -1, gid)
            os.fchmod(fd, mode)
            if like is not None:
                holder = os.fstat(like)
                os.fchown(fd, holder.st_uid, holder.st_gid)
            written = 0
            while written < len(content):
                written += stream.write(content[written:]) or 0
            if durable:
                os.fsync(fd)
    except BaseException:
        os.unlink(name, dir_fd=at)
        raise


def replace(
    at: int,
    name: str,
    content: bytes,
    via: int | None = None,
    durable: bool = True,
    like: int | None = None,
    mode: int = FILE_MODE,
    gid: int = -1,
) -> None:
    """Put ``content`` at ``name`` in one step; the draft is written in ``via``, on the same file system.

    Only who holds the host's lock may call this: a draft has one name, so that a dead agent leaves one at most.
    """
    draft_at = at if via is None else via
    with contextlib.suppress(FileNotFoundError):
        os.unlink(DRAFT, dir_fd=draft_at)
    create(draft_at, DRAFT, content, durable, like, mode, gid)
    try:
        os.replace(DRAFT, name, src_dir_fd=draft_at, dst_dir_fd=at)
    except BaseException:
        os.unlink(DRAFT, dir_fd=draft_at)
        raise
    if durable:
        os.fsync(at)


def is_regular(fd: int) -> bool:
    """Whether the open file is neither a pipe nor a device."""
    return stat.S_ISREG(os.fstat(fd).st_mode)


def try_writing(at: int) -> None:
    """Make a file in the directory and take it away.

    Raises:
        OSError: it can't be made.
    """
    name = f".try-{secrets.token_hex(8)}"
    create(at, name, b"")
    # An agent that recovers may have cleared it away meanwhile.
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=at)


def remove(at: int, name: str, durable: bool = True) -> None:
    """Take a file away for good; nothing happens where there is none."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=at)
        if durable:
            os.fsync(at)


def clear(at: int) -> None:
    """Remove everything in the directory, without following links and however deep it goes.

    An owner's directories may be deeper than a stack or the open files: what is below each is brought up beside it.

    Raises:
        OSError: somebody goes on filling a directory.
    """
    left = [(name, TRIES) for name in names(at)]
    while left:
        name, tries = left.pop()
        if not _is_directory(at, name):
            remove(at, name, durable=False)
            continue
        left += [(inner, TRIES) for inner in _emptied(at, name)]
        try:
            os.rmdir(name, dir_fd=at)
        except OSError as error:
            if error.errno != errno.ENOTEMPTY or tries == 0:
                raise
            left.append((name, tries - 1))


def remove_tree(at: int, name: str) -> None:
    """Remove a directory and what it holds, as :func:`clear`; nothing happens where there is none."""
    if exists(at, name):
        with directory(name, at) as found:
            clear(found)
        os.rmdir(name, dir_fd=at)


def measure(at: int, most: int, depth: int = DEEPEST) -> tuple[int, int]:
    """Bytes that plain files and directories below take on the disk, and how many entries were looked at.

    The count is over ``most`` where not all were: there are more, or it goes deeper than ``depth`` directories.
    """
    taken, seen, below = os.fstat(at).st_blocks * BLOCK, 0, []
    for name in names(at):
        with contextlib.suppress(FileNotFoundError):
            found = os.stat(name, dir_fd=at, follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode):
                below.append(name)
            else:
                taken += found.st_blocks * BLOCK if stat.S_ISREG(found.st_mode) else 0
                seen += 1
    if below and not depth:
        return taken, most + 1
    for name in below:
        if seen > most:
            break
        with contextlib.suppress(FileNotFoundError, NotOurs), directory(name, at) as inner:
            more, entries = measure(inner, most - seen, depth - 1)
            taken, seen = taken + more, seen + entries
    return taken, seen


def _is_directory(at: int, name: str) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return stat.S_ISDIR(os.stat(name, dir_fd=at, follow_symlinks=False).st_mode)
    return False


def _emptied(at: int, name: str) -> list[str]:
    """Take the files of a directory away and its directories up to ``at``; gives the names that these have there."""
    raised = []
    with directory(name, at) as fd:
        for inner in names(fd):
            if _is_directory(fd, inner):
                raised.append(f".{secrets.token_hex(16)}")
                os.rename(inner, raised[-1], src_dir_fd=fd, dst_dir_fd=at)
            else:
                remove(fd, inner, durable=False)
    return raised
