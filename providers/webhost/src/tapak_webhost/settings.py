"""What a tenant's administrator fills in to connect a web host."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

import asyncssh
from marshmallow import ValidationError, fields, validate, validates_schema

from tapak.sdk.errors import Invalid
from tapak.sdk.fields import Pattern
from tapak.sdk.settings import SettingsSchema
from tapak.sdk.x509 import read_chain
from tapak_webhost.login import Door, private_key

_HOST = r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45}"
_USER = r"[a-z_][a-z0-9_-]{0,31}"


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


def _host_keys(value: str) -> None:
    try:
        Door("", "", 0, value).known_hosts  # noqa: B018 - whether they are keys
    except asyncssh.KeyImportError:
        raise ValidationError("Isi dengan kunci publik host, misalnya ssh-ed25519 AAAA…; satu per baris.") from None


def _private_key(value: str) -> None:
    try:
        if value:
            private_key(value)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        raise ValidationError("Isi dengan kunci pribadi OpenSSH yang tidak dikunci kata sandi.") from None


class WebHostSettings(SettingsSchema):
    """One web host: how its agent is started, here or behind SSH, and where the server answers."""

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
        load_default="",
        validate=Pattern(r"/[^\x00-\x1f\x7f]{1,500}", "Isi dengan path lengkap yang diawali '/'."),
        metadata={
            "label": "Berkas konfigurasi agen",
            "help": "Letak berkas konfigurasi agen di server ini, misalnya /etc/tapak-webhost.toml.",
            "operator": True,
        },
    )
    ssh_host = fields.String(
        load_default="",
        validate=Pattern(_HOST, "Isi dengan nama atau alamat IP server."),
        metadata={
            "label": "Alamat SSH server web",
            "help": "Nama atau alamat IP server web. Kosong: agen berjalan di server ini sendiri.",
        },
    )
    ssh_port = fields.Integer(
        load_default=22,
        strict=True,
        validate=validate.Range(1, 65_535),
        metadata={"label": "Porta SSH", "help": "Porta tempat sshd server web menjawab."},
    )
    ssh_user = fields.String(
        load_default="root",
        validate=Pattern(_USER, "Isi dengan nama pengguna di server web."),
        metadata={
            "label": "Pengguna SSH",
            "help": "Pengguna yang menjalankan agen di server web; root bila situs memakai PHP, rilis, atau akun SFTP.",
        },
    )
    ssh_host_key = fields.String(
        load_default="",
        validate=[validate.Length(max=10_000), _host_keys],
        metadata={
            "label": "Kunci host SSH",
            "help": "Isi /etc/ssh/ssh_host_ed25519_key.pub di server web, satu kunci per baris. Kunci lain ditolak.",
            "widget": "textarea",
        },
    )
    ssh_key = fields.String(
        load_default="",
        validate=[validate.Length(max=10_000), _private_key],
        metadata={
            "label": "Kunci pribadi SSH",
            "help": "Kunci OpenSSH tanpa kata sandi, hanya untuk agen ini; tidak pernah ditampilkan.",
            "secret": True,
            "widget": "textarea",
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

    @validates_schema(skip_on_field_errors=True)
    def _whole(self, data: Mapping[str, Any], partial: bool | Collection[str] | None = None, **_: object) -> None:
        """Raises :class:`~marshmallow.ValidationError` where neither way to the agent is whole."""
        if not data.get("ssh_host"):
            if not data.get("agent_config"):
                told = "Isi alamat SSH server web. Agen di server ini sendiri disambungkan oleh pengelola server."
                raise ValidationError(told, "ssh_host")
            return
        kept = partial if isinstance(partial, Collection) else ()
        missing = [name for name in ("ssh_host_key", "ssh_key") if not data.get(name) and name not in kept]
        if missing:
            raise ValidationError({name: ["Wajib diisi untuk sambungan lewat SSH."] for name in missing})
