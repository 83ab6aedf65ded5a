"""How dates and NIP are written in Indonesian official papers and on the screen."""

from __future__ import annotations

import re
from datetime import date, datetime

MONTHS = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)
# NIP, the number of a civil servant: birth date (8), month of appointment (6), gender (1), running number (3).
NIP = re.compile(r"([0-9]{8})([0-9]{6})([0-9])([0-9]{3})")


def day_words(day: date | datetime | str | None) -> str:
    """``day`` (or its ISO 8601 text) as "20 November 2026"; empty where there is none."""
    if not day:
        return ""
    when = date.fromisoformat(day[:10]) if isinstance(day, str) else day
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def nip_parts(text: str) -> tuple[str, ...] | None:
    """The four parts of an 18-digit NIP, written with or without spaces and dots; None for any other text."""
    found = NIP.fullmatch(re.sub(r"[ .]", "", text))
    return found.groups() if found else None


def nip_spaced(text: str) -> str:
    """An 18-digit NIP spaced 8-6-1-3; any other text as it is."""
    parts = nip_parts(text)
    return " ".join(parts) if parts else text
