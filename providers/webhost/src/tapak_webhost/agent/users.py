"""Who a site's files and processes belong to: a system user of its own where the agent is root, else the agent's user.

A user's name is derived from the site's, so that an agent which died between two acts finds what it made.
"""

from __future__ import annotations

import contextlib
import grp
import hashlib
import os
import pwd
import re
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from tapak_webhost.agent import commands
from tapak_webhost.agent.protocol import BAD_CONFIG, FOREIGN, NO_PERMISSION, AgentError

PREFIX = "tapak-"
COMMAND_SECONDS = 10.0

_NOT_PLAIN = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Owner:
    """A user of this host; ``own`` says that it is the site's alone."""

    name: str
    uid: int
    gid: int
    own: bool


def name_of(home: Path) -> str:
    """The user of the site in ``home``: at most 31 characters (useradd takes 32), readable, different for each."""
    label = _NOT_PLAIN.sub("", home.name.partition(".")[0])[:16]
    return f"{PREFIX}{label}-{hashlib.sha256(os.fsencode(home)).hexdigest()[:8]}"


def find(home: Path) -> Owner | None:
    """The own user of the site in ``home`` (named as the site); None where there is none.

    Raises:
        AgentError: a user of that name is somebody else's.
    """
    try:
        entry = pwd.getpwnam(name_of(home))
    except KeyError:
        return None
    if (entry.pw_gecos, entry.pw_dir) != (home.name, str(home)):
        raise AgentError(FOREIGN, f"the user {entry.pw_name} isn't that of {home.name}", name=home.name)
    return Owner(entry.pw_name, entry.pw_uid, entry.pw_gid, own=True)


def known(home: Path) -> Owner | None:
    """Whose the files of the site in ``home`` are: its own user's, or where we aren't root ours; None: it has none."""
    if os.geteuid() != 0:
        return Owner(pwd.getpwuid(os.geteuid()).pw_name, os.geteuid(), os.getegid(), own=False)
    return find(home)


def ensure(home: Path) -> Owner:
    """The user of the site in ``home``, made where it is missing: without a password or a shell."""
    found = known(home)
    if found is None:
        words = ["--system", "--user-group", "--no-create-home", "--home-dir", str(home), "--comment", home.name]
        _run(["useradd", *words, "--shell", "/usr/sbin/nologin", name_of(home)])
        found = find(home)
    if found is None:
        raise AgentError(BAD_CONFIG, f"useradd made no user for {home.name}")
    return found


def remove(home: Path) -> None:
    """End what the site's user still runs, and take the user away; nothing happens where there is none."""
    found = end_all(home)
    if found is not None:
        _run(["userdel", "--force", found.name])


def end_all(home: Path) -> Owner | None:
    """End what the own user of the site in ``home`` still runs; gives the user, None where there is none."""
    found = find(home) if os.geteuid() == 0 else None
    if found is not None:
        end_processes(found.uid)
    return found


def orphans(sites: Path) -> list[str]:
    """Sites below ``sites`` that are gone while their users are still there."""
    homes = (Path(entry.pw_dir) for entry in pwd.getpwall() if entry.pw_name.startswith(PREFIX))
    return [home.name for home in homes if home.parent == sites and not home.is_dir()]


def web_gid(group: str, owner: Owner) -> int:
    """The group through which the web server reads: ``group``, or the owner's where nobody is told apart."""
    if not owner.own:
        return owner.gid
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise AgentError(BAD_CONFIG, f"web_group {group!r} is no group of this host") from None


def end_processes(uid: int, title: bytes = b"") -> None:
    """Kill what runs as ``uid`` and has a command line that begins with ``title``."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                if entry.stat().st_uid == uid and (entry / "cmdline").read_bytes().startswith(title):
                    os.kill(int(entry.name), signal.SIGKILL)


def _run(command: list[str]) -> None:
    done = commands.run(command, time.monotonic() + COMMAND_SECONDS)
    if done.returncode:
        raise AgentError(NO_PERMISSION, f"{command[0]}: {commands.short(done.stderr)}")
