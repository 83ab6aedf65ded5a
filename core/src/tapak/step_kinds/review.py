"""Step kind review: capacity, address and name are looked into, with figures beside the form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema

from tapak.engine.wording import day_words
from tapak.sdk.errors import Invalid
from tapak.sdk.step_kinds import Letter, StepKind, StepResult, StepSchema
from tapak.sdk.view import View
from tapak.step_kinds.contexts import address, common, figures, people
from tapak.step_kinds.fields import Choice, Figures, Prose, Tick, offer
from tapak.step_kinds.request_view import only_outcome, stray_figures, wished_name
from tapak.step_kinds.wording import SYSTEM_KINDS, ticks

RECOMMENDATIONS = {"approve": "Dapat dilaksanakan", "return": "Dikembalikan untuk diperbaiki"}
CHECKS = {
    "server_ok": "Kapasitas server mencukupi",
    "bandwidth_ok": "Bandwidth mencukupi",
    "name_ok": "Nama subdomain sesuai ketentuan",
}


class ReviewInput(StepSchema):
    """What the review found."""

    participants = Prose("Peserta pengkajian (JFT)", 1000, optional=True, help="Satu nama atau jabatan per baris.")
    server_ok = Tick(CHECKS["server_ok"])
    bandwidth_ok = Tick(CHECKS["bandwidth_ok"])
    name_ok = Tick(CHECKS["name_ok"])
    address = Choice("Alamat IP", optional=True, help="Dicadangkan saat permohonan disetujui.")
    findings = Prose("Hasil pengkajian", 4000)
    recommendation = Choice("Rekomendasi", RECOMMENDATIONS, widget="radio")
    manual_facts = Figures("Angka yang diisi manual", help="Hanya untuk sumber yang tidak terjangkau.")


class Review(StepKind):
    """The review; it speaks for a request only where every check holds and an address was chosen."""

    name = "tapak.review/1"
    title = "Pengkajian"
    input_schema = ReviewInput
    needs_facts = True

    def schema(self, view: View) -> Schema:
        schema = super().schema(view)
        offer(schema, "address", _addresses(view))
        return schema

    def initial(self, view: View) -> Mapping[str, Any]:
        dedicated = view.answers.get("address_kind") == "dedicated"
        chosen = next(iter(view.free_addresses()), "") if dedicated else view.shared_address()
        return {"address": chosen, "manual_facts": {}}

    def run(self, view: View, data: Mapping[str, Any]) -> StepResult:
        problems = _problems(view, data)
        if problems:
            raise Invalid("Hasil pengkajian belum selaras.", log="review contradicts itself", fields=problems)
        return StepResult(
            outcome=only_outcome(view),
            summary=f"Pengkajian: {RECOMMENDATIONS[data['recommendation']].lower()}",
            letters=(_report(view, data),),
        )


def _addresses(view: View) -> dict[str, str]:
    shared = view.shared_address()
    free = {address: f"{address} (IP publik sendiri)" for address in view.free_addresses() if address != shared}
    return {**({shared: f"{shared} (server web bersama)"} if shared else {}), **free}


def _problems(view: View, data: Mapping[str, Any]) -> dict[str, list[str]]:
    problems = {}
    if data["recommendation"] == "approve":
        problems = {
            name: ["Rekomendasi “dapat dilaksanakan” memerlukan pemeriksaan ini terpenuhi."]
            for name in CHECKS
            if not data[name]
        }
        if not data["address"]:
            problems["address"] = ["Pilih alamat IP, atau rekomendasikan pengembalian bila tidak ada yang tersedia."]
    stray = stray_figures(view, data["manual_facts"])
    if stray:
        problems["manual_facts"] = [f"Sumber tidak dikenal: {', '.join(stray)}."]
    return problems


def _report(view: View, data: Mapping[str, Any]) -> Letter:
    answers = view.answers
    context = {
        **common(view),
        **people(view),
        **address(view, data["address"]),
        "reviewed_on": day_words(view.now),
        "participants": [line.strip() for line in data["participants"].splitlines() if line.strip()],
        "description": answers.get("description", ""),
        "system_kind": SYSTEM_KINDS.get(answers.get("kind", ""), ""),
        "technology": answers.get("technology", ""),
        "figures": figures(view, data["manual_facts"]),
        "checks": ticks(CHECKS, [name for name in CHECKS if data[name]]),
        "findings": data["findings"],
        "recommendation": RECOMMENDATIONS[data["recommendation"]],
        "recommended": data["recommendation"] == "approve",
    }
    subject = f"Hasil pengkajian {wished_name(answers)}"
    return Letter("review_report", "tapak/review_report", subject, context, for_applicant=False)
