"""HTTPS for the sites that a procedure declares, as the agency's settings say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tapak.sdk.certificates import OFF, Certificate
from tapak.sdk.resources import DesiredResource, Https, Site
from tapak.sdk.view import View

KEY = "certificate"


def https_of(view: View) -> Https | None:
    """How the agency's new sites answer HTTPS; None where they don't, or it has no source of certificates."""
    wanted = view.settings.get("https", OFF)
    if wanted == OFF or not view.offers(Certificate.kind):
        return None
    return Https(redirect=wanted == "redirect", hsts=view.settings.get("hsts", OFF))


def secured(view: View, resources: Iterable[DesiredResource]) -> tuple[DesiredResource, ...]:
    """``resources``, each site with a certificate before it where the agency's sites answer HTTPS.

    What has HTTPS already keeps it. The first one's key is ``certificate``; those of further sites have the site's key
    before it.
    """
    https, made = https_of(view), list[DesiredResource]()
    for each in resources:
        if https is None or not isinstance(each.spec, Site) or each.spec.https is not None or each.gone:
            made.append(each)
            continue
        key = f"{each.key}_{KEY}" if any(isinstance(other.spec, Certificate) for other in made) else KEY
        made.append(DesiredResource(key, Certificate(each.spec.name)))
        made.append(replace(each, spec=replace(each.spec, https=https), needs=(*each.needs, key)))
    return tuple(made)
