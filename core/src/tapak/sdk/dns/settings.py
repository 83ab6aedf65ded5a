"""Fields that the settings of DNS providers have in common."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from tapak.sdk.fields import Table
from tapak.sdk.settings import SettingsSchema

_NAME = re.compile(
    r"(?=.{1,253}\.?\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.?"
)


def address(value: str) -> None:
    """Validates an IP address."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        raise ValidationError("Isi alamat IPv4 atau IPv6, bukan nama.") from None


def domain(value: str) -> None:
    """Validates a domain name, with or without the final dot."""
    if not _NAME.fullmatch(value.lower()):
        raise ValidationError("Bukan nama domain yang sah.")


def port(**metadata: str) -> fields.Integer:
    """The port of a name server."""
    return fields.Integer(
        strict=True, load_default=53, validate=validate.Range(1, 65535), metadata={"label": "Port", **metadata}
    )


class NameServerSchema(Schema):
    """Another authoritative server, asked only by ``verify`` and ``check``."""

    class Meta:
        unknown = RAISE

    address = fields.String(required=True, validate=address, metadata={"label": "Alamat IP"})
    port = port()


def zones() -> fields.List[str]:
    """The zones that are managed."""
    return fields.List(
        fields.String(validate=domain),
        required=True,
        validate=validate.Length(min=1),
        metadata={"label": "Zona", "help": "Zona yang dikelola, satu per baris, misalnya kota.example."},
    )


def secondaries() -> Table:
    """Every other authoritative server."""
    told = "Server resmi lain yang ikut diperiksa setelah perubahan."
    return Table("Server sekunder", NameServerSchema, least=0, most=12, help=told)


def timeout() -> fields.Float:
    """Seconds for one answer of a server."""
    return fields.Float(
        load_default=5.0,
        validate=validate.Range(0.05, 60),
        metadata={"label": "Batas waktu (detik)", "help": "Lama menunggu satu jawaban dari server."},
    )


def transport() -> fields.String:
    """How name servers are asked."""
    return fields.String(
        load_default="udp",
        validate=validate.OneOf(("udp", "tcp")),
        metadata={"label": "Transport", "help": "Pilih tcp bila firewall menutup UDP.", "widget": "choice"},
    )


class ZoneSettings(SettingsSchema):
    """Settings with a field ``zones``, which are loaded sorted, in lower case and without a final dot."""

    @post_load
    def _normalise(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        data["zones"] = sorted({zone.rstrip(".").lower() for zone in data["zones"]})
        return data
