"""Daemons that outlive the command that started them, and are never mistaken for another process."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import random
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock

# Below Linux' range for outgoing connections (32768-60999), so that none of them takes a port that was found free.
PORTS = range(20000, 32768)
LOG_TAIL_BYTES = 2000
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class ServerProblem(Exception):
    """A private server did not do what it should; the text ends with the tail of its log."""


def free_port() -> int:
    """A loopback port that nobody holds now, over TCP or UDP.

    Raises:
        ServerProblem: a hundred ports in a row were taken.
    """
    for port in random.sample(PORTS, 100):
        with contextlib.suppress(OSError):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind(("127.0.0.1", port))
            return port
    raise ServerProblem("no free port on 127.0.0.1")


def accepts(port: int) -> bool:
    """Whether something listens on TCP ``port`` of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(predicate: Callable[[], object], timeout: float, what: str, log: Path | None = None) -> None:
    """Poll ``predicate`` until it is true, at first every 2 ms, then more slowly up to every 100 ms.

    Raises:
        ServerProblem: ``timeout`` seconds passed; tells ``what`` was waited for and the tail of ``log``.
    """
    deadline = time.monotonic() + timeout
    interval = 0.002
    while not predicate():
        if time.monotonic() >= deadline:
            raise ServerProblem(f"{what}: not within {timeout:g} s{tail(log)}")
        time.sleep(interval)
        interval = min(interval * 1.5, 0.1)


def tail(log: Path | None) -> str:
    """The end of ``log``, to be put behind an error's text; empty without a log."""
    if log is None or not log.exists():
        return ""
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - LOG_TAIL_BYTES))
        return f"\n--- {log}\n{stream.read().decode(errors='replace').strip()}"


def account(*names: str) -> str:
    """The first of ``names`` that exists here, else ``nobody``: who a server runs as when we are root."""
    for name in names:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    return "nobody"


def binary(program: str) -> str:
    """Where the Debian package of that name put its program.

    Raises:
        ServerProblem: it isn't installed.
    """
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if found is None:
        raise ServerProblem(f"no {program}: install the package '{program}'")
    return found


def unprivileged(user: str) -> list[str]:
    """The command prefix that runs what follows as ``user``; empty when we aren't root or ``user`` is empty."""
    if os.geteuid() != 0 or not user:
        return []
    entry = pwd.getpwnam(user)
    return ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]


def hand_over(directory: Path, user: str, mode: int = 0o700) -> Path:
    """Make ``directory`` and give it to ``user`` when we are root; what is already inside is left as it is."""
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(mode)
    if os.geteuid() == 0 and user:
        shutil.chown(directory, user, pwd.getpwnam(user).pw_gid)
    return directory


def write_private(place: Path, text: str, user: str = "") -> None:
    """Write a file that only ``user`` (we, where empty or without root) can read; whole or not at all."""
    draft = place.with_name(f"{place.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    draft.touch(0o600, exist_ok=False)
    draft.write_text(text)
    if os.geteuid() == 0 and user:
        shutil.chown(draft, user)
    draft.replace(place)


def reachable(directory: Path) -> Path:
    """``directory``, made and resolved, at a place that every user can walk to and root alone can change.

    Under a parent that is closed (root's home) or that others may write (/tmp) the directory becomes a link to a new
    one below ``/var/lib``: servers that run unprivileged couldn't reach it, and sshd would let nobody in. Without root,
    servers run as ourselves and reach what we reach.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    if not directory.exists():
        if os.geteuid() == 0 and not _fits(directory.parent.resolve()):
            directory.symlink_to(tempfile.mkdtemp(prefix=f"tapak-{directory.name}-", dir="/var/lib"))
        directory.mkdir(exist_ok=True)
        directory.chmod(0o755)
    return directory.resolve()


def _fits(directory: Path) -> bool:
    found = [step.stat() for step in (directory, *directory.parents)]
    return all(each.st_mode & 0o001 and not each.st_mode & 0o022 and each.st_uid == 0 for each in found)


@dataclass(frozen=True)
class Daemon:
    """A server process in a session of its own.

    ``directory`` is ours (not ``user``'s) and holds ``NAME.pid`` and ``NAME.log``. ``argv[0]`` is looked up on the
    path; ``env`` is all of the environment besides PATH, HOME and LANG. ``stop_signal`` asks for an orderly end.
    """

    name: str
    directory: Path
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    user: str = ""
    stop_signal: int = signal.SIGTERM

    @property
    def log(self) -> Path:
        """Where standard output and error go."""
        return self.directory / f"{self.name}.log"

    @property
    def pid_file(self) -> Path:
        """Process id, its start time in clock ticks since boot, and the boot, as JSON."""
        return self.directory / f"{self.name}.pid"

    def pid(self) -> int | None:
        """The process id while the process runs, also when another process started it."""
        recorded = self._recorded()
        return recorded if recorded and self._is_ours(recorded) else None

    def running(self) -> bool:
        """Whether the process that the pid file names is alive and is that very process."""
        return self.pid() is not None

    def start(self, ready: Callable[[], object] = lambda: True, timeout: float = 30) -> None:
        """Start unless it runs, and return once ``ready()``.

        Raises:
            ServerProblem: it ended at once or wasn't ready within ``timeout`` seconds; it is stopped then.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        with self._lock():
            try:
                # One that runs may be dying of a signal sent a moment ago: then another one is started.
                if self.running() and self._becomes(ready, timeout):
                    return
                self._end_leftovers()
                self._spawn()
                if not self._becomes(ready, timeout):
                    raise ServerProblem(f"{self.name} ended at once{tail(self.log)}")
            except BaseException:
                self._end(timeout=5)
                raise

    def stop(self, timeout: float = 10) -> None:
        """End the process and its children: in order within ``timeout`` seconds, else by SIGKILL."""
        if self.pid_file.exists():
            with self._lock():
                self._end(timeout)

    def send(self, signum: int) -> None:
        """Send a signal to the process.

        Raises:
            ServerProblem: it doesn't run.
        """
        pid = self.pid()
        if pid is None:
            raise ServerProblem(f"{self.name} doesn't run{tail(self.log)}")
        os.kill(pid, signum)

    def _becomes(self, ready: Callable[[], object], timeout: float) -> bool:
        wait_until(lambda: not self.running() or ready(), timeout, f"{self.name} to be ready", self.log)
        return self.running()

    def _lock(self) -> FileLock:
        return FileLock(self.directory / f"{self.name}.lock", timeout=120)

    def _spawn(self) -> None:
        argv = [*unprivileged(self.user), "env", f"--chdir={self.directory}", *self.argv]
        base = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.directory), "LANG": "C.UTF-8"}
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        pid = os.posix_spawnp(
            argv[0],
            argv,
            {**base, **self.env},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.log), flags, 0o640),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
            # Python ignores SIGPIPE and a background shell SIGINT; a server must not inherit that.
            setsigdef=[signal.SIGPIPE, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM],
        )
        stat = _stat(pid)
        record = {"pid": pid, "started": stat.started if stat else 0, "boot": BOOT_ID.read_text().strip()}
        write_private(self.pid_file, json.dumps(record))

    def _record(self) -> dict[str, object]:
        try:
            record = json.loads(self.pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        known = isinstance(record, dict) and record.get("boot") == BOOT_ID.read_text().strip()
        return record if known else {}

    def _recorded(self) -> int | None:
        pid = self._record().get("pid")
        return pid if isinstance(pid, int) else None

    def _is_ours(self, pid: int) -> bool:
        stat = _stat(pid)
        if stat is None or stat.started != self._record().get("started"):
            return False
        if stat.state == "Z":
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            return False
        return True

    def _end(self, timeout: float) -> None:
        pid = self.pid()
        if pid is not None:
            os.kill(pid, self.stop_signal)
            with contextlib.suppress(ServerProblem):
                wait_until(lambda: not self.running(), timeout, f"{self.name} to end")
        self._end_leftovers()
        self.pid_file.unlink(missing_ok=True)

    def _end_leftovers(self) -> None:
        """Kill what is left of the session: a killed master leaves children that hold the port.

        Linux gives no process an id that a session still has: while members are left, the id means ours.
        """
        session = self._recorded()
        if session is None:
            return
        leader = _stat(session)
        if leader and leader.started != self._record().get("started"):
            return
        uid = pwd.getpwnam(self.user).pw_uid if unprivileged(self.user) else os.geteuid()

        def ended() -> bool:
            left = [
                pid
                for pid, stat in _all()
                if stat.session == session and (stat.uid == uid or pid == session) and not stat.dead
            ]
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return not left

        wait_until(ended, 10, f"what is left of {self.name} to end", self.log)
        self._is_ours(session)


@dataclass(frozen=True)
class _Stat:
    state: str
    session: int
    started: int
    uid: int
    threads: int

    @property
    def dead(self) -> bool:
        """Whether nothing of it runs: a leader is a zombie before its threads, which hold its ports still."""
        return self.state == "Z" and self.threads <= 1


def _stat(pid: int) -> _Stat | None:
    """What proc(5) tells of a process; None where there is none. A name may hold spaces and brackets."""
    place = Path("/proc") / str(pid)
    try:
        fields = (place / "stat").read_text(errors="replace").rpartition(")")[2].split()
        return _Stat(
            state=fields[0],
            session=int(fields[3]),
            threads=int(fields[17]),
            started=int(fields[19]),
            uid=place.stat().st_uid,
        )
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return None


def _all() -> Iterator[tuple[int, _Stat]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (stat := _stat(int(entry.name))):
            yield int(entry.name), stat
