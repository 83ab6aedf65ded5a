"""Certificates that are about to end: told while there is time to act, and asked for anew where that is by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from tapak.accounts.policy import may
from tapak.certificates.own import OwnCertificate
from tapak.certificates.service import WARNED, uploaded
from tapak.provisioning.models import Connection, Resource
from tapak.requests.desk import Desk
from tapak.sdk.certificates import Certificate

SHOWN = 20


@dataclass(frozen=True)
class Ending:
    """A certificate that ends soon, or has ended.

    ``sites`` use it: of an own one all below its names, with ``own`` set. ``reason`` says why it wasn't renewed.
    """

    name: str
    not_after: datetime
    sites: int
    own: bool
    reason: str = ""


def ending(desk: Desk) -> tuple[Ending, ...]:
    """What ends within :data:`~tapak.certificates.service.WARNED`, soonest first, for those who look after it."""
    if not may(desk.person, "certificate.read"):
        return ()
    own = [
        Ending(each.facts.names[0], each.facts.not_after, each.sites, own=True)
        for each in uploaded(desk)
        if each.ends_soon
    ]
    return tuple(sorted([*own, *_made(desk)], key=lambda each: each.not_after))[:SHOWN]


def _made(desk: Desk) -> Sequence[Ending]:
    """Those that somebody else issues, site by site."""
    until = Resource.outputs["not_after"].as_string()
    query = (
        select(Resource.identity, until, Resource.reason)
        .join(Connection, Connection.id == Resource.connection_id)
        .where(Resource.kind == Certificate.kind, Resource.state != "gone", Resource.outputs_generation > 0)
        .where(Connection.provider != OwnCertificate.name, until < (desk.now + WARNED).isoformat())
        .order_by(until)
        .limit(SHOWN)
    )
    return [
        Ending(identity.partition("/")[0], datetime.fromisoformat(at), 1, own=False, reason=reason)
        for identity, at, reason in desk.session.execute(query)
    ]
