"""What a tenant's administrator fills in to connect a web host."""

from __future__ import annotations

import sys
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, validate

from tapak.sdk.errors import Invalid
from tapak.sdk.settings import SettingsSchema
from tapak.sdk.x509 import read_chain


def _server_url(value: str) -> None:
    parts = urlsplit(value)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme != "http" or not parts.hostname or port == -1 or parts.path not in {"", "/"}:
        raise ValidationError("Isi dengan alamat server, misalnya http://127.0.0.1:8081.")
    if parts.query or parts.fragment or parts.username is not None:
        raise ValidationError("Hanya skema, alamat, dan porta.")


def _authorities(value: str) -> None:
    try:
        if value:
            read_chain(value)
    except Invalid as problem:
        raise ValidationError(problem.message) from None


class WebHostSettings(SettingsSchema):
    """One web host: how its agent is started, and where the server answers."""

    agent_command = fields.List(
        fields.String(validate=validate.Length(1, 500)),
        load_default=lambda: [sys.executable, "-m", "tapak_webhost.agent"],
        validate=validate.Length(1, 50),
        metadata={
            "label": "Perintah agen",
            "help": "Program yang menjalankan agen di server web, satu kata per baris.",
            "operator": True,
        },
    )
    agent_config = fields.String(
        required=True,
        validate=validate.Regexp(r"/[^\x00-\x1f\x7f]{1,500}\Z", error="Isi dengan path lengkap yang diawali '/'."),
        metadata={
            "label": "Berkas konfigurasi agen",
            "help": "Letak berkas konfigurasi agen di server web, misalnya /etc/tapak-webhost.toml.",
            "operator": True,
        },
    )
    base_url = fields.String(
        required=True,
        validate=_server_url,
        metadata={
            "label": "Alamat server web",
            "help": "Alamat IP dan porta tempat situs diperiksa, misalnya http://10.0.0.5:80.",
        },
    )
    public_port = fields.Integer(
        load_default=80,
        strict=True,
        validate=validate.Range(1, 65_535),
        metadata={
            "label": "Porta publik",
            "help": "Porta tempat publik membuka situs. 443 berarti https; 80 dan 443 tidak ditulis pada tautan.",
        },
    )
    https_port = fields.Integer(
        load_default=443,
        strict=True,
        validate=validate.Range(1, 65_535),
        metadata={"label": "Porta HTTPS", "help": "Porta tempat server web menjawab HTTPS; di situ HTTPS diperiksa."},
    )
    public_https_port = fields.Integer(
        load_default=443,
        strict=True,
        validate=validate.Range(1, 65_535),
        metadata={"label": "Porta HTTPS publik", "help": "Porta tempat publik membuka situs dengan HTTPS."},
    )
    authorities = fields.String(
        load_default="",
        validate=_authorities,
        metadata={
            "label": "Penerbit sertifikat yang dipercaya",
            "help": "PEM; hanya bila penerbit sertifikat adalah milik instansi sendiri.",
            "widget": "textarea",
        },
    )
    timeout = fields.Float(
        load_default=10.0,
        validate=validate.Range(0.1, 300),
        metadata={"label": "Batas waktu (detik)", "help": "Batas waktu satu permintaan ke agen atau ke server web."},
    )
