"""What an archive's structure tells before anything of it is unpacked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from tapak.scanning.archives.entries import Archive, Broken, Entry, printable
from tapak.scanning.limits import MEGABYTE, Limits
from tapak.scanning.wording import TEXTS
from tapak.sdk.scanning import Finding

NAME = "tapak.structure"
TITLE = "Struktur arsip"
VERSION = "1"

STOPS = frozenset(
    {"too_many", "too_large", "entry_size", "bomb", "overlap", "truncated", "damaged", "unsupported_archive"}
)
"""Rules after which nothing is unpacked: there is too much of it, or it isn't all there."""
LEFT_OUT = frozenset({"traversal", "absolute", "link", "link_out", "device", "encrypted", "unsupported"})
"""Rules whose entry is left out when the rest is unpacked. With any of them web hosts refuse the whole archive."""

NESTED = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".phar", ".jar", ".war", ".iso", ".cab")
LARGE = 10 * MEGABYTE
DRIVE = re.compile(r"[A-Za-z]:")


@dataclass
class Structure:
    """A check under way. ``skipped`` are the numbers of entries to leave out, ``stopped`` whether all of them are."""

    limits: Limits
    packed: int
    """The archive's own size in bytes."""
    skipped: set[int] = field(default_factory=set)
    stopped: bool = False
    _exact: set[str] = field(default_factory=set)
    _folded: dict[str, str] = field(default_factory=dict)
    _unpacked: int = 0
    _files: int = 0

    def check(self, archive: Archive) -> Iterator[Finding]:
        """Every finding, in the archive's order; nothing of an entry's content is read."""
        try:
            yield from self._entries(archive)
        except Broken as problem:
            yield self.broken(problem)
            return
        for rule, name in archive.faults():
            yield self._finding(rule, name)
        if not self._files and not self.stopped:
            yield self._finding("empty", "")

    def broken(self, problem: Broken) -> Finding:
        """The finding for an archive that can't be read on; nothing of it is unpacked then."""
        self.stopped = True
        rule = {"unsupported": "unsupported_archive"}.get(problem.rule, problem.rule)
        return self._finding(rule, problem.entry, str(problem))

    def _entries(self, archive: Archive) -> Iterator[Finding]:
        for number, entry in enumerate(archive.entries()):
            rules = list(self._rules(number, entry))
            if LEFT_OUT.intersection(rules):
                self.skipped.add(number)
            for rule in rules:
                yield self._finding(rule, entry.name, entry.target)
            if self.stopped:
                return
            self._files += entry.kind == "file"

    def _rules(self, number: int, entry: Entry) -> Iterator[str]:
        self._unpacked += entry.size if entry.kind == "file" else 0
        if number >= self.limits.entries:
            yield "too_many"
        if self._unpacked > self.limits.unpacked:
            yield "too_large"
        if self._swells(entry):
            yield "bomb"
        if entry.size > self.limits.entry:
            yield "entry_size"
        yield from entry.faults
        yield from _name_rules(entry)
        yield from self._doubles(entry)

    def _swells(self, entry: Entry) -> bool:
        alone = entry.packed and entry.size >= LARGE and entry.size > entry.packed * self.limits.ratio
        return bool(alone) or (self._unpacked >= LARGE and self._unpacked > self.packed * self.limits.ratio)

    def _doubles(self, entry: Entry) -> Iterator[str]:
        name = unicodedata.normalize("NFC", entry.name.rstrip("/").removeprefix("./"))
        if name in self._exact:
            if entry.kind != "folder":
                yield "duplicate"
            return
        self._exact.add(name)
        if self._folded.setdefault(name.casefold(), name) != name:
            yield "case_collision"

    def _finding(self, rule: str, name: str, evidence: str = "") -> Finding:
        if rule in STOPS:
            self.stopped = True
        severity, text = TEXTS[rule]
        return Finding(rule, severity, text, printable(name), 0, printable(evidence)[:200])


def _name_rules(entry: Entry) -> Iterator[str]:
    name = entry.name.replace("\\", "/")
    parts = name.split("/")
    if ".." in parts:
        yield "traversal"
    if name.startswith("/") or DRIVE.match(name):
        yield "absolute"
    if not name.strip("/. ") or any(unicodedata.category(letter) == "Cc" for letter in name):
        yield "odd_name"
    if entry.kind == "link":
        yield "link_out" if _leads_out(name, entry.target) else "link"
    if entry.kind == "device":
        yield "device"
    if entry.kind == "file" and name.lower().endswith(NESTED):
        yield "nested"


def _leads_out(name: str, target: str) -> bool:
    """Whether a link at ``name`` leaves the application; a zip keeps the target in its content, which isn't read."""
    if target.startswith("/"):
        return True
    depth = len(PurePosixPath(name).parent.parts)
    for part in target.replace("\\", "/").split("/"):
        depth += -1 if part == ".." else 0 if part in ("", ".") else 1
        if depth < 0:
            return True
    return False
