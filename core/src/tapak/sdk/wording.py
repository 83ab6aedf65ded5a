"""How dates, NIP and stored keys are written in Indonesian official papers and on the screen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

MONTHS = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)
# NIP, the number of a civil servant: birth date (8), month of appointment (6), gender (1), running number (3).
NIP = re.compile(r"([0-9]{8})([0-9]{6})([0-9])([0-9]{3})")
URGENCY = {"ordinary": "Biasa", "urgent": "Segera", "very_urgent": "Amat segera"}
SECRECY = {"ordinary": "Biasa", "secret": "Rahasia", "top_secret": "Sangat rahasia"}
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
CLOSED = "ditutup (410)"
"""A site that is live and answers that it is closed."""
RESOURCE_KINDS = {
    "record_set": "Rekaman DNS",
    "site": "Situs",
    "release": "Rilis aplikasi",
    "account": "Akun SFTP",
    "database": "Basis data",
    "backup": "Pencadangan",
    "certificate": "Sertifikat",
}
ENGINES = {"mariadb": "MariaDB", "postgresql": "PostgreSQL"}
BACKUP_KINDS = {"back_up": "Pencadangan", "test_restore": "Uji pemulihan"}
BACKUP_OUTCOMES = {"succeeded": "berhasil", "failed": "gagal", "interrupted": "terputus"}


def resource_name(identity: str) -> str:
    """What people call a resource of that identity: ``antrean.example (A)`` of a record set, ``antrean (MariaDB)``."""
    name, _, rest = identity.partition("/")
    if name in ENGINES:
        return f"{rest} ({ENGINES[name]})"
    return f"{name} ({rest})" if rest and rest not in RESOURCE_KINDS else name


def state_words(state: str, spec: Any = None) -> str:
    """Where a resource stands; ``spec`` is what is wanted of it, as it is or as it is stored."""
    closed = spec.get("suspended") if isinstance(spec, Mapping) else getattr(spec, "suspended", False)
    return CLOSED if state == "live" and closed else RESOURCE_STATES.get(state, state)


def resource_words(resources: Iterable[tuple[str, str]]) -> str:
    """Resources (kind, identity) one after the other: ``Basis data antrean (MariaDB), Situs antrean.example``."""
    return ", ".join(f"{RESOURCE_KINDS.get(kind, kind)} {resource_name(identity)}" for kind, identity in resources)


def day_words(day: date | datetime | str | None) -> str:
    """``day`` (or its ISO 8601 text) as "20 November 2026"; empty where there is none."""
    if not day:
        return ""
    when = date.fromisoformat(day[:10]) if isinstance(day, str) else day
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def moment_words(moment: datetime | str | None) -> str:
    """``moment`` (or its ISO 8601 text) as "20 November 2026 pukul 09.30"; empty where there is none."""
    if not moment:
        return ""
    when = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{day_words(when)} pukul {when:%H.%M}"


def clock_words(times: Iterable[str], now: datetime) -> str:
    """Times of day (``01:30``) by the clock of ``now`` (aware, in the tenant's zone) as "01.30, 13.00 WITA"."""
    return f"{', '.join(each.replace(':', '.') for each in times)} {now:%Z}"


def nip_parts(text: str) -> tuple[str, ...] | None:
    """The four parts of an 18-digit NIP, written with or without spaces and dots; None for any other text."""
    found = NIP.fullmatch(re.sub(r"[ .]", "", text))
    return found.groups() if found else None


def nip_spaced(text: str) -> str:
    """An 18-digit NIP spaced 8-6-1-3; any other text as it is."""
    parts = nip_parts(text)
    return " ".join(parts) if parts else text


def nip_oddity(text: str) -> str:
    """What is odd about a NIP, in Indonesian; empty for a plausible one."""
    parts = nip_parts(text)
    if not text:
        return "NIP kosong. Lanjutkan bila penanggung jawab memang tidak memiliki NIP."
    if not parts:
        return "NIP biasanya 18 angka. Periksa kembali; Anda tetap dapat melanjutkan."
    born, appointed, gender, _ = parts
    if not (_is_date(born, "%Y%m%d") and _is_date(appointed, "%Y%m") and gender in "12"):
        return "Susunan NIP tidak lazim (tanggal lahir, bulan pengangkatan, jenis kelamin). Periksa kembali."
    return ""


def _is_date(digits: str, form: str) -> bool:
    try:
        datetime.strptime(digits, form)  # noqa: DTZ007
    except ValueError:
        return False
    return True


def ticks(choices: Mapping[str, str], ticked: Iterable[str] = ()) -> list[dict[str, object]]:
    """``choices`` (key → label) as boxes of a form: ``{label, ticked}``."""
    chosen = set(ticked)
    return [{"label": label, "ticked": key in chosen} for key, label in choices.items()]
