"""What connects a tenant to its authoritative servers."""

from __future__ import annotations

import base64

from marshmallow import ValidationError, fields, validate

from tapak.sdk.dns.settings import ZoneSettings, address, domain, port, secondaries, timeout, transport, zones

ALGORITHMS = ("hmac-sha256", "hmac-sha384", "hmac-sha512", "hmac-sha224", "hmac-sha1")


def _base64(value: str) -> None:
    try:
        known = base64.b64decode(value, validate=True)
    except ValueError:
        raise ValidationError("Kunci rahasia harus dalam bentuk base64.") from None
    if not known:
        raise ValidationError("Kunci rahasia tidak boleh kosong.")


class BindSettings(ZoneSettings):
    """The primary, and the key that may change its zones."""

    address = fields.String(
        required=True,
        validate=address,
        metadata={"label": "Alamat server utama", "help": "Alamat IP server BIND yang menerima perubahan (primary)."},
    )
    port = port()
    zones = zones()
    key_name = fields.String(
        required=True,
        validate=domain,
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
    secondaries = secondaries()
    timeout = timeout()
    transport = transport()
