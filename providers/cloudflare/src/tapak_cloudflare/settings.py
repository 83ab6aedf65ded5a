"""What connects a tenant to its zones at Cloudflare."""

from __future__ import annotations

from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, validate

from tapak.sdk.dns.settings import NameServerSchema, ZoneSettings, timeout, zones
from tapak.sdk.fields import Table, Tick

API = "https://api.cloudflare.com/client/v4"


def _api_url(value: str) -> None:
    parts = urlsplit(value)
    local = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if not parts.hostname or parts.username is not None or parts.query or parts.fragment:
        raise ValidationError("Isi alamat API, misalnya https://api.cloudflare.com/client/v4.")
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise ValidationError("Alamat API harus https.")


class CloudflareSettings(ZoneSettings):
    """``timeout`` is in seconds, for one answer. ``name_servers``: none means those that Cloudflare tells."""

    token = fields.String(
        required=True,
        validate=validate.Regexp(r"[\x21-\x7e]{20,400}\Z", error="Bukan token API yang sah."),
        metadata={
            "label": "Token API",
            "help": "Token dengan hak Zone: Read dan DNS: Edit untuk zona ini saja.",
            "secret": True,
        },
    )
    zones = zones()
    proxied = Tick(
        "Lewatkan lalu lintas web melalui Cloudflare (proxied)",
        help="Untuk rekaman A, AAAA, dan CNAME yang dibuat Tapak; alamat server tidak terlihat oleh umum.",
    )
    api_url = fields.String(
        load_default=API,
        validate=_api_url,
        metadata={"label": "Alamat API", "help": "Biarkan seperti ini untuk Cloudflare.", "destination": True},
    )
    name_servers = Table(
        "Server nama",
        NameServerSchema,
        least=0,
        most=12,
        help="Server resmi yang diperiksa setelah perubahan. Kosongkan untuk memakai yang disebut Cloudflare.",
    )
    timeout = timeout()
