"""Layanan Hosting Sub Domain of Kutai Kartanegara."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from ipaddress import ip_address
from typing import Any

from tapak.sdk import parts
from tapak.sdk.forms import Lines
from tapak.sdk.names import NameWish
from tapak.sdk.procedure import Procedure
from tapak.sdk.request_view import chosen_address
from tapak.sdk.resources import DesiredResource, RecordSet, Site
from tapak.sdk.secured import secured
from tapak.sdk.view import View
from tapak_kukar import hosting_forms as forms
from tapak_kukar.document import ACTORS, HEADER, STEPS
from tapak_kukar.settings import VILLAGES

DEFAULT_TTL = 300


def validate(view: View, answers: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
    """A village has a name of its own below desa.id; it is told where to get it."""
    if view.request.agency_kind == "desa":
        return {"name_label": [str(view.settings.get("village_guidance") or VILLAGES)]}
    return {}


def subject(answers: Mapping[str, Any]) -> str:
    """The request's one-line title."""
    return " · ".join([str(answers.get("system_name", "")), *(wish.fqdn for wish in parts.wished_names(answers))])


def about(view: View) -> Lines:
    """What letters call the request's subject."""
    return [("Nama sistem", str(view.answers.get("system_name", ""))), *parts.name_lines(view.answers)]


def desired_resources(view: View) -> Sequence[DesiredResource]:
    """The site first (after its certificate, where sites answer HTTPS), then its A or AAAA record.

    Nothing before an address was chosen.
    """
    address = chosen_address(view)
    if not address:
        return ()
    answers = view.answers
    name = NameWish(answers["name_label"], answers["name_zone"]).fqdn
    record_type = "A" if ip_address(address).version == 4 else "AAAA"
    ttl = view.settings.get("ttl", DEFAULT_TTL)
    wanted = (
        DesiredResource("site", Site(name, title=answers["system_name"], owner=view.request.agency)),
        DesiredResource("name", RecordSet(answers["name_zone"], name, record_type, (address,), ttl), needs=("site",)),
    )
    return secured(view, wanted)


HOSTING = Procedure(
    key="kukar.hosting",
    version=1,
    service="Layanan Hosting Sub Domain",
    summary="Tempat situs atau aplikasi perangkat daerah di server kabupaten, dengan nama subdomainnya.",
    effective_from=date(2025, 8, 25),
    header=HEADER,
    actors=ACTORS,
    steps=STEPS,
    request_number="{seq:03}/HOST/DISKOMINFO/{roman_month}/{year}",
    validate=validate,
    subject=subject,
    about=about,
    desired_resources=desired_resources,
    forms=forms.FORMS,
    effects=forms.EFFECTS,
)
