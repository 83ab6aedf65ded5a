"""What an agency may set for Pontianak's procedure."""

from __future__ import annotations

from marshmallow import fields, validate

from tapak.sdk.decisions import RETURN_REASONS
from tapak.sdk.fields import Tick
from tapak.sdk.settings import SettingsSchema, Ways, clocks, texts

MINUTE, DAY = 60, 86_400
REASON = "Verifikasi keamanan belum lolos"
WAYS = {"return": "Dikembalikan kepada OPD dengan temuannya"}
VILLAGES = (
    "Pemerintah desa memakai nama di bawah desa.id, bukan subdomain pemerintah kota. Nama itu didaftarkan oleh Pejabat "
    "Nama Domain desa (kepala desa atau yang ditunjuknya) melalui layanan nama domain desa.id dengan surat permohonan "
    "kepala desa. Dinas Komunikasi dan Informatika membantu pengisiannya; hubungi Seksi PK&AI."
)


class PontianakSettings(SettingsSchema):
    """Settings of Pontianak's procedure. ``ttl`` is in seconds."""

    ttl = fields.Integer(
        load_default=300,
        validate=validate.Range(MINUTE, DAY, error=f"Dari {MINUTE} sampai {DAY}."),
        error_messages={"invalid": "Isi dengan angka bulat."},
        metadata={"label": "TTL rekaman DNS (detik)"},
    )
    reserved_names = texts("Nama yang tidak diberikan", ("walikota", "wakilwalikota", "diskominfo", "pontive"), 63)
    unverified = Ways("Bila verifikasi keamanan tidak lolos (di luar SOP)", WAYS, on=tuple(WAYS))
    accept_high_findings = Tick(
        "Temuan tinggi dan kritis dapat diterima sebagai risiko dengan alasan tertulis",
        help="Tanpa ini file dengan temuan tinggi selalu dikembalikan.",
    )
    backup_at = clocks(
        "Waktu pencadangan aplikasi", ["01:30"], help="Satu per baris; kosong berarti tidak dicadangkan."
    )
    village_guidance = fields.String(
        load_default=VILLAGES,
        validate=validate.Length(min=20, max=1000, error="Isi 20 sampai 1000 karakter."),
        metadata={"label": "Penjelasan bagi pemerintah desa"},
    )
    return_reasons = texts("Alasan pengembalian", (REASON, *RETURN_REASONS), 200, least=1)
