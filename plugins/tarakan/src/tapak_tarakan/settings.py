"""What Tarakan's admin may change; the defaults are what an unconfigured tenant runs on."""

from __future__ import annotations

from marshmallow import fields, validate

from tapak.sdk.settings import SettingsSchema, clocks, texts

MINUTE, DAY = 60, 86_400
DEFAULT_TTL = 300


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
    reserved_names = texts("Nama yang tidak diberikan", ["walikota", "wakilwalikota", "dkisp", "tarakan"], 63)
    name_patterns = texts("Pola nama subdomain", ["*"], 63, least=1)
    document_root = fields.String(
        load_default="sites/{name}/public",
        validate=validate.Length(max=200, error="Paling banyak 200 karakter."),
        metadata={"label": "Document root", "help": "{name} diganti nama lengkap situs."},
    )
    backup_times = clocks("Jam pencadangan website", ["01:30"], least=1)
    backup_daily = _count("Cadangan harian yang disimpan", 7, 366)
    backup_weekly = _count("Cadangan mingguan yang disimpan", 4, 260)
    backup_monthly = _count("Cadangan bulanan yang disimpan", 12, 120)
    backup_test_days = _count("Uji pemulihan setiap (hari)", 30, 366)
    disposition_instructions = texts(
        "Isi lembar disposisi: dengan hormat harap",
        ["Tanggapan dan saran", "Proses lebih lanjut", "Koordinasi/konfirmasikan"],
        100,
        least=1,
    )
    return_reasons = texts(
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
