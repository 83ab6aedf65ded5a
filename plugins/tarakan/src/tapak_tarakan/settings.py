"""What Tarakan's admin may change; the defaults are what an unconfigured tenant runs on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marshmallow import fields, validate

from tapak.sdk.fields import Pattern
from tapak.sdk.settings import SettingsSchema

MINUTE, DAY = 60, 86_400
DEFAULT_TTL = 300
CLOCK = Pattern(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]", "Tulis jam seperti 01:30.")


def _texts(
    label: str, default: list[str], limit: int, least: int = 0, each: Callable[[str], Any] | None = None
) -> fields.List[str]:
    length = validate.Length(min=1, max=limit, error=f"Isi 1 sampai {limit} karakter per baris.")
    return fields.List(
        fields.String(validate=[length, *([each] if each else [])], error_messages={"invalid": "Isi dengan teks."}),
        load_default=lambda: list(default),
        validate=validate.Length(min=least, max=100, error=f"Isi {least} sampai 100 baris."),
        error_messages={"invalid": "Isi satu teks per baris."},
        metadata={"label": label, "help": "Satu per baris."},
    )


def _count(label: str, default: int, most: int) -> fields.Integer:
    return fields.Integer(
        strict=True,
        load_default=default,
        validate=validate.Range(1, most, error=f"Dari 1 sampai {most}."),
        error_messages={"invalid": "Isi dengan angka bulat."},
        metadata={"label": label},
    )


class TarakanSettings(SettingsSchema):
    """Settings of Tarakan's procedures. ``ttl`` is in seconds; a name pattern's ``*`` stands for anything."""

    ttl = fields.Integer(
        load_default=DEFAULT_TTL,
        validate=validate.Range(MINUTE, DAY, error="Dari 60 sampai 86400 detik."),
        error_messages={"invalid": "Isi dengan angka bulat."},
        metadata={"label": "TTL rekaman DNS (detik)"},
    )
    reserved_names = _texts("Nama yang tidak diberikan", ["walikota", "wakilwalikota", "dkisp", "tarakan"], 63)
    name_patterns = _texts("Pola nama subdomain", ["*"], 63, least=1)
    document_root = fields.String(
        load_default="sites/{name}/public",
        validate=validate.Length(max=200, error="Paling banyak 200 karakter."),
        metadata={"label": "Document root", "help": "{name} diganti nama lengkap situs."},
    )
    backup_times = _texts("Jam pencadangan website", ["01:30"], 5, least=1, each=CLOCK)
    backup_daily = _count("Cadangan harian yang disimpan", 7, 366)
    backup_weekly = _count("Cadangan mingguan yang disimpan", 4, 260)
    backup_monthly = _count("Cadangan bulanan yang disimpan", 12, 120)
    backup_test_days = _count("Uji pemulihan setiap (hari)", 30, 366)
    disposition_instructions = _texts(
        "Isi lembar disposisi: dengan hormat harap",
        ["Tanggapan dan saran", "Proses lebih lanjut", "Koordinasi/konfirmasikan"],
        100,
        least=1,
    )
    return_reasons = _texts(
        "Alasan pengembalian",
        [
            "Surat permohonan tidak lengkap atau tidak terbaca",
            "Data penanggung jawab atau narahubung tidak sesuai",
            "Nama subdomain tidak sesuai ketentuan penamaan",
            "IP publik tidak tersedia",
            "Kapasitas server belum mencukupi",
            "Lainnya",
        ],
        200,
        least=1,
    )
