"""What connects a tenant to a PowerDNS server."""

from __future__ import annotations

import re

from marshmallow import ValidationError, fields, validate

from tapak.sdk.dns.settings import ZoneSettings, address, domain, port, secondaries, timeout, transport, zones

_URL = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?/?")
_KEY = re.compile(r"[!-~]{1,255}")
_SERVER = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def _matching(pattern: re.Pattern[str], told: str) -> validate.Validator:
    class Matching(validate.Validator):
        def __call__(self, value: str) -> str:
            if not pattern.fullmatch(value):
                raise ValidationError(told)
            return value

    return Matching()


class PowerdnsSettings(ZoneSettings):
    """The API, and the name server that the public asks."""

    url = fields.String(
        required=True,
        validate=_matching(_URL, "Isi seperti http://192.0.2.53:8081, tanpa /api."),
        metadata={
            "label": "Alamat API",
            "help": "webserver-address dan webserver-port pada pdns.conf; pakai https di luar jaringan sendiri.",
            "destination": True,
        },
    )
    api_key = fields.String(
        required=True,
        validate=_matching(_KEY, "Kunci API hanya huruf, angka dan tanda baca ASCII, tanpa spasi."),
        metadata={"label": "Kunci API", "help": "api-key pada pdns.conf.", "secret": True},
    )
    server = fields.String(
        load_default="localhost",
        validate=_matching(_SERVER, "Isi nama server pada API, biasanya localhost."),
        metadata={"label": "Nama server pada API", "help": "localhost, kecuali API berada di balik perantara."},
    )
    zones = zones()
    address = fields.String(
        required=True,
        validate=address,
        metadata={"label": "Alamat server nama", "help": "Alamat IP yang menjawab DNS (local-address)."},
    )
    port = port()
    secondaries = secondaries()
    name_servers = fields.List(
        fields.String(validate=domain),
        load_default=list,
        metadata={
            "label": "Server nama zona baru",
            "help": "Satu per baris. Bila diisi, zona yang belum ada dibuat dengan SOA dan NS ini; bila kosong, "
            "zona tidak dibuat.",
        },
    )
    comments = fields.Boolean(
        load_default=True,
        truthy={True},
        falsy={False},
        metadata={
            "label": "Catat permohonan di server",
            "help": "Komentar pada tiap rekaman menyebut permohonannya. Matikan pada zona besar dengan versi < 4.9.2.",
        },
    )
    timeout = timeout()
    transport = transport()
