"""The unit's own page of its service: what stands, what was seen of it, and what the unit may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from tapak.accounts.policy import RequestSubject, may, require
from tapak.db.wake import wake
from tapak.inventory.models import Service
from tapak.panel.models import OneTimeLink, ServiceLook
from tapak.provisioning.models import JournalEntry, Resource
from tapak.provisioning.public import site_url
from tapak.requests import concerning
from tapak.requests.desk import Desk
from tapak.sdk.databases import Database
from tapak.sdk.errors import Conflict, NotFound
from tapak.sdk.resources import Account, Fact, Release, Site
from tapak.tenants.models import Agency

LOOK = "service_look"
"""The wake kind (row: the service) of asking its servers for the unit's page."""
FRESH = timedelta(minutes=5)
RUNNING = ("provisioning", "live", "failed", "suspended")
UNITS_SWITCH = "units_switch_releases"


@dataclass(frozen=True)
class Part:
    """One resource of the service, with the newest link to its password (None: none was asked for).

    ``url`` is where the public opens it; empty for what isn't a site.
    """

    row: Resource
    link: OneTimeLink | None
    url: str = ""

    @property
    def locked(self) -> bool:
        """Whether it has a password that its unit may see."""
        return self.row.kind in (Database.kind, Account.kind)


@dataclass(frozen=True)
class Panel:
    """What one person sees of one service. ``owns``: they belong to its unit and may see passwords.

    ``switches``: they may go back to an earlier release; ``refused`` (SHA-256) failed when they were last put online;
    ``held`` says in Indonesian why nothing is switched now (empty: it may be).
    ``figures`` are those of this service alone.
    """

    service: Service
    agency: str
    parts: Sequence[Part]
    look: ServiceLook | None
    owns: bool
    switches: bool
    refused: frozenset[str]
    held: str

    @property
    def figures(self) -> Sequence[Fact]:
        """Usage, as its servers told it."""
        return tuple(Fact(**fact) for fact in self.look.figures) if self.look else ()

    @property
    def sites(self) -> Mapping[str, Any]:
        """Releases and logs by site."""
        return self.look.sites if self.look else {}

    @property
    def has_site(self) -> bool:
        """Whether there is a site whose logs can be told."""
        return any(part.row.kind == Site.kind for part in self.parts)

    @property
    def stale(self) -> bool:
        """Whether a look is due, or on its way."""
        return self.look is None or self.look.taken_at is None or self.look.taken_at < self.look.asked_at

    @property
    def moving(self) -> bool:
        """Whether something is being brought about."""
        return any(part.row.state in ("planned", "applying", "verifying", "removing") for part in self.parts)

    @property
    def release(self) -> Resource | None:
        """The service's release, where it has one."""
        return next((part.row for part in self.parts if part.row.kind == Release.kind), None)

    @property
    def switchable(self) -> frozenset[str]:
        """SHA-256 of the releases that lie at the host and that this person may put online instead."""
        row = self.release
        if row is None or row.spec is None or self.held or not self.switches:
            return frozenset()
        kept = {each["sha256"] for site in self.sites.values() for each in site["releases"]}
        return frozenset(kept - self.refused - {row.spec["sha256"]})


def panel(desk: Desk, service_id: int) -> Panel:
    """The page of a service.

    Raises:
        NotFound: there is no such service, or this person may not know of it.
    """
    service = find(desk, service_id, "service.read")
    mine, person = subject(service), desk.somebody
    agency = desk.session.scalar(select(Agency.name).where(Agency.id == service.agency_id)) or ""
    look = desk.session.scalar(select(ServiceLook).where(ServiceLook.service_id == service.id))
    parts = _parts(desk, service)
    return Panel(
        service,
        agency,
        parts,
        look,
        owns=may(person, "service.unlock", mine),
        switches=may_switch(desk, service),
        refused=_refused(desk, [part.row.id for part in parts if part.row.kind == Release.kind]),
        held=_held(desk, service),
    )


def refresh(desk: Desk, service_id: int, *, always: bool = False) -> None:
    """Have the servers asked again, unless what is there is fresh.

    Raises:
        NotFound: there is no such service, or this person may not know of it.
    """
    service = find(desk, service_id, "service.read")
    look = desk.session.scalar(select(ServiceLook).where(ServiceLook.service_id == service.id))
    if look is not None and not always and desk.now - look.asked_at < FRESH:
        return
    ask(desk, service.id)


def ask(desk: Desk, service_id: int, *, in_seconds: float = 0) -> None:
    """Have a worker look, now or in a moment."""
    asked = insert(ServiceLook).values(service_id=service_id, asked_at=desk.now)
    names = [ServiceLook.tenant_id, ServiceLook.service_id]
    desk.session.execute(asked.on_conflict_do_update(index_elements=names, set_={"asked_at": desk.now}))
    wake(desk.session, LOOK, service_id, at=desk.now + timedelta(seconds=in_seconds) if in_seconds else None)


def find(desk: Desk, service_id: int, action: str) -> Service:
    """A running service on which the person may do ``action``.

    Raises:
        NotFound: there is none, or this person may not know of it.
        Forbidden: they may not do this.
    """
    query = select(Service).where(Service.id == service_id, Service.state.in_(RUNNING))
    service = desk.session.scalars(query).one_or_none()
    if service is None:
        raise NotFound("Layanan ini tidak ditemukan.", log=f"service {service_id} not found")
    require(desk.somebody, action, subject(service))
    return service


def subject(service: Service) -> RequestSubject:
    """What matters of a service for the policy."""
    return RequestSubject(agency_id=service.agency_id or 0, applicant_id=0)


def may_switch(desk: Desk, service: Service) -> bool:
    """Officers may go back to an earlier release; the unit itself where the agency lets units do so."""
    mine = subject(service)
    own = may(desk.person, "service.unlock", mine) and bool(desk.tenant.settings.get(UNITS_SWITCH))
    return own or may(desk.person, "service.manage", mine)


def _held(desk: Desk, service: Service) -> str:
    if service.suspended_at is not None:
        return "Layanan ini sedang ditangguhkan. Pulihkan dahulu."
    try:
        concerning.check_idle(desk, service)
    except Conflict as problem:
        return problem.message
    return ""


def resource(desk: Desk, service: Service, resource_id: int, *kinds: str) -> Resource:
    """A resource of the service, of one of ``kinds``.

    Raises:
        NotFound: it has none such.
    """
    found = desk.session.get(Resource, (desk.tenant.id, resource_id))
    if found is None or found.service_id != service.id or found.kind not in kinds or found.spec is None:
        raise NotFound("Bagian layanan ini tidak ditemukan.", log=f"service {service.id} has no {resource_id}")
    return found


def _parts(desk: Desk, service: Service) -> Sequence[Part]:
    rows = select(Resource).where(Resource.service_id == service.id, Resource.state != "gone").order_by(Resource.id)
    found = desk.session.scalars(rows).all()
    mine = OneTimeLink.resource_id.in_([row.id for row in found])
    newest = select(func.max(OneTimeLink.id)).where(mine).group_by(OneTimeLink.resource_id)
    links = {
        link.resource_id: link
        for link in desk.session.scalars(select(OneTimeLink).where(mine, OneTimeLink.id.in_(newest)))
    }
    return tuple(Part(row, links.get(row.id), _url(desk, row)) for row in found)


def _url(desk: Desk, row: Resource) -> str:
    return site_url(desk.session, desk.registry, Site(row.identity)) if row.kind == Site.kind else ""


def _refused(desk: Desk, releases: Sequence[int]) -> frozenset[str]:
    outcomes = (
        select(JournalEntry.spec["sha256"].as_string().label("sha256"), JournalEntry.phase)
        .where(JournalEntry.resource_id.in_(releases), JournalEntry.phase.in_(("verified", "failed")))
        .order_by(JournalEntry.id)
    )
    last = {found.sha256: found.phase for found in desk.session.execute(outcomes)}
    return frozenset(sha256 for sha256, phase in last.items() if phase == "failed")
