"""What a hosting request ends in: a site, and the name that leads to it."""

from __future__ import annotations

from collections.abc import Sequence

from tapak.sdk.addresses import address_record
from tapak.sdk.names import NameWish
from tapak.sdk.request_view import chosen_address
from tapak.sdk.resources import DesiredResource, Site
from tapak.sdk.secured import secured
from tapak.sdk.view import View
from tapak_tarakan.settings import DEFAULT_TTL


def desired_resources(view: View) -> Sequence[DesiredResource]:
    """The site first (after its certificate, where sites answer HTTPS), then its A or AAAA record.

    Nothing before the review has chosen an address.
    """
    address = chosen_address(view)
    if not address:
        return ()
    answers = view.answers
    name = NameWish(answers["name_label"], answers["name_zone"]).fqdn
    ttl = view.settings.get("ttl", DEFAULT_TTL)
    wanted = (
        DesiredResource("site", Site(name, title=answers["system_name"], owner=view.request.agency)),
        DesiredResource("name", address_record(answers["name_zone"], name, address, ttl), needs=("site",)),
    )
    return secured(view, wanted)
