"""What connects a tenant to its zones through a provider of octoDNS."""

from __future__ import annotations

from typing import Any

import yaml
from marshmallow import ValidationError, fields, validate

from tapak.sdk.dns.settings import NameServerSchema, ZoneSettings, timeout, zones
from tapak.sdk.fields import Table

EXAMPLE = "octodns_powerdns.PowerDnsProvider"
MOST = 20_000


def parameters_of(text: str) -> dict[str, Any]:
    """``text`` as parameters by their names; none where it is blank.

    Raises:
        ValidationError: it is no YAML, or no names with values; nothing of it is told.
    """
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        raise ValidationError("Bukan YAML yang sah.") from None
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(isinstance(name, str) and name.isidentifier() for name in found):
        raise ValidationError("Isi satu parameter per baris, misalnya host: 192.0.2.53.")
    return found


class OctodnsSettings(ZoneSettings):
    """``timeout`` is in seconds, for one answer of a name server; the wrapped provider has parameters of its own."""

    provider = fields.String(
        required=True,
        validate=validate.Regexp(
            r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\Z", error=f"Isi nama kelas lengkap, misalnya {EXAMPLE}."
        ),
        metadata={
            "label": "Kelas penyedia octoDNS",
            "help": f"Misalnya {EXAMPLE}, dari paket yang terpasang.",
            "operator": True,
            "destination": True,
        },
    )
    zones = zones()
    parameters = fields.String(
        load_default="",
        validate=[validate.Length(max=MOST), parameters_of],
        metadata={
            "label": "Parameter penyedia",
            "help": "YAML, satu parameter per baris, seperti pada konfigurasi octoDNS; tanpa yang rahasia.",
            "widget": "textarea",
            "operator": True,
            "destination": True,
        },
    )
    secrets = fields.String(
        load_default="",
        validate=[validate.Length(max=MOST), parameters_of],
        metadata={
            "label": "Parameter rahasia",
            "help": "YAML, satu parameter per baris, misalnya kunci API.",
            "widget": "textarea",
            "secret": True,
        },
    )
    name_servers = Table(
        "Server nama",
        NameServerSchema,
        least=0,
        most=12,
        help="Server resmi yang diperiksa setelah perubahan. Kosongkan untuk memeriksa lewat penyedia octoDNS.",
    )
    timeout = timeout()
