"""System calls that Python's library lacks, by glibc's names."""

from __future__ import annotations

import ctypes
import os

RENAME_EXCHANGE = 2
PR_SET_PDEATHSIG = 1
Q_GETFMT_OF_USERS = 0x800004 << 8

_libc = ctypes.CDLL(None, use_errno=True)


def exchange(one_at: int, one: str, other_at: int, other: str) -> None:
    """Let two names change places in one step (renameat2(2), RENAME_EXCHANGE).

    Raises:
        OSError: nothing has changed; EINVAL where the file system can't.
    """
    _checked(_libc.renameat2(one_at, os.fsencode(one), other_at, os.fsencode(other), RENAME_EXCHANGE))


def sync_file_system(fd: int) -> None:
    """Make durable all that was written to the file system of ``fd`` (syncfs(2))."""
    _checked(_libc.syncfs(fd))


def enforces_quotas(device: str) -> bool:
    """Whether the file system on ``device`` enforces quotas of users (quotactl(2), Q_GETFMT).

    False as well where the kernel has none, and where ``device`` is no block device (overlay, tmpfs, network).
    """
    kind = ctypes.c_uint32()
    return not _libc.quotactl(Q_GETFMT_OF_USERS, os.fsencode(device), 0, ctypes.byref(kind))


def die_with_parent(signal: int) -> None:
    """Let the kernel send ``signal`` to this process when its parent ends (PR_SET_PDEATHSIG, prctl(2))."""
    _checked(_libc.prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0))


def _checked(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
