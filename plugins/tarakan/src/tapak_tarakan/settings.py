"""What Tarakan's admin may change; the defaults are what an unconfigured tenant runs on."""

from __future__ import annotations

from marshmallow import fields, validate

from tapak.sdk.settings import SettingsSchema

MINUTE, DAY = 60, 86_400
DEFAULT_TTL = 300


def _texts(label: str, default: list[str], limit: int, least: int = 0) -> fields.List[str]:
    length = validate.Length(min=1, max=limit, error=f"Isi 1 sampai {limit} karakter per baris.")
    return fields.List(
        fields.String(validate=length, error_messages={"invalid": "Isi dengan teks."}),
        load_default=lambda: list(default),
        validate=validate.Length(min=least, max=100, error=f"Isi {least} sampai 100 baris."),
        error_messages={"invalid": "Isi satu teks per baris."},
        metadata={"label": label, "help": "Satu per baris."},
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
