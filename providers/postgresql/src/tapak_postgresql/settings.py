"""What connects a tenant to its PostgreSQL server."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from marshmallow import ValidationError, fields, validate

from tapak.sdk.databases import PREFIX
from tapak.sdk.settings import SettingsSchema

TLS = ("disable", "require", "verify-ca", "verify-full")
SHORTEST_KEY = 32
_HOST = re.compile(r"[A-Za-z0-9_.:-]{1,253}")


def _host(value: str) -> None:
    if not _HOST.fullmatch(value):
        raise ValidationError("Bukan alamat yang sah.")


def _prefix(value: str) -> None:
    if not PREFIX.fullmatch(value):
        raise ValidationError("Huruf kecil dan angka, diakhiri garis bawah.")


def _absolute(value: str) -> None:
    if not PurePosixPath(value).is_absolute() or ".." in PurePosixPath(value).parts:
        raise ValidationError("Isi jalur lengkap, diawali garis miring.")


class PostgresqlSettings(SettingsSchema):
    """``timeout`` is in seconds, for one answer of the server."""

    address = fields.String(
        required=True,
        validate=_host,
        metadata={"label": "Alamat server", "help": "Juga alamat yang diberikan kepada situs.", "destination": True},
    )
    port = fields.Integer(
        strict=True,
        load_default=5432,
        validate=validate.Range(1, 65535),
        metadata={"label": "Port", "destination": True},
    )
    user = fields.String(
        required=True,
        validate=validate.Length(1, 63),
        metadata={"label": "Peran pengelola", "help": "Dengan CREATEDB dan CREATEROLE; bukan superuser."},
    )
    password = fields.String(
        required=True, validate=validate.Length(1, 200), metadata={"label": "Kata sandi pengelola", "secret": True}
    )
    key = fields.String(
        required=True,
        validate=validate.Length(SHORTEST_KEY, 200),
        metadata={
            "label": "Kunci kata sandi situs",
            "help": "Sedikitnya 32 huruf acak; kata sandi tiap situs diturunkan darinya. Jangan diganti tanpa rotasi.",
            "secret": True,
        },
    )
    prefix = fields.String(
        load_default="tapak_",
        validate=_prefix,
        metadata={"label": "Awalan nama", "help": "Semua basis data dan peran situs diawali ini."},
    )
    last_dumps = fields.String(
        required=True,
        validate=_absolute,
        metadata={
            "label": "Folder cadangan terakhir",
            "help": "Isi basis data disimpan di sini sebelum dihapus.",
            "operator": True,
        },
    )
    tls = fields.String(
        load_default="disable",
        validate=validate.OneOf(TLS),
        metadata={"label": "TLS", "widget": "choice", "help": "verify-full bila server di luar mesin ini."},
    )
    tls_ca = fields.String(
        load_default="", metadata={"label": "Sertifikat CA", "help": "Berkas CA server.", "operator": True}
    )
    timeout = fields.Float(
        load_default=5.0, validate=validate.Range(0.1, 60), metadata={"label": "Batas waktu (detik)"}
    )
