"""What a verifier fills in: the 13 aspects with severity, finding and evidence; and what may follow from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import fields

from tapak.sdk.fields import Choice, Line, Prose
from tapak.sdk.forms import StepSchema
from tapak.sdk.scanning import SEVERITIES, SEVERITY_WORDS, Finding, ScanReport, worst_first
from tapak_pontianak.aspects import ANSWERS, ASPECTS, Aspect, answer_problem, by_aspect

PASS, RETURN = "pass", "return"
HIGH = SEVERITIES[SEVERITIES.index("high") :]
HIGH_TEXT = (
    "Ada temuan tinggi atau kritis dari pemindai pada aspek ini; pilih “Tidak terpenuhi” atau “Risiko diterima”."
)
PROPOSED = 8
"""Findings of scanners that stand in a proposed text; the report names all."""
PARTS = ("answer", "severity", "finding", "evidence")
"""What is filled in for an aspect; a field is named ``ASPECT_PART``."""
WORDS = {each.key: each.label for each in ANSWERS}


def _fields(aspect: Aspect) -> dict[str, fields.Field[Any]]:
    return {
        f"{aspect.key}_answer": Choice(aspect.title, WORDS, optional=True, widget="radio"),
        f"{aspect.key}_severity": Choice("Tingkat keparahan", SEVERITY_WORDS, optional=True),
        f"{aspect.key}_finding": Prose("Temuan atau alasan", 1000, optional=True),
        f"{aspect.key}_evidence": Prose(
            "Bukti", 1000, optional=True, help="Nama berkas dan baris, tangkapan, atau langkah."
        ),
    }


AspectsPart = StepSchema.from_dict(
    {name: each for aspect in ASPECTS for name, each in _fields(aspect).items()}, name="AspectsPart"
)
"""The checklist."""


class FilePart(StepSchema):
    """The file that the verifier saw, by its SHA-256."""

    sha256 = Line("SHA-256 file yang diverifikasi", 64, widget="hidden")


@dataclass(frozen=True)
class Judged:
    """One aspect as it was answered, with what scanners found that belongs to it."""

    aspect: Aspect
    answer: str
    severity: str
    finding: str
    evidence: str
    found: tuple[Finding, ...] = ()

    @property
    def label(self) -> str:
        """The answer in words."""
        return WORDS.get(self.answer, "")

    @property
    def blocks(self) -> bool:
        """Whether it alone keeps the file from passing."""
        return self.answer == "unmet"

    @property
    def high(self) -> bool:
        """Whether something high or critical stands against it."""
        told = self.answer in ("unmet", "accepted_risk") and self.severity in HIGH
        return told or any(each.severity in HIGH for each in self.found)


def judged(data: Mapping[str, Any], scan: ScanReport | None) -> tuple[Judged, ...]:
    """Every aspect of ``data`` (an :class:`AspectsPart`) in its order."""
    found = by_aspect(scan.findings if scan else ())
    return tuple(_judged(aspect, data, tuple(worst_first(found[aspect.key]))) for aspect in ASPECTS)


def _judged(aspect: Aspect, data: Mapping[str, Any], found: tuple[Finding, ...]) -> Judged:
    told = {part: str(data.get(f"{aspect.key}_{part}") or "") for part in PARTS}
    return Judged(aspect, **told, found=found)


def proposed(found: Sequence[Finding]) -> dict[str, str]:
    """What an aspect with such findings of scanners starts with; nothing where none is high."""
    worst = worst_first(found)[:PROPOSED]
    if not worst or worst[0].severity not in HIGH:
        return {}
    return {
        "answer": "unmet",
        "severity": worst[0].severity,
        "finding": "\n".join(dict.fromkeys(each.text for each in worst))[:1000],
        "evidence": "\n".join(dict.fromkeys(place(each) for each in worst if each.file))[:1000],
    }


def place(finding: Finding) -> str:
    """Where it is: file and line."""
    return f"{finding.file}:{finding.line}" if finding.line else finding.file


def incomplete(aspects: Sequence[Judged], outcome: str) -> dict[str, list[str]]:
    """Answers that lack what they need, by field; a file that doesn't pass needs no answer to every aspect."""
    problems: dict[str, list[str]] = {}
    for each in aspects:
        if each.answer:
            problems |= {f"{each.aspect.key}_{part}": [told] for part, told in _lacking(each).items()}
        elif outcome == PASS:
            problems[f"{each.aspect.key}_answer"] = [answer_problem("", "")]
    return problems


def _lacking(each: Judged) -> dict[str, str]:
    reason = answer_problem(each.answer, each.finding)
    if each.answer == "unmet" and not each.finding:
        reason = "Tuliskan apa yang tidak terpenuhi."
    graded = each.severity or each.answer not in ("unmet", "accepted_risk")
    high = each.answer in ("met", "not_available") and any(found.severity in HIGH for found in each.found)
    told = {
        "finding": reason,
        "severity": "" if graded else "Pilih tingkat keparahannya.",
        "answer": HIGH_TEXT if high else "",
    }
    return {part: text for part, text in told.items() if text}


def against(aspects: Sequence[Judged], *, accepts_high: bool) -> str:
    """Why a file that was judged so can't pass, in Indonesian; empty where it can."""
    unmet = [each.aspect.title for each in aspects if each.blocks]
    if unmet:
        return f"Belum terpenuhi: {', '.join(unmet)}."
    high = [each.aspect.title for each in aspects if each.high and not accepts_high]
    if high:
        return f"Ada temuan tinggi atau kritis, yang di instansi ini tidak dapat diterima: {', '.join(high)}."
    return ""


def findings_text(aspects: Sequence[Judged], limit: int) -> str:
    """What keeps the file from passing, a line an aspect, for whoever mends it; at most ``limit`` characters."""
    lines = [_line(each) for each in aspects if each.blocks or each.high]
    more = "Selengkapnya dalam laporan verifikasi keamanan."
    kept: list[str] = []
    for line in lines:
        if sum(map(len, kept)) + len(kept) + len(line) + len(more) + 1 > limit:
            return "\n".join([*kept, more])
        kept.append(line)
    return "\n".join([*kept, more])


def _line(each: Judged) -> str:
    worst = max((one.severity for one in each.found), key=SEVERITIES.index, default="")
    severity = SEVERITY_WORDS.get(each.severity or worst, "")
    told = " ".join((each.finding or "; ".join(dict.fromkeys(one.text for one in each.found))).split())[:300]
    evidence = f" [{', '.join(each.evidence.splitlines())[:150]}]" if each.evidence else ""
    return f"• {each.aspect.title}{f' ({severity})' if severity else ''}: {told}{evidence}"
