"""Looking through an application's files before they are hosted: scanners, findings, and pure functions over them.

A scanner runs in a process of its own, without network, as another user and under limits (``tapak.scanning``). It sees
the files of one application, never the archive they came in, and can change nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

if TYPE_CHECKING:
    from tapak.sdk.view import DocumentRef, View

SEVERITIES = ("info", "low", "medium", "high", "critical")
"""From the mildest to the worst."""
SEVERITY_WORDS = {
    "info": "informasi",
    "low": "rendah",
    "medium": "sedang",
    "high": "tinggi",
    "critical": "kritis",
}
STATES = ("pending", "running", "done", "failed")


class ScannerProblem(Exception):
    """A scanner can't do its work. ``told`` is for an officer, in Indonesian; the exception's text for the log.

    ``passing`` says whether the same may go through later without anybody changing anything.
    """

    def __init__(self, told: str, log: str = "", *, passing: bool = False) -> None:
        super().__init__(log or told)
        self.told = told
        self.passing = passing


@dataclass(frozen=True)
class Finding:
    """One thing that somebody should look at.

    ``rule`` is the scanner's own name of it; ``text`` says in Indonesian what it means and what to do; ``file`` is the
    name inside the archive and ``line`` counts from 1 (0: unknown). ``evidence`` is short and never a whole secret.
    ``scanner`` is filled in by core.
    """

    rule: str
    severity: str
    text: str
    file: str = ""
    line: int = 0
    evidence: str = ""
    scanner: str = ""

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise ValueError(f"unknown severity {self.severity!r}")

    @property
    def same_as(self) -> tuple[str, str, str, str]:
        """What makes two findings of different runs the same one; lines shift when a file is edited."""
        return self.scanner, self.rule, self.file, self.evidence


@dataclass(frozen=True)
class Equipment:
    """What a scanner works with: its version, its signatures or rules in words, and how old those are.

    ``signatures_at`` is the time of the newest signature, None where it isn't known or there are none.
    """

    version: str
    signatures: str = ""
    signatures_at: datetime | None = None


@dataclass(frozen=True)
class ScannedFile:
    """One regular file of the application. ``name`` is what the archive calls it; ``place`` is where its bytes lie.

    The place's own name says nothing: nothing of an archive's names reaches the disk.
    """

    name: str
    size: int
    place: Path

    def open(self) -> BinaryIO:
        """The bytes, to be closed by the caller."""
        return self.place.open("rb")

    def read(self, limit: int) -> bytes:
        """The first ``limit`` bytes."""
        with self.open() as stream:
            return stream.read(limit)


class Scanner(ABC):
    """Looks through an application's files. Its class is importable by its module's name, and made anew for each run.

    ``name`` is namespaced (``kota.links``). ``folder`` is the deployment's folder for scanners (``TAPAK_SCANNING``):
    rules, signatures and sockets that an operator puts there.
    """

    name: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @abstractmethod
    def prepare(self) -> Equipment:
        """Read rules and signatures; called once, before privileges are given up and before any file is seen.

        Raises:
            ScannerProblem: it can't work; the run then isn't clean, whatever the others find.
        """

    @abstractmethod
    def scan(self, files: Sequence[ScannedFile]) -> Iterator[Finding]:
        """What is found in ``files``.

        Raises:
            ScannerProblem: it couldn't look at everything.
        """


@dataclass(frozen=True)
class ScannerRun:
    """How one scanner fared: ``state`` is done, failed or not_run (``problem`` says why, in Indonesian)."""

    name: str
    title: str
    state: str
    version: str = ""
    signatures: str = ""
    signatures_at: datetime | None = None
    problem: str = ""


@dataclass(frozen=True)
class ScanReport:
    """Everything that is known of one run over one document.

    ``state`` is pending, running, done or failed; ``problem`` says in Indonesian why it failed. ``isolation`` names
    what the sandbox had (``user``, ``network``, ``processes``, ``limits``). ``compared`` holds what changed since the
    run over the document before; None where there was none.
    """

    id: int
    document_id: int
    document_kind: str
    filename: str
    sha256: str
    revision: int
    state: str
    problem: str = ""
    findings: tuple[Finding, ...] = ()
    scanners: tuple[ScannerRun, ...] = ()
    isolation: Mapping[str, bool] | None = None
    asked_at: datetime | None = None
    finished_at: datetime | None = None
    compared: Difference | None = None

    @property
    def complete(self) -> bool:
        """Whether every scanner looked at everything: only then an empty list of findings means clean."""
        return self.state == "done" and bool(self.scanners) and all(each.state == "done" for each in self.scanners)

    def worst(self) -> str:
        """The worst severity that was found; empty where nothing was."""
        return max((each.severity for each in self.findings), key=SEVERITIES.index, default="")

    def at_least(self, severity: str) -> tuple[Finding, ...]:
        """The findings that are as bad as ``severity`` or worse."""
        bar = SEVERITIES.index(severity)
        return tuple(each for each in self.findings if SEVERITIES.index(each.severity) >= bar)


@dataclass(frozen=True)
class Difference:
    """What changed between two runs."""

    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    same: tuple[Finding, ...]


def scan_of(view: View, file: DocumentRef | None) -> ScanReport | None:
    """The newest run over exactly these bytes; None where there is none."""
    mine = (each for each in view.scans if file and (each.document_id, each.sha256) == (file.id, file.sha256))
    return next(mine, None)


def unfit(scan: ScanReport | None) -> str:
    """Why a file of which ``scan`` is known can't pass, in Indonesian; empty where the scan stands in no way.

    What was found is for the procedure to judge: this says only whether everything was looked at.
    """
    if scan is None:
        return "Arsip ini belum diperiksa pemindai, jadi belum dapat dinyatakan lolos. Jalankan pemeriksaannya dulu."
    if scan.state in ("pending", "running"):
        return "Pemindai masih memeriksa arsip ini; tunggu sampai selesai."
    if not scan.complete:
        return (
            "Pemindai tidak dapat memeriksa seluruh isi arsip ini, jadi belum dapat dinyatakan lolos. Periksa ulang, "
            f"atau minta arsip lain dari perangkat daerah. {scan.problem}".strip()
        )
    return ""


def difference(old: Iterable[Finding], new: Iterable[Finding]) -> Difference:
    """Which of ``new`` weren't in ``old``, which of ``old`` are gone, and which stayed; doubles are counted."""
    before = list(old)
    left = Counter(each.same_as for each in before)
    fresh, same = [], []
    for each in new:
        if left[each.same_as]:
            left[each.same_as] -= 1
            same.append(each)
        else:
            fresh.append(each)
    gone = []
    for each in before:
        if left[each.same_as]:
            left[each.same_as] -= 1
            gone.append(each)
    return Difference(tuple(fresh), tuple(gone), tuple(same))


def totals(findings: Iterable[Finding]) -> dict[str, int]:
    """How many findings each severity has, the worst first; every severity is named."""
    counted = Counter(each.severity for each in findings)
    return {severity: counted[severity] for severity in reversed(SEVERITIES)}


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """The findings by severity, then by scanner, file and line."""
    return sorted(findings, key=lambda each: (-SEVERITIES.index(each.severity), each.scanner, each.file, each.line))


def report_context(report: ScanReport) -> dict[str, Any]:
    """The report as plain values for a letter: ``totals`` (label, count), ``findings``, ``scanners``, ``complete``.

    A finding is ``{severity, label, scanner, rule, place, text, evidence, change}``; ``change`` is "baru", "tetap" or
    empty where nothing is known to compare with; ``gone`` holds findings that are no more. A scanner is
    ``{title, state, version, signatures, signatures_at, problem}``.
    """
    titles = {each.name: each.title for each in report.scanners}
    fresh = Counter(report.compared.new) if report.compared else Counter()
    rows = []
    for each in worst_first(report.findings):
        change = "" if report.compared is None else "baru" if fresh[each] else "tetap"
        fresh[each] -= change == "baru"
        rows.append({**_row(each, titles), "change": change})
    return {
        "filename": report.filename,
        "sha256": report.sha256,
        "state": report.state,
        "complete": report.complete,
        "problem": report.problem,
        "totals": [{"label": SEVERITY_WORDS[name], "count": count} for name, count in totals(report.findings).items()],
        "findings": rows,
        "gone": [_row(each, titles) for each in worst_first(report.compared.gone)] if report.compared else [],
        "scanners": [_scanner_row(each) for each in report.scanners],
    }


def _row(finding: Finding, titles: Mapping[str, str]) -> dict[str, str]:
    return {
        "severity": finding.severity,
        "label": SEVERITY_WORDS[finding.severity],
        "scanner": titles.get(finding.scanner, finding.scanner),
        "rule": finding.rule,
        "place": f"{finding.file}:{finding.line}" if finding.line else finding.file,
        "text": finding.text,
        "evidence": finding.evidence,
    }


def _scanner_row(run: ScannerRun) -> dict[str, str]:
    return {
        "title": run.title,
        "state": {"done": "selesai", "failed": "gagal", "not_run": "tidak dijalankan"}[run.state],
        "version": run.version,
        "signatures": run.signatures,
        "signatures_at": run.signatures_at.date().isoformat() if run.signatures_at else "",
        "problem": run.problem,
    }
