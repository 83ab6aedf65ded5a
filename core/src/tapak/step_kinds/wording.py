"""Indonesian words for values that are stored as keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

URGENCY = {"ordinary": "Biasa", "urgent": "Segera", "very_urgent": "Amat segera"}
SECRECY = {"ordinary": "Biasa", "secret": "Rahasia", "top_secret": "Sangat rahasia"}
SYSTEM_KINDS = {
    "official_website": "Situs resmi",
    "public_service": "Layanan publik",
    "administration": "Administrasi pemerintahan",
    "other": "Lainnya",
}
ADDRESS_KINDS = {"shared": "Server web bersama", "dedicated": "IP publik sendiri"}
SOURCES = {
    "agent": "agen di server",
    "logs": "log server",
    "inventory": "inventaris",
    "zone": "server DNS",
    "database": "server basis data",
    "backup": "repositori cadangan",
    "manual": "diisi manual",
}
RESOURCE_STATES = {
    "planned": "direncanakan",
    "applying": "sedang dibuat",
    "verifying": "sedang diperiksa",
    "live": "aktif",
    "failed": "gagal",
    "removing": "sedang dihapus",
    "gone": "sudah dihapus",
}
RESOURCE_KINDS = {
    "record_set": "Rekaman DNS",
    "site": "Situs web",
    "database": "Basis data",
    "backup": "Pencadangan",
}


def ticks(choices: Mapping[str, str], ticked: Iterable[str] = ()) -> list[dict[str, object]]:
    """``choices`` (key → label) as boxes of a form: ``{label, ticked}``."""
    chosen = set(ticked)
    return [{"label": label, "ticked": key in chosen} for key, label in choices.items()]
