"""The disposition sheet (lembar disposisi): printed empty with the agenda, filled in by the disposition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapak.sdk.contexts import common
from tapak.sdk.request_view import position_titles, texts_setting
from tapak.sdk.step_kinds import Letter
from tapak.sdk.view import View
from tapak.sdk.wording import SECRECY, URGENCY, day_words, ticks
from tapak.step_kinds.registers import AGENDA

DISPOSITION_INSTRUCTIONS = ("Tanggapan dan saran", "Proses lebih lanjut", "Koordinasi/konfirmasikan")
_NATURE = {"very_urgent": "Sangat segera", "urgent": "Segera", "secret": "Rahasia"}


def addressees(view: View, disposer: str) -> dict[str, str]:
    """The positions that actor ``disposer`` may forward a letter to: key → title."""
    own = view.position_of(disposer)
    return {key: title for key, title in position_titles(view).items() if key != own}


def instructions(view: View) -> dict[str, str]:
    """What a disposition may ask for."""
    return texts_setting(view, "disposition_instructions", DISPOSITION_INSTRUCTIONS)


def sheet(view: View, agenda: Mapping[str, Any], disposer: str, filled: Mapping[str, Any]) -> Letter:
    """The sheet of the letter entered as ``agenda``; ``filled`` is the disposition or empty."""
    urgency, secrecy = agenda.get("urgency", ""), agenda.get("secrecy", "")
    context = {
        **common(view),
        **{
            name: agenda.get(name, "")
            for name in ("sender", "letter_number", "subject", "archive_code", "srikandi_number")
        },
        "letter_date": day_words(agenda.get("letter_date")),
        "received_on": day_words(agenda.get("received_on")),
        "urgency": URGENCY.get(urgency, ""),
        "secrecy": SECRECY.get(secrecy, ""),
        "nature": ticks(_NATURE, (urgency, "secret" if secrecy in ("secret", "top_secret") else "")),
        "attachments": _attachments(agenda),
        **_disposition(view, disposer, filled),
    }
    subject = f"Lembar disposisi surat {agenda.get('letter_number', '')}{' (terisi)' if context['filled'] else ''}"
    return Letter(
        "disposition_sheet", "tapak/disposition_sheet", subject, context, for_applicant=False, register=AGENDA.key
    )


def _disposition(view: View, disposer: str, filled: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "filled": bool(filled),
        "forwarded_to": ticks(addressees(view, disposer), filled.get("forwarded_to", ())),
        "instructions": ticks(instructions(view), filled.get("instructions", ())),
        "note": filled.get("note", ""),
        "disposed_on": day_words(view.now) if filled else "",
        "disposed_by": position_titles(view).get(view.position_of(disposer), "") if filled else "",
    }


def _attachments(agenda: Mapping[str, Any]) -> str:
    count, note = agenda.get("attachments") or 0, agenda.get("attachments_note", "")
    return " ".join(part for part in (f"{count} berkas" if count else "", f"({note})" if note else "") if part)
