"""New requests take a detour while document roots change places, so that none finds another file than it looked at.

Apache looks at a path before it opens it. Where the roots are exchanged in between, the new file would go out at the
old one's length. So for that moment new requests find the coming release at ``sites/<name>/arriving``, as hard links
to its files; ``switching/<name>`` tells the server so. A release too large to be linked in a moment goes without.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
from collections.abc import Iterator

from tapak_webhost.agent import files
from tapak_webhost.agent.crash import crashpoint
from tapak_webhost.agent.sites import Web

ARRIVING = "arriving"
# From where a request looks at a file until it opens it; nothing tells when the last one did.
STRAGGLERS = 0.4
# What is linked, and unlinked again, within half a second under the host's lock.
MOST, DEEPEST = 5000, 64


class TooLarge(Exception):
    """There is more to link than a moment is long."""


@contextlib.contextmanager
def diverted(web: Web, name: str, site: int, coming: int) -> Iterator[None]:
    """Serve ``name`` from links to the files of ``coming`` (directories held open) for the length of the block."""
    _forget(site)
    files.make_directory(ARRIVING, site)
    try:
        with files.directory(ARRIVING, site) as arriving:
            _link(coming, arriving, MOST)
    except TooLarge:
        _forget(site)
        sys.stderr.write(f"{name}: over {MOST} files, or {DEEPEST} deep; switched without a detour\n")
        yield
        return
    files.create(web.switching, name, b"", durable=False)
    crashpoint("release.diverted")
    try:
        time.sleep(STRAGGLERS)
        yield
    finally:
        end(web, name)


def end(web: Web, name: str) -> None:
    """Serve ``name`` from its document root again."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=web.switching)
        time.sleep(STRAGGLERS)
    with contextlib.suppress(FileNotFoundError, files.NotOurs), files.directory(name, web.sites) as site:
        _forget(site)


def recover(web: Web) -> None:
    """End what dead agents left."""
    for name in files.names(web.switching):
        end(web, name)


def _forget(site: int) -> None:
    files.remove_tree(site, ARRIVING)


def _link(source: int, target: int, left: int, depth: int = 0) -> int:
    """The same files below ``target``; links and what else an owner made are served by nobody and left out.

    Gives how many of ``left`` are left then.

    Raises:
        TooLarge: none would be, or it goes deeper than :data:`DEEPEST`.
    """
    found, names = os.fstat(source), os.listdir(source)
    left -= len(names)
    if left < 0 or depth > DEEPEST:
        raise TooLarge
    for name in names:
        kind = os.stat(name, dir_fd=source, follow_symlinks=False).st_mode
        if stat.S_ISREG(kind):
            os.link(name, name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
        elif stat.S_ISDIR(kind):
            os.mkdir(name, dir_fd=target)
            with files.directory(name, source) as below, files.directory(name, target) as copy:
                left = _link(below, copy, left, depth + 1)
    os.fchown(target, found.st_uid, found.st_gid)
    os.fchmod(target, stat.S_IMODE(found.st_mode))
    return left
