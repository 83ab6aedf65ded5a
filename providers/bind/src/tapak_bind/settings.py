"""What connects a tenant to its authoritative servers."""

from __future__ import annotations

import base64
import ipaddress
import re

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from tapak.sdk.settings import SettingsSchema

ALGORITHMS = ("hmac-sha256", "hmac-sha384", "hmac-sha512", "hmac-sha224", "hmac-sha1")

_NAME = re.compile(
    r"(?=.{1,253}\.?\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.?"
)


def _address(value: str) -> None:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        raise ValidationError("Isi alamat IPv4 atau IPv6, bukan nama.") from None


def _domain(value: str) -> None:
    if not _NAME.fullmatch(value.lower()):
        raise ValidationError("Bukan nama domain yang sah.")


def _base64(value: str) -> None:
    try:
        known = base64.b64decode(value, validate=True)
    except ValueError:
        raise ValidationError("Kunci rahasia harus dalam bentuk base64.") from None
    if not known:
        raise ValidationError("Kunci rahasia tidak boleh kosong.")


def _port(**metadata: str) -> fields.Integer:
    return fields.Integer(
        strict=True, load_default=53, validate=validate.Range(1, 65535), metadata={"label": "Port", **metadata}
    )


class SecondarySchema(Schema):
    """Another authoritative server, asked only by ``verify`` and ``check``."""

    class Meta:
        unknown = RAISE

    address = fields.String(required=True, validate=_address, metadata={"label": "Alamat IP"})
    port = _port()


class BindSettings(SettingsSchema):
    """``timeout`` is in seconds, for one answer of the server. Zones are loaded in lower case without a final dot."""

    address = fields.String(
        required=True,
        validate=_address,
        metadata={"label": "Alamat server utama", "help": "Alamat IP server BIND yang menerima perubahan (primary)."},
    )
    port = _port()
    zones = fields.List(
        fields.String(validate=_domain),
        required=True,
        validate=validate.Length(min=1),
        metadata={"label": "Zona", "help": "Zona yang dikelola, misalnya kota.example."},
    )
    key_name = fields.String(
        required=True,
        validate=_domain,
        metadata={"label": "Nama kunci TSIG", "help": "Sama seperti pada named.conf; huruf besar dan kecil sama."},
    )
    key_secret = fields.String(
        required=True,
        validate=_base64,
        metadata={"label": "Rahasia kunci TSIG", "help": "Keluaran tsig-keygen, dalam base64.", "secret": True},
    )
    algorithm = fields.String(
        load_default=ALGORITHMS[0],
        validate=validate.OneOf(ALGORITHMS),
        metadata={"label": "Algoritme kunci", "widget": "choice"},
    )
    secondaries = fields.List(
        fields.Nested(SecondarySchema),
        load_default=list,
        metadata={"label": "Server sekunder", "help": "Server resmi lain yang ikut diperiksa setelah perubahan."},
    )
    timeout = fields.Float(
        load_default=5.0,
        validate=validate.Range(0.05, 60),
        metadata={"label": "Batas waktu (detik)", "help": "Lama menunggu satu jawaban dari server."},
    )
    transport = fields.String(
        load_default="udp",
        validate=validate.OneOf(("udp", "tcp")),
        metadata={"label": "Transport", "help": "Pilih tcp bila firewall menutup UDP.", "widget": "choice"},
    )

    @post_load
    def _normalise(self, data: dict, **_: object) -> dict:
        data["zones"] = sorted({zone.rstrip(".").lower() for zone in data["zones"]})
        return data
