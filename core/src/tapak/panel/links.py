"""One-time links: asked for by the unit, filled by a worker, opened once with a receipt.

The token of a link is an age identity that only its holder has. So what lies in the database can be opened neither by
who reads it nor by us, and the web process opens one password with what it was handed, and no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pyrage  # type: ignore[import-untyped]
from pyrage.x25519 import Identity  # type: ignore[import-untyped]
from sqlalchemy import Text, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from tapak.audit.service import record
from tapak.db.wake import wake
from tapak.inventory.models import Service
from tapak.panel import service as panel
from tapak.panel.models import OneTimeLink
from tapak.provisioning import service as provisioning
from tapak.provisioning.models import Resource
from tapak.requests.desk import Desk
from tapak.sdk.databases import Database
from tapak.sdk.errors import Conflict, NotFound
from tapak.sdk.resources import Account, Spec
from tapak.tenants.secrets import decrypt, new_identity

UNLOCK = "one_time_link"
"""The wake kind (row: the link) of sealing a password to a link."""
LASTS = timedelta(hours=72)
PREFIX = "AGE-SECRET-KEY-1"


@dataclass(frozen=True)
class Handed:
    """A link that was handed out: its row, and its ``token``, which is kept nowhere."""

    link_id: int
    token: str


@dataclass(frozen=True)
class Opened:
    """What a link gave, this once: ``password`` of the resource, and how one logs in with it."""

    link: OneTimeLink
    resource: Resource
    password: str

    @property
    def place(self) -> Mapping[str, Any]:
        """The plain outputs: host, port, user, and for a database its name."""
        names = ("host", "port", "name", "user", "host_key")
        return {name: self.resource.outputs[name] for name in names if name in self.resource.outputs}


def ask(desk: Desk, service_id: int, resource_id: int, *, anew: bool = False) -> Handed:
    """A new link to the password of a database or account.

    An account gets another password each time, a database only ``anew``. Earlier links end.

    Raises:
        NotFound: there is no such service or resource.
        Forbidden: the person isn't of the service's unit.
        Conflict: the resource isn't live.
    """
    service = panel.find(desk, service_id, "service.unlock")
    row = panel.resource(desk, service, resource_id, Database.kind, Account.kind)
    pair = new_identity()
    changed = _another(row.kind, pair.recipient, anew)
    if changed is not None:
        provisioning.alter(desk.session, service.id, row.key, changed)
    else:
        desk.session.refresh(row, with_for_update={"key_share": True})  # of two who ask at once, one ends the other's
        if row.state != "live":
            raise Conflict(f"{row.identity} belum aktif. Tunggu sampai aktif.", log=f"resource {row.id} isn't live")
    _end_earlier(desk, row)
    link = OneTimeLink(
        resource_id=row.id, recipient=pair.recipient, asked_by=desk.somebody.name, expires_at=desk.now + LASTS
    )
    desk.session.add(link)
    desk.session.flush()
    wake(desk.session, UNLOCK, link.id)
    what = "baru diminta" if changed is not None else "diminta"
    _tell(desk, service, row, "service.password_asked", f"Kata sandi {row.identity} {what}")
    return Handed(link.id, pair.identity.removeprefix(PREFIX).lower())


def look(desk: Desk, service_id: int, link_id: int) -> tuple[OneTimeLink, Resource]:
    """A link, with its resource; opens nothing.

    Raises:
        NotFound: there is no such link of this service.
        Forbidden: the person isn't of the service's unit.
    """
    service = panel.find(desk, service_id, "service.unlock")
    return _of(desk, service, desk.session.get(OneTimeLink, (desk.tenant.id, link_id)))


def reveal(desk: Desk, service_id: int, token: str) -> Opened:
    """Open a link, once: whoever comes later is told who did and when.

    Raises:
        NotFound: there is no such link of this service.
        Forbidden: the person isn't of the service's unit.
        Conflict: it was opened, has ended, or isn't filled yet; the message says which.
    """
    service = panel.find(desk, service_id, "service.unlock")
    identity = _identity(token)
    query = select(OneTimeLink).where(OneTimeLink.recipient == str(identity.to_public())).with_for_update()
    link, row = _of(desk, service, desk.session.scalars(query).one_or_none())
    problem = obstacle(link, desk.now)
    if problem:
        raise Conflict(problem, log=f"link {link.id} can't be opened")
    content = decrypt((link.sealed or "").encode(), [identity])
    if content is None:
        raise Conflict("Isi tautan ini rusak. Minta kata sandi baru.", log=f"link {link.id} holds something else")
    link.sealed, link.opened_at, link.opened_by = None, desk.now, desk.somebody.name
    _tell(desk, service, row, "service.password_opened", f"Kata sandi {row.identity} dibuka")
    return Opened(link, row, content.decode())


def obstacle(link: OneTimeLink, now: datetime) -> str:
    """Why a link can't be opened, in Indonesian; empty where it can."""
    return {
        "ready": "",
        "opened": f"Kata sandi ini sudah dibuka oleh {link.opened_by}. Bila bukan Anda yang membuka, ganti sekarang.",
        "ended": "Tautan ini sudah tidak berlaku. Minta kata sandi baru.",
        "failed": link.problem,
        "preparing": "Kata sandi sedang disiapkan. Tunggu sebentar.",
    }[state(link, now)]


def state(link: OneTimeLink, now: datetime) -> str:
    """``opened``, ``ended`` (too late, or a later one was asked for), ``failed``, ``preparing`` or ``ready``."""
    if link.opened_at is not None:
        return "opened"
    if link.expires_at <= now:
        return "ended"
    if link.problem:
        return "failed"
    return "ready" if link.sealed else "preparing"


def sweep(session: Session) -> None:
    """Forget what lies sealed to links that are over, and an account's copy, which its provider gives anew."""
    running = OneTimeLink.expires_at > func.now()
    waiting = select(OneTimeLink.id).where(
        OneTimeLink.resource_id == Resource.id, OneTimeLink.sealed.is_(None), OneTimeLink.opened_at.is_(None), running
    )
    copies = (Resource.kind == Account.kind, Resource.outputs.has_key("password"), ~waiting.exists())
    without = Resource.outputs.op("-", return_type=JSONB())(literal("password", Text))
    session.execute(update(Resource).where(*copies).values(outputs=without))
    session.execute(update(OneTimeLink).where(OneTimeLink.sealed.is_not(None), ~running).values(sealed=None))


def _another(kind: str, recipient: str, anew: bool) -> Any:
    """What is changed so that the password is another one; None where the one that stands is told."""

    def account(spec: Spec) -> Spec:
        assert isinstance(spec, Account)
        return replace(spec, recipient=recipient)

    def database(spec: Spec) -> Spec:
        assert isinstance(spec, Database)
        return replace(spec, rotation=spec.rotation + 1)

    if kind == Account.kind:
        return account
    return database if anew else None


def _end_earlier(desk: Desk, row: Resource) -> None:
    earlier = (OneTimeLink.resource_id == row.id, OneTimeLink.opened_at.is_(None), OneTimeLink.expires_at > desk.now)
    desk.session.execute(update(OneTimeLink).where(*earlier).values(sealed=None, expires_at=desk.now))


def _identity(token: str) -> Identity:
    try:
        return Identity.from_str(PREFIX + token.upper())
    except pyrage.IdentityError:
        raise NotFound("Tautan ini tidak dikenal.", log="no token of a link") from None


def _of(desk: Desk, service: Service, link: OneTimeLink | None) -> tuple[OneTimeLink, Resource]:
    row = desk.session.get(Resource, (desk.tenant.id, link.resource_id)) if link is not None else None
    if link is None or row is None or row.service_id != service.id:
        raise NotFound("Tautan ini tidak dikenal.", log=f"no such link of service {service.id}")
    return link, row


def _tell(desk: Desk, service: Service, row: Resource, kind: str, told: str) -> None:
    content = {"service": service.id, "resource": row.id, "identity": row.identity}
    record(desk.session, kind, person=desk.somebody, request_id=service.request_id, summary=told, content=content)
