"""Certificates that are about to end: told while there is time to act, and asked for anew where that is by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from tapak.accounts.policy import may
from tapak.certificates.own import OwnCertificate
from tapak.certificates.service import WARNED, uploaded
from tapak.plugins import Registry
from tapak.provisioning.models import Connection, Resource
from tapak.provisioning.renewing import renew
from tapak.requests.desk import Desk
from tapak.sdk.certificates import Certificate

SHOWN = 20
AT_ONCE = 200
"""Certificates that are asked for in one day, soonest due first: authorities count what they issue."""


_ANY = select(
    or_(
        exists().where(Connection.provider == OwnCertificate.name),
        exists().where(Resource.kind == Certificate.kind, Resource.state != "gone"),
    )
)
"""Whether there is any certificate at all: what most agencies' inboxes need to ask."""


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
    if not may(desk.person, "certificate.read") or not desk.session.scalar(_ANY):
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


def renew_due(session: Session, plugins: Registry, now: datetime) -> int:
    """Ask for a newer certificate where two thirds of one's time are over; gives how many there are.

    Only of providers that make newer ones by themselves. What failed yesterday is asked for again.
    """
    renewing = [key for key, each in plugins.providers.items() if getattr(each, "renews", False)]
    query = (
        select(Resource.id, Resource.outputs)
        .join(Connection, Connection.id == Resource.connection_id)
        .where(Resource.kind == Certificate.kind, Resource.state.in_(("live", "failed")))
        .where(Resource.outputs_generation > 0, Resource.spec.is_not(None), Connection.provider.in_(renewing))
    )
    due = sorted((at, row.id) for row in session.execute(query) if (at := _renewal(row.outputs)) <= now)
    return renew(session, [resource_id for _, resource_id in due[:AT_ONCE]])


def _renewal(outputs: Mapping[str, Any]) -> datetime:
    begins, ends = (datetime.fromisoformat(outputs[name]) for name in ("not_before", "not_after"))
    return begins + (ends - begins) * 2 / 3
