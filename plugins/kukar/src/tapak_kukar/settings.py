"""What Kukar's admin may change; the defaults are what an unconfigured tenant runs on."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from tapak.sdk.decisions import RETURN_REASONS
from tapak.sdk.settings import SettingsSchema, Ways, texts
from tapak_kukar.category import HIGH, STRATEGIC

MINUTE, DAY = 60, 86_400
WAYS = {"noted": "Lanjut dengan catatan", "return": "Kembalikan kepada pemohon"}
VILLAGES = (
    "Situs pemerintah desa memakai nama desa.id milik desa sendiri, bukan subdomain kabupaten. Nama itu didaftarkan "
    "oleh Pejabat Nama Domain desa (kepala desa atau yang ditunjuknya) melalui layanan nama domain desa.id dengan "
    "surat permohonan kepala desa. Dinas Komunikasi dan Informatika membantu pengisiannya; hubungi Administrator."
)


def _count(label: str, default: int, least: int, most: int, help: str = "") -> fields.Integer:
    return fields.Integer(
        load_default=default,
        validate=validate.Range(least, most, error=f"Dari {least} sampai {most}."),
        error_messages={"invalid": "Isi dengan angka bulat."},
        metadata={"label": label, "help": help},
    )


class KukarSettings(SettingsSchema):
    """Settings of Kukar's procedures. ``ttl`` is in seconds; thresholds are scores of the category's ten questions."""

    ttl = _count("TTL rekaman DNS (detik)", 300, MINUTE, DAY)
    reserved_names = texts("Nama yang tidak diberikan", ("bupati", "wakilbupati", "diskominfo", "kukar"), 63)
    pse_mismatch = Ways("Bila data PSE tidak sesuai (di luar SOP)", WAYS)
    category_high = _count("Nilai terendah kategori Tinggi", HIGH, 11, 50)
    category_strategic = _count("Nilai terendah kategori Strategis", STRATEGIC, 12, 50)
    village_guidance = fields.String(
        load_default=VILLAGES,
        validate=validate.Length(min=20, max=1000, error="Isi 20 sampai 1000 karakter."),
        metadata={"label": "Penjelasan bagi pemerintah desa"},
    )
    return_reasons = texts(
        "Alasan pengembalian",
        (*RETURN_REASONS[:-1], "Data PSE tidak sesuai dengan permohonan", RETURN_REASONS[-1]),
        200,
        least=1,
    )

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        if data["category_strategic"] <= data["category_high"]:
            raise ValidationError("Nilai Strategis harus di atas nilai Tinggi.", "category_strategic")
