"""What connects a tenant to its MariaDB server."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from marshmallow import ValidationError, fields, validate

from tapak.sdk.databases import PREFIX
from tapak.sdk.settings import SettingsSchema

_HOST = re.compile(r"[A-Za-z0-9_.:%/-]{1,60}")
SHORTEST_KEY = 32


def _matches(pattern: re.Pattern[str], told: str) -> object:
    def check(value: str) -> None:
        if not pattern.fullmatch(value):
            raise ValidationError(told)

    return check


def absolute(value: str) -> None:
    """Refuse a path that depends on where a process happens to stand."""
    if not PurePosixPath(value).is_absolute() or ".." in PurePosixPath(value).parts:
        raise ValidationError("Isi jalur lengkap, diawali garis miring.")


class MariadbSettings(SettingsSchema):
    """``timeout`` is in seconds, for one answer of the server."""

    address = fields.String(
        required=True,
        validate=_matches(_HOST, "Bukan alamat yang sah."),  # type: ignore[arg-type]
        metadata={"label": "Alamat server", "help": "Juga alamat yang diberikan kepada situs.", "destination": True},
    )
    port = fields.Integer(
        strict=True,
        load_default=3306,
        validate=validate.Range(1, 65535),
        metadata={"label": "Port", "destination": True},
    )
    user = fields.String(
        required=True, validate=validate.Length(1, 80), metadata={"label": "Akun pengelola", "help": "Bukan root."}
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
        validate=_matches(PREFIX, "Huruf kecil dan angka, diakhiri garis bawah."),  # type: ignore[arg-type]
        metadata={"label": "Awalan nama", "help": "Akun pengelola berhak atas nama berawalan ini saja."},
    )
    client_host = fields.String(
        load_default="%",
        validate=_matches(_HOST, "Bukan pola alamat yang sah."),  # type: ignore[arg-type]
        metadata={"label": "Asal sambungan situs", "help": "Pola alamat MariaDB; pekerja Tapak harus termasuk."},
    )
    last_dumps = fields.String(
        required=True,
        validate=absolute,
        metadata={
            "label": "Folder cadangan terakhir",
            "help": "Isi basis data disimpan di sini sebelum dihapus.",
            "operator": True,
        },
    )
    tls_ca = fields.String(
        load_default="",
        metadata={
            "label": "Sertifikat CA",
            "help": "Berkas CA server; wajib bila server di luar mesin ini.",
            "operator": True,
        },
    )
    timeout = fields.Float(
        load_default=5.0, validate=validate.Range(0.1, 60), metadata={"label": "Batas waktu (detik)"}
    )
