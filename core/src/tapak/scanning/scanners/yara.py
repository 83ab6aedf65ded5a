"""Our own YARA rules over every file: back doors, planted links, secrets; agencies may add rules of their own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

import yara_x

from tapak.scanning.archives.entries import printable
from tapak.sdk.scanning import SEVERITIES, Equipment, Finding, ScannedFile, Scanner, ScannerProblem

RULES = Path(__file__).parent.parent / "rules"
OWN = "rules"
"""Where below the deployment's folder an agency's rules lie (``*.yar``)."""
LARGEST = 64 * 1024**2
"""A file's bytes beyond these aren't looked at, which is told: text that a browser or PHP is given is smaller."""
NOT_WHOLE = f"Berkas ini terlalu besar: hanya {LARGEST // 1024**2} MB pertama yang diperiksa. Periksa sisanya."
TIMEOUT = 30
SHOWN = 120
DATED = re.compile(r"/\* (\d{4}-\d{2}-\d{2}): ")
MATCHES = 20
"""Places of one rule in one file that are told."""


class YaraScanner(Scanner):
    """The rules that the subclass names, and where ``own`` is set those of the agency."""

    files: ClassVar[tuple[str, ...]]
    own: ClassVar[bool] = False

    def prepare(self) -> Equipment:
        """Compile the rules."""
        sources = [RULES / name for name in self.files]
        if self.own:
            sources += sorted((self.folder / OWN).glob("*.yar"))
        compiler = yara_x.Compiler()
        compiler.define_global("filename", "")
        digest = hashlib.sha256()
        for source in sources:
            text = source.read_text()
            digest.update(text.encode())
            try:
                compiler.new_namespace(source.stem)
                compiler.add_source(text)
            except yara_x.CompileError as problem:
                told = f"Aturan {source.name} tidak dapat dipakai. Minta pengelola sistem memperbaikinya."
                raise ScannerProblem(told, f"{source.name}: {problem}") from problem
        self._rules = compiler.build()
        newest = max(_written(source) for source in sources)
        words = f"{len(sources)} berkas aturan, {digest.hexdigest()[:12]}"
        return Equipment(f"yara-x {version('yara-x')}", words, newest)

    def scan(self, files: Sequence[ScannedFile]) -> Iterator[Finding]:
        """Every rule that matches, at each of its places."""
        scanner = yara_x.Scanner(self._rules)
        scanner.set_timeout(TIMEOUT)
        scanner.max_matches_per_pattern(MATCHES)
        for file in files:
            if file.size > LARGEST:
                yield Finding("not_seen_whole", "high", NOT_WHOLE, file.name)
            content = file.read(LARGEST)
            scanner.set_global("filename", file.name)
            try:
                matching = scanner.scan(content).matching_rules
            except (yara_x.TimeoutError, yara_x.ScanError) as problem:
                told = f"Pemeriksaan {file.name} tidak selesai; periksa berkas ini dengan tangan."
                raise ScannerProblem(told, f"{file.name}: {type(problem).__name__}") from problem
            for rule in matching:
                yield from _findings(rule, file.name, content)


class WebShellScanner(YaraScanner):
    """Back doors."""

    name = "tapak.web_shells"
    title = "Web shell dan pintu belakang"
    files = ("webshells.yar",)
    own = True


class HiddenLinkScanner(YaraScanner):
    """Planted gambling."""

    name = "tapak.hidden_links"
    title = "Tautan judi tersembunyi"
    files = ("hidden_links.yar",)


class SecretScanner(YaraScanner):
    """Secrets in code."""

    name = "tapak.secrets"
    title = "Sandi dan kunci yang tertinggal"
    files = ("secrets.yar",)


def _written(source: Path) -> datetime:
    """When the rules were written: the date that their file begins with, else the time of the file itself."""
    told = DATED.match(source.read_text())
    if told is not None:
        return datetime.fromisoformat(told[1]).replace(tzinfo=UTC)
    return datetime.fromtimestamp(source.stat().st_mtime, UTC)


def _findings(rule: Any, name: str, content: bytes) -> Iterator[Finding]:
    """A finding for each line that the rule names; one without a place where it has no strings."""
    meta = dict(rule.metadata)
    severity = meta.get("severity")
    severity = severity if severity in SEVERITIES else "medium"
    text = str(meta.get("text", rule.identifier))
    told: set[int] = set()
    places = _places(rule, meta, content)
    for offset, found in places[:MATCHES]:
        line = content.count(b"\n", 0, offset) + 1
        if line not in told:
            told.add(line)
            yield Finding(
                rule.identifier, severity, text, name, line, (_masked if meta.get("masked") else _shown)(found)
            )
    if not any(pattern.matches for pattern in rule.patterns):
        yield Finding(rule.identifier, severity, text, name)


def _places(rule: Any, meta: Mapping[str, Any], content: bytes) -> list[tuple[int, bytes]]:
    """Offset and text of every match that is to be told, in the file's order."""
    wanted, unless = meta.get("place"), str(meta.get("unless", ""))
    found = []
    for pattern in rule.patterns:
        if wanted in (None, pattern.identifier):
            for match in pattern.matches:
                text = content[match.offset : match.offset + match.length]
                begun = match.offset + len(text) - len(text.lstrip())
                if not unless or not re.search(unless, text.decode("utf-8", "replace")):
                    found.append((begun, text))
    return sorted(found)


def _shown(found: bytes) -> str:
    told = printable(" ".join(found[: SHOWN * 4].decode("utf-8", "surrogateescape").split()))
    return told if len(told) <= SHOWN else f"{told[:SHOWN]}…"


def _masked(found: bytes) -> str:
    """What the secret is called, and a fingerprint of it, so that two runs can tell whether it is still the same."""
    text = found.decode("utf-8", "replace").strip()
    label = text[:24].partition("=")[0].partition(":")[0].partition("\n")[0].strip(" \"'(")
    known = label if "=" in text[:60] or "-----" in label else text[:4]
    return f"{printable(known)[:40]}… (sidik {hashlib.sha256(found).hexdigest()[:4]})"
