"""The eight items of a PSE check: what speaks for each, by itself, and the officer's finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tapak.sdk.fields import Choice
from tapak.sdk.forms import StepSchema
from tapak.sdk.view import View
from tapak_kukar.category import CATEGORIES, category, category_words
from tapak_kukar.pse import (
    CLASSIFICATIONS,
    LOCATIONS,
    PERSONAL_DATA,
    STATES,
    found_in_registry,
    host,
    requested,
    same,
)

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
    """``record`` (a :class:`~tapak_kukar.pse.RecordPart` with the category's answers) against the request.

    What the request declares must also be what the registry holds, where that tells it.
    """
    answers, name = view.answers, requested(view)
    officer = str(answers.get("responsible_officer_name", ""))
    words = category_words(record, view.settings)
    registered = str(found_in_registry(view).get("category") or "")
    graded = bool(words) and registered in ("", category(record, view.settings))
    state = record.get("pse_state") or ""
    compared = (
        ("Terbit", STATES.get(state, ""), state in REGISTERED),
        (view.request.agency, record.get("pse_owner") or "", same(record.get("pse_owner"), view.request.agency)),
        (name, record.get("pse_url") or "", bool(name) and host(str(record.get("pse_url") or "")) == name),
        (officer, record.get("pse_officer") or "", same(record.get("pse_officer"), officer)),
        (words or "Sepuluh pertanyaan dijawab", CATEGORIES.get(registered, words), graded),
        _declared(view, record, "data_classification", CLASSIFICATIONS, "Ada"),
        _declared(view, record, "personal_data", PERSONAL_DATA, "Dinyatakan"),
        _at_home(*_declared(view, record, "location", LOCATIONS, LOCATIONS["home"])),
    )
    labels = {key: str(item.metadata["label"]) for key, item in ChecklistPart().fields.items()}
    return tuple(Compared(item, labels[item], *each) for item, each in zip(ITEMS, compared, strict=True))


def _declared(
    view: View, record: Mapping[str, Any], field: str, words: Mapping[str, str], wanted: str
) -> tuple[str, str, bool]:
    """What the request declares (``wanted`` where it isn't asked), what the record holds, and whether that agrees."""
    asked, held = view.answers.get(field) or "", record.get(field) or ""
    return words.get(asked, wanted), words.get(held, ""), bool(held) and asked in ("", held)


def _at_home(asked: str, held: str, fits: bool) -> tuple[str, str, bool]:
    return asked, held, fits and held == LOCATIONS["home"]


def differing(data: Mapping[str, Any]) -> list[str]:
    """The labels of the items that the officer found not to fit."""
    fields = ChecklistPart().fields
    return [str(fields[item].metadata["label"]) for item in ITEMS if data[item] == "differs"]


def overruled(view: View, data: Mapping[str, Any]) -> list[str]:
    """The labels of the items where the officer finds otherwise than follows by itself."""
    return [each.label for each in compare(view, data) if data[each.item] != each.finding]
