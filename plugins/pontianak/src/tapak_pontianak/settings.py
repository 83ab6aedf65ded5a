"""What an agency may set for Pontianak's procedure."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from tapak.sdk.decisions import RETURN_REASONS
from tapak.sdk.fields import Choices, Tick
from tapak.sdk.settings import SettingsSchema

MINUTE, DAY = 60, 86_400
REASON = "Verifikasi keamanan belum lolos"
WAYS = {"return": "Dikembalikan kepada OPD dengan temuannya"}
VILLAGES = (
    "Pemerintah desa memakai nama di bawah desa.id, bukan subdomain pemerintah kota. Nama itu didaftarkan oleh Pejabat "
    "Nama Domain desa (kepala desa atau yang ditunjuknya) melalui layanan nama domain desa.id dengan surat permohonan "
    "kepala desa. Dinas Komunikasi dan Informatika membantu pengisiannya; hubungi Seksi PK&AI."
)


def _texts(label: str, default: tuple[str, ...], limit: int, least: int = 0) -> fields.List[str]:
    length = validate.Length(min=1, max=limit, error=f"Isi 1 sampai {limit} karakter per baris.")
    return fields.List(
        fields.String(validate=length, error_messages={"invalid": "Isi dengan teks."}),
        load_default=lambda: list(default),
        validate=validate.Length(min=least, max=100, error=f"Isi {least} sampai 100 baris."),
        error_messages={"invalid": "Isi satu teks per baris."},
        metadata={"label": label, "help": "Satu per baris."},
    )


class Ways(Choices):
    """Ways out of the verification beyond the document; on unless an agency switches them off."""

    def __init__(self) -> None:
        super().__init__("Bila verifikasi keamanan tidak lolos (di luar SOP)", optional=True)
        self.load_default: Any = lambda: list(WAYS)
        self.validators = [validate.ContainsOnly(list(WAYS), list(WAYS.values()), error="Pilih dari daftar.")]


class PontianakSettings(SettingsSchema):
    """Settings of Pontianak's procedure. ``ttl`` is in seconds."""

    ttl = fields.Integer(
        load_default=300,
        validate=validate.Range(MINUTE, DAY, error=f"Dari {MINUTE} sampai {DAY}."),
        error_messages={"invalid": "Isi dengan angka bulat."},
        metadata={"label": "TTL rekaman DNS (detik)"},
    )
    reserved_names = _texts("Nama yang tidak diberikan", ("walikota", "wakilwalikota", "diskominfo", "pontive"), 63)
    unverified = Ways()
    accept_high_findings = Tick(
        "Temuan tinggi dan kritis dapat diterima sebagai risiko dengan alasan tertulis",
        help="Tanpa ini berkas dengan temuan tinggi selalu dikembalikan.",
    )
    backup_at = fields.List(
        fields.String(validate=validate.Regexp(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]\Z", error="Isi jam, misalnya 01:30.")),
        load_default=lambda: ["01:30"],
        validate=validate.Length(max=6, error="Paling banyak 6 waktu."),
        error_messages={"invalid": "Isi satu jam per baris."},
        metadata={"label": "Waktu pencadangan aplikasi", "help": "Satu per baris; kosong berarti tidak dicadangkan."},
    )
    village_guidance = fields.String(
        load_default=VILLAGES,
        validate=validate.Length(min=20, max=1000, error="Isi 20 sampai 1000 karakter."),
        metadata={"label": "Penjelasan bagi pemerintah desa"},
    )
    return_reasons = _texts("Alasan pengembalian", (REASON, *RETURN_REASONS[:-1], RETURN_REASONS[-1]), 200, least=1)
