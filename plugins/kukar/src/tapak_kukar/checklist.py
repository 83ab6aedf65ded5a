"""The eight items of a PSE check: what speaks for each, by itself, and the officer's finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tapak.sdk.fields import Choice
from tapak.sdk.forms import StepSchema
from tapak.sdk.view import View
from tapak_kukar.category import category_words
from tapak_kukar.pse import CLASSIFICATIONS, LOCATIONS, PERSONAL_DATA, STATES, host, requested, same

FINDINGS = {"fits": "Sesuai", "differs": "Tidak sesuai"}
REGISTERED = ("issued", "update")


def _item(label: str) -> Choice:
    return Choice(label, FINDINGS, widget="radio")


class ChecklistPart(StepSchema):
    """The officer's findings."""

    item_registered = _item("Terdaftar sebagai PSE")
    item_owner = _item("Unit pemilik sesuai")
    item_url = _item("URL sama dengan nama yang diminta")
    item_officer = _item("Penanggung jawab masih menjabat")
    item_category = _item("Formulir kategori ada")
    item_classification = _item("Klasifikasi data ada")
    item_personal_data = _item("Data pribadi dinyatakan")
    item_location = _item("Berlokasi di Indonesia")


ITEMS = tuple(ChecklistPart().fields)


@dataclass(frozen=True)
class Compared:
    """One item: what the request says, what the PSE record says, and whether they agree."""

    item: str
    label: str
    asked: str
    held: str
    fits: bool

    @property
    def finding(self) -> str:
        """The finding that follows by itself."""
        return "fits" if self.fits else "differs"


def compare(view: View, record: Mapping[str, Any]) -> tuple[Compared, ...]:
    """``record`` (a :class:`~tapak_kukar.pse.RecordPart` with the category's answers) against the request."""
    answers, name = view.answers, requested(view)
    officer = str(answers.get("responsible_officer_name", ""))
    words = category_words(record, view.settings)
    classified = CLASSIFICATIONS.get(record.get("data_classification") or "", "")
    personal = PERSONAL_DATA.get(record.get("personal_data") or "", "")
    place = LOCATIONS.get(record.get("location") or "", "")
    state = record.get("pse_state") or ""
    compared = (
        ("Terbit", STATES.get(state, ""), state in REGISTERED),
        (view.request.agency, record.get("pse_owner") or "", same(record.get("pse_owner"), view.request.agency)),
        (name, record.get("pse_url") or "", bool(name) and host(str(record.get("pse_url") or "")) == name),
        (officer, record.get("pse_officer") or "", same(record.get("pse_officer"), officer)),
        ("Sepuluh pertanyaan dijawab", words, bool(words)),
        ("Ada", classified, bool(classified)),
        ("Dinyatakan", personal, bool(personal)),
        (LOCATIONS["home"], place, record.get("location") == "home"),
    )
    labels = {key: str(item.metadata["label"]) for key, item in ChecklistPart().fields.items()}
    return tuple(Compared(item, labels[item], *each) for item, each in zip(ITEMS, compared, strict=True))


def differing(data: Mapping[str, Any]) -> list[str]:
    """The labels of the items that the officer found not to fit."""
    fields = ChecklistPart().fields
    return [str(fields[item].metadata["label"]) for item in ITEMS if data[item] == "differs"]


def overruled(view: View, data: Mapping[str, Any]) -> list[str]:
    """The labels of the items where the officer finds otherwise than follows by itself."""
    return [each.label for each in compare(view, data) if data[each.item] != each.finding]
