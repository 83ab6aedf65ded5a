"""Why an archive can't be put up, in Indonesian: one text for each of the agent's reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

REFUSALS: Mapping[str, str] = {
    "locked": "{entry} terkunci atau dimampatkan dengan cara yang tidak umum",
    "special": "{entry} bukan berkas atau folder (mungkin tautan)",
    "path": "{entry} bukan jalur yang wajar di dalam arsip",
    "reserved": "{entry} memakai nama yang disediakan untuk server",
    "file_and_directory": "{entry} ada sebagai berkas dan sebagai folder",
    "twice": "{entry} ada dua kali",
    "below_file": "{entry} berada di bawah sebuah berkas",
    "nameless": "ada berkas tanpa nama",
    "grows": "isinya terlalu besar setelah dibuka",
    "empty": "tidak ada berkas di dalamnya",
    "no_archive": "bukan zip, tar, atau tar.gz",
    "headers": "daftar isinya terlalu besar",
    "broken": "arsipnya rusak atau terpotong",
    "entries": "isinya lebih dari {most} berkas dan folder",
    "large": "arsipnya lebih besar dari {most} bita",
    "other": "yang tiba di server web bukan arsip yang sudah diverifikasi",
}
_UNKNOWN = "isinya tidak dapat dibuka"
_STANDS = {True: " Rilis semula tetap aktif.", False: " Situs tetap menampilkan halaman sebelumnya."}


def refusal(details: Mapping[str, Any]) -> str:
    """The text for the reason in ``details``; ``entry`` is the archive's entry as ASCII, ``most`` a limit."""
    most = f"{details.get('most', 0):,}".replace(",", ".")
    return REFUSALS.get(str(details.get("reason")), _UNKNOWN).format(entry=details.get("entry", ""), most=most)


def standing(details: Mapping[str, Any]) -> str:
    """What visitors see now: the release of before, or where there was none the page of before; empty if unknown."""
    return _STANDS.get(details.get("stood"), "")  # type: ignore[arg-type]
