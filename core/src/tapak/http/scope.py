"""One HTTP request in its tenant: a session that begins with the first query and a desk for whoever is signed in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

from flask import current_app, g, request
from sqlalchemy.orm import Session

from tapak.accounts.policy import Person, person_among
from tapak.http.kit import Kit
from tapak.http.signed_in import SignedIn, signed_in
from tapak.requests.desk import Desk
from tapak.tenants.models import Tenant

TENANT = "tapak.tenant"


def kit() -> Kit:
    """The process's parts."""
    return cast("Kit", current_app.extensions["tapak"])


def tenant() -> Tenant:
    """The tenant that the request's host name means."""
    return cast("Tenant", request.environ[TENANT])


def session() -> Session:
    """The request's session, in the tenant's scope; closed when the request ends, committed only by :func:`acting`."""
    if "session" not in g:
        g.session = kit().database.session(tenant().id)
    return cast("Session", g.session)


def today() -> date:
    """The tenant's date."""
    return datetime.now(ZoneInfo(tenant().time_zone)).date()


def _signed_in() -> SignedIn | None:
    if "signed_in" not in g:
        g.signed_in = signed_in(session(), today())
    return cast("SignedIn | None", g.signed_in)


def person() -> Person | None:
    """Who is signed in, by browser session or bearer token."""
    if "person" not in g:
        found = _signed_in()
        g.person = person_among(found.seats, found.account) if found else None
    return cast("Person | None", g.person)


def desk() -> Desk:
    """A desk for reading."""
    return _desk(tenant())


def _desk(at: Tenant) -> Desk:
    found = _signed_in()
    return Desk.open(session(), at, kit().registry, person(), found.seats if found else None)


@contextmanager
def acting() -> Iterator[Desk]:
    """A desk for an act: committed at the end of the block, rolled back on any error.

    Its tenant is read anew: an act goes by the settings that stand, not by those remembered for the host.
    """
    opened = _desk(session().get_one(Tenant, tenant().id))
    try:
        yield opened
        opened.session.commit()
    except BaseException:
        opened.session.rollback()
        raise


def close(_error: BaseException | None = None) -> None:
    """End the request's session."""
    opened = g.pop("session", None)
    if opened is not None:
        opened.close()
