"""Dependencies with known vulnerabilities, matched against the advisories that an operator imported."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from univers.versions import ComposerVersion, InvalidVersion, PypiVersion, SemverVersion, Version

from tapak.scanning.advisories import Advisory, Stock, advisories_of, open_stock, stock
from tapak.scanning.scanners.lockfiles import LARGEST, Dependency, Unreadable, reader_of
from tapak.sdk.scanning import Equipment, Finding, ScannedFile, Scanner, ScannerProblem

OLD = 30
"""Days from which on the advisories are called old."""
VERSIONS: Mapping[str, type[Version]] = {"PyPI": PypiVersion, "npm": SemverVersion, "Packagist": ComposerVersion}


class DependencyScanner(Scanner):
    """Lock files against OSV."""

    name = "tapak.dependencies"
    title = "Pustaka dengan kerentanan yang dikenal"

    def prepare(self) -> Equipment:
        """Open the imported advisories; without any, an application with lock files can't be called clean."""
        try:
            self._stock: Stock | None = stock(self.folder)
            self._database = open_stock(self.folder) if self._stock else None
        except (sqlite3.DatabaseError, KeyError, ValueError) as problem:
            raise ScannerProblem(
                "Berkas advisori rusak. Minta pengelola sistem mengimpornya lagi.", str(problem)
            ) from problem
        if self._stock is None:
            return Equipment(f"univers {version('univers')}", "belum ada advisori yang diimpor")
        told = f"{self._stock.advisories} advisori, umur {self._stock.age(datetime.now(UTC))} hari"
        return Equipment(f"univers {version('univers')}", told, self._stock.newest or self._stock.imported_at)

    def scan(self, files: Sequence[ScannedFile]) -> Iterator[Finding]:
        """Every vulnerable package of every lock file."""
        locks = [(file, reader) for file in files if (reader := reader_of(file.name)) is not None]
        if not locks:
            return
        if self._database is None or self._stock is None:
            told = "Belum ada advisori yang diimpor, jadi pustaka tidak dapat diperiksa. Hubungi pengelola sistem."
            raise ScannerProblem(told, "no advisories: tapak scan advisories import FILE")
        age = self._stock.age(datetime.now(UTC))
        if age > OLD:
            told = f"Advisori yang dipakai berumur {age} hari; kerentanan yang lebih baru tidak terlihat."
            yield Finding("old_advisories", "low", told)
        for file, reader in locks:
            try:
                dependencies = list(reader(file.read(LARGEST)))
            except Unreadable as problem:
                told = "Daftar pustaka tidak dapat dibaca, jadi isinya tidak diperiksa."
                yield Finding("unreadable_lock", "medium", told, file.name, 0, str(problem)[:120])
                continue
            yield from self._judged(file, dependencies)

    def _judged(self, file: ScannedFile, dependencies: Sequence[Dependency]) -> Iterator[Finding]:
        loose = [each.package for each in dependencies if not each.version]
        if loose:
            told = "Versi pustaka tidak dipastikan (==), jadi kerentanannya tidak dapat diperiksa."
            yield Finding("unpinned", "low", told, file.name, 0, ", ".join(loose)[:120])
        for dependency in dependencies:
            if dependency.version:
                yield from self._matched(file, dependency)

    def _matched(self, file: ScannedFile, dependency: Dependency) -> Iterator[Finding]:
        assert self._database is not None
        for advisory in advisories_of(self._database, dependency.ecosystem, dependency.package):
            try:
                hit = affects(advisory, dependency)
            except InvalidVersion:
                told = f"Versi {dependency.package} tidak dikenal, jadi kerentanannya tidak dapat diperiksa."
                yield Finding("unknown_version", "low", told, file.name, dependency.line, dependency.version[:60])
                return
            if hit:
                yield _finding(file, dependency, advisory)


def affects(advisory: Advisory, dependency: Dependency) -> bool:
    """Whether the advisory speaks of that version (OSV's evaluation of ``versions`` and of ``events`` in order).

    Raises:
        InvalidVersion: the version can't be compared.
    """
    kind = VERSIONS[dependency.ecosystem]
    mine = kind(dependency.version)
    for affected in advisory.affected:
        if dependency.version in affected["versions"] or dependency.version.removeprefix("v") in affected["versions"]:
            return True
        if any(_within(kind, mine, each.get("events", [])) for each in affected["ranges"]):
            return True
    return False


def _within(kind: type[Version], mine: Version, events: Sequence[Mapping[str, Any]]) -> bool:
    inside = False
    for what, at in _in_order(kind, events):
        if what == "introduced" and (at is None or mine >= at):
            inside = True
        elif (what == "fixed" and at is not None and mine >= at) or (
            what == "last_affected" and at is not None and mine > at
        ):
            inside = False
    return inside


def _in_order(kind: type[Version], events: Sequence[Mapping[str, Any]]) -> list[tuple[str, Version | None]]:
    """What happened at which version, oldest first; None stands for the very beginning."""
    known = [(what, None if at == "0" else kind(str(at))) for event in events for what, at in event.items()]
    dated = [each for each in known if each[1] is not None]
    return [each for each in known if each[1] is None] + sorted(dated, key=lambda each: each[1])  # type: ignore[arg-type, return-value]


def _finding(file: ScannedFile, dependency: Dependency, advisory: Advisory) -> Finding:
    fixes = sorted(
        {
            str(event["fixed"])
            for affected in advisory.affected
            for each in affected["ranges"]
            for event in each.get("events", [])
            if "fixed" in event
        }
    )
    todo = (
        f"Perbarui ke salah satu versi yang sudah diperbaiki: {', '.join(fixes[:6])}."
        if fixes
        else "Belum ada perbaikan; cari penggantinya."
    )
    told = f"{dependency.package} {dependency.version} punya kerentanan {advisory.id}: {advisory.summary} {todo}"
    also = f" ({', '.join(advisory.aliases[:3])})" if advisory.aliases else ""
    evidence = f"{dependency.package} {dependency.version}{also}"
    return Finding(advisory.id, advisory.severity, told, file.name, dependency.line, evidence[:200])
