"""A process for hostile files: without network, as another user, with limits, killed at a deadline.

With root's rights it has namespaces of its own (network, processes, mounts) and runs as ``user``. Without them the same
is tried in a user namespace; what this machine doesn't allow is missing and told (:class:`Isolation`), never pretended.
"""

from __future__ import annotations

import json
import os
import pwd
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any, BinaryIO

from tapak.scanning.limits import MEGABYTE, Limits
from tapak.sdk.scanning import Scanner

LARGEST_LINE = MEGABYTE
LARGEST_ANSWER = 256 * MEGABYTE
LOG_TAIL = 4000
GRACE = 5.0
NAMESPACES = ("--net", "--ipc", "--uts", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
AS_ROOT = ("unshare", *NAMESPACES)
AS_ANYBODY = ("unshare", "--user", "--map-current-user", *NAMESPACES)
DROPPED = ("setpriv", "--no-new-privs", "--inh-caps=-all")
ROOT_DROPPED = (*DROPPED, "--bounding-set=-all,+setuid,+setgid")


class SandboxProblem(Exception):
    """The process ended before it had told everything; ``told`` says why in Indonesian, the text in English."""

    def __init__(self, told: str, log: str) -> None:
        super().__init__(log)
        self.told = told


@dataclass(frozen=True)
class Isolation:
    """What the sandbox has on this machine: another user, no network, processes of its own, limits."""

    user: bool
    network: bool
    processes: bool
    limits: bool = True

    def as_json(self) -> dict[str, bool]:
        """The parts by name."""
        return asdict(self)


@dataclass(frozen=True)
class Place:
    """How a process is put into the sandbox on this machine: the commands before its own, and what they give it."""

    prefix: tuple[str, ...]
    isolation: Isolation


@cache
def place(root: bool) -> Place:
    """The best that this machine allows, tried once."""
    namespaces = AS_ROOT if root else AS_ANYBODY
    dropped = ROOT_DROPPED if root else DROPPED
    for prefix, alone in (((*namespaces, *dropped), True), (dropped, False), ((), False)):
        with suppress(OSError):
            if not prefix or subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:  # noqa: S603
                return Place(prefix, Isolation(user=root, network=alone, processes=alone))
    raise AssertionError("an empty prefix always holds")


@dataclass(frozen=True)
class Sandbox:
    """Runs one archive through ``scanners``.

    ``folder`` is the deployment's folder for scanners, ``user`` who the process becomes where we are root. ``beat`` is
    called about every second while it runs, and ends the run by raising.
    """

    folder: Path
    user: str
    scanners: Sequence[type[Scanner]]
    limits: Limits
    beat: Callable[[], None] = lambda: None

    @property
    def isolation(self) -> Isolation:
        """What the process will have."""
        return place(os.geteuid() == 0).isolation

    def run(self, archive: BinaryIO, work: Path) -> Iterator[dict[str, Any]]:
        """Everything that the process tells, checked for form alone; ``work`` is an empty folder of its own.

        Raises:
            SandboxProblem: it was killed, crashed, or told something that is none.
        """
        asked = self._asked(work)
        errors = work.with_name(f"{work.name}.log")
        with errors.open("wb+") as log:
            process = subprocess.Popen(  # noqa: S603 (our own words and our own interpreter)
                [
                    *place(os.geteuid() == 0).prefix,
                    sys.executable,
                    "-I",
                    "-m",
                    "tapak.scanning.inside",
                    json.dumps(asked),
                ],
                stdin=archive,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=work,
                env={"PATH": os.defpath, "LANG": "C.UTF-8", "TMPDIR": "."},
                start_new_session=True,
            )
            try:
                yield from self._told(process, log)
            finally:
                _kill(process)
                errors.unlink(missing_ok=True)

    def _asked(self, work: Path) -> Mapping[str, Any]:
        """The description of the run; ``work`` is given to the user that it will run as."""
        asked: dict[str, Any] = {
            "scanners": [f"{scanner.__module__}:{scanner.__qualname__}" for scanner in self.scanners],
            "folder": str(self.folder.resolve()),
            "limits": self.limits.as_json(),
        }
        if os.geteuid() != 0:
            return asked
        try:
            account = pwd.getpwnam(self.user)
        except KeyError:
            told = "Pengguna untuk pemeriksaan tidak ada di server. Hubungi pengelola sistem."
            raise SandboxProblem(told, f"no user {self.user!r} (TAPAK_SCAN_USER)") from None
        if account.pw_uid == 0:
            raise SandboxProblem(
                "Pemeriksaan tidak boleh berjalan sebagai root. Hubungi pengelola sistem.", "TAPAK_SCAN_USER is root"
            )
        os.chown(work, account.pw_uid, account.pw_gid)
        return {**asked, "user": account.pw_uid, "group": account.pw_gid}

    def _told(self, process: subprocess.Popen[bytes], log: IO[bytes]) -> Iterator[dict[str, Any]]:
        assert process.stdout is not None
        ended = False
        for line in self._lines(process.stdout):
            event = _event(line)
            ended = event["kind"] == "end"
            yield event
        status = _wait(process)
        if not ended or status != 0:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - LOG_TAIL))
            tail = log.read(LOG_TAIL).decode("utf-8", "replace").strip()
            told = "Pemeriksaan berhenti sebelum selesai (melewati batas memori, waktu, atau rusak)."
            raise SandboxProblem(told, f"the sandbox ended with status {status}: {tail[-LOG_TAIL:]}")

    def _lines(self, pipe: IO[bytes]) -> Iterator[bytes]:
        deadline = time.monotonic() + self.limits.seconds
        kept, total = b"", 0
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while True:
                self.beat()
                if time.monotonic() > deadline:
                    told = f"Pemeriksaan melewati batas waktu {self.limits.seconds} detik dan dihentikan."
                    raise SandboxProblem(told, f"no end within {self.limits.seconds} s")
                if not selector.select(timeout=1.0):
                    continue
                found = os.read(pipe.fileno(), 65536)
                if not found:
                    return
                total += len(found)
                *whole, kept = (kept + found).split(b"\n")
                if len(kept) > LARGEST_LINE or total > LARGEST_ANSWER:
                    raise SandboxProblem("Hasil pemeriksaan terlalu besar.", "the sandbox tells too much")
                yield from whole


def _event(line: bytes) -> dict[str, Any]:
    with suppress(ValueError, RecursionError):
        event = json.loads(line)
        if isinstance(event, dict) and isinstance(event.get("kind"), str):
            return event
    raise SandboxProblem("Hasil pemeriksaan tidak dapat dibaca.", "the sandbox told a line that is none")


def _wait(process: subprocess.Popen[bytes]) -> int | None:
    with suppress(subprocess.TimeoutExpired):
        return process.wait(GRACE)
    return None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and everything that it started: with a namespace of processes, by its first one."""
    if process.poll() is None:
        for pid in (*_children(process.pid), process.pid):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []
