"""What connects a tenant to an authority."""

from __future__ import annotations

from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, validate

from tapak.sdk.errors import Invalid
from tapak.sdk.settings import SettingsSchema
from tapak.sdk.x509 import read_chain

SHORTEST_SECRET = 32


def _directory(value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None:
        raise ValidationError("Isi alamat direktori ACME, misalnya https://acme-v02.api.letsencrypt.org/directory.")


def _certificates(value: str) -> None:
    try:
        if value:
            read_chain(value)
    except Invalid as problem:
        raise ValidationError(problem.message) from None


class AcmeSettings(SettingsSchema):
    """``account_secret`` is what the account's key is derived from: another secret means another account."""

    directory = fields.String(
        required=True,
        validate=_directory,
        metadata={"label": "Alamat direktori ACME", "help": "Diberikan oleh penerbit; diawali https://."},
    )
    email = fields.Email(
        load_default="",
        validate=validate.Length(max=254),
        metadata={"label": "Surel pengelola", "help": "Penerbit dapat mengirim pemberitahuan ke sini; boleh kosong."},
    )
    account_secret = fields.String(
        required=True,
        validate=validate.Length(SHORTEST_SECRET, 500, error=f"Isi sekurangnya {SHORTEST_SECRET} karakter acak."),
        metadata={
            "label": "Rahasia akun",
            "help": "Karakter acak, misalnya dari openssl rand -base64 48. Kunci akun ACME diturunkan darinya.",
            "secret": True,
        },
    )
    terms_agreed = fields.Boolean(
        required=True,
        validate=validate.Equal(True, error="Ketentuan penerbit harus disetujui."),
        metadata={"label": "Ketentuan penerbit disetujui", "help": "Baca ketentuan pada situs penerbit dahulu."},
    )
    authorities = fields.String(
        load_default="",
        validate=_certificates,
        metadata={
            "label": "Penerbit yang dipercaya untuk alamat direktori",
            "help": "PEM; hanya bila alamat direktori memakai sertifikat milik instansi sendiri.",
            "widget": "textarea",
        },
    )
    timeout = fields.Float(
        load_default=10.0,
        validate=validate.Range(0.1, 120),
        metadata={"label": "Batas waktu (detik)", "help": "Batas waktu satu jawaban penerbit."},
    )
