"""What runs inside the sandbox: ``python -m tapak.scanning.inside JSON``, the archive on standard input.

It prepares the scanners, gives up every privilege, checks the structure, unpacks and scans, and tells everything as
JSON, a line each, on standard output. The other side (:mod:`tapak.scanning.sandbox`) believes nothing without a look.
"""

from __future__ import annotations

import codecs
import ctypes
import json
import os
import resource
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, cast

from tapak.scanning import structure
from tapak.scanning.archives.entries import Broken
from tapak.scanning.archives.opening import open_archive
from tapak.scanning.limits import Limits
from tapak.scanning.structure import Structure
from tapak.scanning.unpacking import unpack
from tapak.sdk.scanning import Finding, ScannedFile, Scanner, ScannerProblem

PR_SET_PDEATHSIG = 1
PROCESSES = 64
"""Threads and processes of the sandbox's user; only set where that user is nobody else's."""
FOLDER = Path("files")


def main() -> None:
    """One run, as ``sys.argv[1]`` (JSON) describes it: ``scanners``, ``folder``, ``limits``, ``user`` and ``group``."""
    asked = json.loads(sys.argv[1])
    limits = Limits(**asked["limits"])
    for name in ("cp437", "utf-8", "ascii", "latin-1", "idna"):
        codecs.lookup(name)
    told = Told(limits.findings)
    scanners = [_class(each)(Path(asked["folder"])) for each in asked["scanners"]]
    ready = [scanner for scanner in scanners if _prepared(scanner, told)]
    confine(limits, asked.get("user"), asked.get("group"))
    with open(0, "rb") as archive:
        files = _unpacked(cast(BinaryIO, archive), limits, told)
    for scanner in ready:
        if files is None:
            told.scanner(scanner, "not_run", "Isi arsip tidak dibuka, jadi tidak diperiksa.")
        else:
            _scan(scanner, files, told)
    told.line({"kind": "end"})


def confine(limits: Limits, user: int | None, group: int | None) -> None:
    """Set the process's limits, become ``user`` where told to, and end with the process that started this one."""
    for what, most in (
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_FSIZE, limits.entry),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    if user is not None and group is not None:
        resource.setrlimit(resource.RLIMIT_NPROC, (PROCESSES, PROCESSES))
        os.setgroups([])
        os.setresgid(group, group, group)
        os.setresuid(user, user, user)
    # A change of user clears it.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Told:
    """What is said to the other side. Of one rule of one scanner ``most`` findings are told; the rest is counted."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._counted: Counter[tuple[str, str]] = Counter()
        self._severity: dict[tuple[str, str], str] = {}

    def line(self, content: Mapping[str, Any]) -> None:
        """One line."""
        sys.stdout.write(json.dumps(content, default=str) + "\n")
        sys.stdout.flush()

    def finding(self, scanner: str, finding: Finding) -> None:
        """One finding, unless its rule has spoken often enough."""
        key = scanner, finding.rule
        self._counted[key] += 1
        self._severity[key] = finding.severity
        if self._counted[key] <= self._most:
            self.line({"kind": "finding", **asdict(finding), "scanner": scanner})

    def scanner(
        self, scanner: Scanner | Mapping[str, str], state: str, problem: str = "", log: str = "", **more: Any
    ) -> None:
        """How a scanner fared, and how much of what it found wasn't told one by one."""
        named = {"name": scanner.name, "title": scanner.title} if isinstance(scanner, Scanner) else scanner
        for (name, rule), count in self._counted.items():
            if name == named["name"] and count > self._most:
                text = f"Aturan {rule} menemukan {count - self._most} tempat lain yang tidak ditampilkan satu per satu."
                rest = Finding(rule, self._severity[name, rule], text)
                self.line({"kind": "finding", **asdict(rest), "scanner": name})
        self.line({"kind": "scanner", **named, "state": state, "problem": problem, "log": log, **more})


def _class(path: str) -> type[Scanner]:
    module, _, name = path.partition(":")
    found: type[Scanner] = getattr(import_module(module), name)
    return found


def _prepared(scanner: Scanner, told: Told) -> bool:
    try:
        equipment = scanner.prepare()
    except ScannerProblem as problem:
        told.scanner(scanner, "failed", problem.told, str(problem), passing=problem.passing)
        return False
    except Exception as problem:  # noqa: BLE001 (whatever a plugin's scanner raises: it isn't clean then)
        told.scanner(scanner, "failed", "Pemindai ini rusak. Hubungi pengelola sistem.", repr(problem))
        return False
    told.line({"kind": "equipment", "name": scanner.name, **asdict(equipment)})
    return True


def _unpacked(stream: BinaryIO, limits: Limits, told: Told) -> Sequence[ScannedFile] | None:
    """The application's files; None where its structure forbids unpacking."""
    named = {"name": structure.NAME, "title": structure.TITLE, "version": structure.VERSION}
    check = Structure(limits, os.fstat(stream.fileno()).st_size)
    files = None
    try:
        for finding in _checked(check, stream, limits):
            told.finding(structure.NAME, finding)
        if not check.stopped:
            FOLDER.mkdir()
            stream.seek(0)
            files = unpack(open_archive(stream, limits), FOLDER, check.skipped, limits)
    except Broken as problem:
        told.finding(structure.NAME, check.broken(problem))
    except MemoryError:
        told.finding(
            structure.NAME, check.broken(Broken("its directory takes more memory than is allowed", rule="bomb"))
        )
    except OSError as problem:
        told.scanner(named, "failed", "Arsip tidak dapat dibuka di server. Hubungi pengelola sistem.", repr(problem))
        return None
    told.scanner(named, "done")
    told.line({"kind": "unpacked", "files": len(files or ()), "size": sum(each.size for each in files or ())})
    return files


def _checked(check: Structure, stream: BinaryIO, limits: Limits) -> Iterator[Finding]:
    try:
        archive = open_archive(stream, limits)
    except Broken as problem:
        yield check.broken(problem)
        return
    yield from check.check(archive)


def _scan(scanner: Scanner, files: Sequence[ScannedFile], told: Told) -> None:
    try:
        for finding in scanner.scan(files):
            told.finding(scanner.name, finding)
    except ScannerProblem as problem:
        told.scanner(scanner, "failed", problem.told, str(problem), passing=problem.passing)
    except Exception as problem:  # noqa: BLE001 (whatever a scanner raises: it isn't clean then)
        told.scanner(scanner, "failed", "Pemindai ini gagal di tengah jalan. Hubungi pengelola sistem.", repr(problem))
    else:
        told.scanner(scanner, "done")


if __name__ == "__main__":
    main()
