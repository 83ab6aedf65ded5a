"""What a sandbox told, put together. It handled hostile files: nothing of it is believed for its form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tapak.scanning import structure
from tapak.scanning.archives.entries import printable
from tapak.sdk.scanning import SEVERITIES, Finding, Scanner, ScannerRun

MOST = 50_000
TEXT = 1000


class Garbled(ValueError):
    """The sandbox told something that it can't have meant."""


@dataclass
class Results:
    """Findings and scanners so far. ``passing``: what failed may go through later; ``log`` says why, in English."""

    scanners: Sequence[type[Scanner]]
    findings: list[Finding] = field(default_factory=list)
    passing: bool = False
    log: list[str] = field(default_factory=list)
    _equipment: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _told: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def take(self, event: Mapping[str, Any]) -> None:
        """One line of the sandbox's.

        Raises:
            Garbled: it is none.
        """
        if event["kind"] == "finding":
            if len(self.findings) >= MOST:
                raise Garbled("too many findings")
            self.findings.append(_finding(event, self._known))
        elif event["kind"] == "equipment":
            self._equipment[_text(event, "name")] = event
        elif event["kind"] == "scanner":
            self._take_scanner(event)

    def runs(self, unsaid: str) -> tuple[ScannerRun, ...]:
        """Structure and every scanner; one that said nothing has failed because of ``unsaid``."""
        return tuple(self._run(name, title, unsaid) for name, title in self._known.items())

    @property
    def _known(self) -> dict[str, str]:
        return {structure.NAME: structure.TITLE, **{scanner.name: scanner.title for scanner in self.scanners}}

    def _take_scanner(self, event: Mapping[str, Any]) -> None:
        name, state = _text(event, "name"), _text(event, "state")
        if name not in self._known or state not in ("done", "failed", "not_run"):
            raise Garbled(f"scanner {name!r} in state {state!r}")
        self._told[name] = event
        if state == "failed":
            self.log.append(f"{name}: {_text(event, 'log')}")
            self.passing = self.passing or event.get("passing") is True

    def _run(self, name: str, title: str, unsaid: str) -> ScannerRun:
        told, equipment = self._told.get(name), self._equipment.get(name, {})
        version = structure.VERSION if name == structure.NAME else _text(equipment, "version")
        return ScannerRun(
            name,
            title,
            _text(told, "state") if told else "failed",
            version,
            _text(equipment, "signatures"),
            _moment(equipment.get("signatures_at")),
            _text(told, "problem") if told else unsaid,
        )


def _finding(event: Mapping[str, Any], known: Mapping[str, str]) -> Finding:
    line = event.get("line")
    severity, scanner = _text(event, "severity"), _text(event, "scanner")
    if severity not in SEVERITIES or scanner not in known or not isinstance(line, int) or not 0 <= line < 2**31:
        raise Garbled("a finding without sense")
    names = ("rule", "text", "file", "evidence")
    return Finding(severity=severity, scanner=scanner, line=line, **{name: _text(event, name) for name in names})


def _text(event: Mapping[str, Any], name: str) -> str:
    found = event.get(name, "")
    if not isinstance(found, str):
        raise Garbled(f"{name} is no text")
    return printable(found)[:TEXT]


def _moment(told: Any) -> datetime | None:
    if told is None:
        return None
    try:
        return datetime.fromisoformat(told).astimezone(UTC)
    except (TypeError, ValueError) as problem:
        raise Garbled("a time that is none") from problem
