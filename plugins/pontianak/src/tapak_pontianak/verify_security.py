"""Step kind verify_security: scanners' findings and the 13 aspects, bound to the one file that was looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from marshmallow import Schema, post_load

from tapak.sdk.decisions import OutcomePart, ReasonsPart, act, missing_reasons, notice, offer_reasons
from tapak.sdk.errors import Invalid
from tapak.sdk.fields import Choice, Prose, offer
from tapak.sdk.forms import StepSchema
from tapak.sdk.registers import Record
from tapak.sdk.scanning import Difference, ScanReport, scan_of, unfit, worst_first
from tapak.sdk.step_kinds import Reservation, StepKind, StepResult
from tapak.sdk.view import DocumentRef, View
from tapak_pontianak import files, report
from tapak_pontianak.aspects import ASPECTS, by_aspect
from tapak_pontianak.registers import VERIFICATIONS
from tapak_pontianak.settings import REASON
from tapak_pontianak.verification import (
    PARTS,
    PASS,
    RETURN,
    WORDS,
    AspectsPart,
    FilePart,
    Judged,
    against,
    findings_text,
    incomplete,
    judged,
    proposed,
)

EXPLANATION = 2000
CHANGED = (
    "File aplikasi bukan lagi yang diperiksa di halaman ini. Muat ulang halaman, lalu verifikasi file yang "
    "sekarang ada."
)


class RemarkPart(StepSchema):
    """What the verifier adds."""

    remark = Prose("Catatan verifikasi", 2000, optional=True)


class VerificationInput(FilePart, AspectsPart, RemarkPart, OutcomePart, ReasonsPart):  # type: ignore[misc, valid-type]
    """A verification. A return says by itself what kept the file from passing; ``scan`` is what scanners found."""

    outcome = Choice("Hasil verifikasi", widget="radio")
    scan: ScanReport | None = None

    @post_load
    def _say_why(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if data.get("outcome") != RETURN:
            return {**data, "reasons": [], "explanation": "", "fields_concerned": []}
        told, mine = findings_text(judged(data, self.scan), EXPLANATION), data["explanation"]
        if told not in mine:
            room = max(0, EXPLANATION - len(told) - 1)
            data["explanation"] = "\n".join(part for part in (mine[:room], told) if part)
        return {
            **data,
            "reasons": data["reasons"] or [REASON],
            "fields_concerned": data["fields_concerned"] or [files.KIND],
        }


@dataclass(frozen=True)
class Looked:
    """One aspect for the page: how it was judged before, and whether anything about it is new."""

    judged: Judged
    before: Judged | None
    settled: bool


class VerifySecurity(StepKind):
    """A verification passes one file only, which the stored result names by its SHA-256."""

    name = "pontianak.verify_security/1"
    title = "Verifikasi keamanan"
    input_schema = VerificationInput
    decides = True

    def schema(self, view: View) -> Schema:
        schema = cast("VerificationInput", super().schema(view))
        offer(schema, "outcome", {outcome.key: outcome.label for outcome in view.step.outcomes})
        offer_reasons(schema, view)
        schema.scan = self.scan(view)
        return schema

    def initial(self, view: View) -> Mapping[str, Any]:
        file = self.file(view)
        reasons = {"reasons": [REASON], "fields_concerned": [files.KIND]}
        return {"sha256": file.sha256 if file else "", **reasons, **self._checklist(view)}

    def shown(self, view: View) -> Sequence[tuple[str, str]]:
        file, result = self.file(view), files.verified(view)
        lines = [("File aplikasi", file.filename), ("SHA-256", file.sha256)] if file else []
        return [*lines, ("Diverifikasi", str(result["sha256"]))] if result else lines

    def file(self, view: View) -> DocumentRef | None:
        """The file that is to be verified."""
        return files.current(view)

    def scan(self, view: View) -> ScanReport | None:
        """The newest run of scanners over it."""
        return scan_of(view, files.current(view))

    def barrier(self, view: View) -> str:
        """Why the file can't pass as long as its scan stands so; empty where it can."""
        return unfit(self.scan(view))

    def ages(self, view: View) -> Sequence[tuple[str, int | None, bool]]:
        """Of each scanner: its name, the age of what it knows in days, and whether that is old."""
        scan = self.scan(view)
        aged = [(each.name, files.age(each, view.now)) for each in (scan.scanners if scan else ())]
        return [(name, days, days is not None and days > files.OLD) for name, days in aged]

    def changes(self, view: View) -> Difference | None:
        """What changed against the file that was verified before, the worst first; None for a first verification."""
        found = files.changes(view, self.scan(view))
        if found is None:
            return None
        return Difference(*(tuple(worst_first(each)) for each in (found.new, found.gone, found.same)))

    def looked(self, view: View, data: Mapping[str, Any]) -> Sequence[Looked]:
        """The aspects for the page, as ``data`` answers them."""
        now, before = judged(data, self.scan(view)), view.before(view.step.key)
        if not before:
            return [Looked(each, None, False) for each in now]
        former, news = judged(before, files.scan_before(view)), self._news(view)
        return [
            Looked(each, old, not old.blocks and each.aspect.key not in news)
            for each, old in zip(now, former, strict=True)
        ]

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        outcome, file, scan = view.step.outcome(data["outcome"]), self.file(view), self.scan(view)
        if file is None or data["sha256"] != file.sha256:
            raise Invalid(CHANGED, log="verification of another file", fields={"sha256": [CHANGED]})
        what, aspects = act(outcome), judged(data, scan)
        problems = {**incomplete(aspects, outcome.key), **_outcome_problems(view, outcome.key, aspects, scan)}
        problems |= missing_reasons(what, data)
        if problems:
            raise Invalid("Verifikasi keamanan belum selesai.", log="verification incomplete", fields=problems)
        letters = (report.letter(view, file, scan, aspects, data, outcome.label, self.changes(view)),)
        return StepResult(
            outcome=outcome.key,
            summary=f"Verifikasi keamanan {file.filename}: {outcome.label.lower()} (SHA-256 {file.sha256[:12]}…)",
            records=(_record(view, file, aspects, outcome.label),),
            letters=letters if outcome.key == PASS else (*letters, notice(view, what, data)),
            reservations=_names(view) if outcome.key == PASS else (),
        )

    def _checklist(self, view: View) -> dict[str, Any]:
        """Proposals from what scanners found; what was settled before and has nothing new stays as it was answered."""
        scan, before, news = self.scan(view), view.before(view.step.key), self._news(view)
        answers: dict[str, Any] = {}
        for key, found in by_aspect(scan.findings if scan else ()).items():
            old = {part: before.get(f"{key}_{part}", "") for part in PARTS}
            keep = old["answer"] not in ("", "unmet") and key not in news
            answers |= {f"{key}_{part}": text for part, text in (old if keep else proposed(found)).items()}
        return answers

    def _news(self, view: View) -> frozenset[str]:
        """The aspects with findings that the file before hadn't; all of them where there is nothing to compare."""
        changed = files.changes(view, self.scan(view))
        if changed is None:
            return frozenset(aspect.key for aspect in ASPECTS)
        return frozenset(key for key, found in by_aspect(changed.new).items() if found)


def _names(view: View) -> tuple[Reservation, ...]:
    """The name is the request's own from now on."""
    return tuple(Reservation("name", wish.fqdn) for wish in view.procedure.wished_names(view.answers))


def _outcome_problems(
    view: View, outcome: str, aspects: Sequence[Judged], scan: ScanReport | None
) -> dict[str, list[str]]:
    barrier = unfit(scan)
    wrong = against(aspects, accepts_high=bool(view.settings.get("accept_high_findings")))
    if outcome == PASS:
        told = [each for each in (barrier, wrong) if each]
    else:
        told = [] if wrong or barrier else ["Tidak ada yang menghalangi; pilih “Lolos verifikasi”."]
    return {"outcome": told} if told else {}


def _record(view: View, file: DocumentRef, aspects: Sequence[Judged], result: str) -> Record:
    counted = {key: [each.aspect.title for each in aspects if each.answer == key] for key in WORDS}
    found = [finding for each in aspects for finding in each.found]
    row = {
        "verified_on": view.now.date().isoformat(),
        "system_name": view.answers.get("system_name", ""),
        "agency": view.request.agency,
        "filename": file.filename[:200],
        "sha256": file.sha256,
        "revision": view.request.revision,
        "result": result,
        "findings": len(found),
        "high": sum(each.high for each in aspects),
        "unmet": ", ".join(counted["unmet"]),
        "accepted": ", ".join(counted["accepted_risk"]),
    }
    return Record(VERIFICATIONS.key, row)
