"""What is odd about a NIP."""

from __future__ import annotations

from datetime import datetime

from tapak.engine.wording import nip_parts


def oddity(text: str) -> str:
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
