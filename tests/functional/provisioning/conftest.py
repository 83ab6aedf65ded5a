"""One tenant with a service and two connections to servers in memory: ``dns`` for contoh.example, ``web`` for sites."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from tapak.audit.models import AuditEvent
from tapak.db.session import Database
from tapak.db.wake import Lease, Wake, take_lease
from tapak.inventory.models import HeldName, Service
from tapak.plugins import Registry, build
from tapak.provisioning import service as acts
from tapak.provisioning.connections import ProviderPool, save_connection
from tapak.provisioning.models import JournalEntry, Resource
from tapak.provisioning.reconciler import Timing, reconcile
from tapak.sdk.resources import DesiredResource, RecordSet, Site
from tapak.tenants.models import Agency, Tenant
from tapak.testing.provider import MemoryPlugin, MemoryProvider, MemoryServer

ZONE = "contoh.example"
NAME = f"antrean.{ZONE}"
ADDRESS = "192.0.2.10"
SITE = DesiredResource("site", Site(NAME, "Antrean", "RSUD"))


def name(address: str = ADDRESS) -> DesiredResource:
    """The desired name, which needs the site."""
    return DesiredResource("name", RecordSet(ZONE, NAME, "A", (address,)), needs=("site",))


@dataclass
class World:
    """A tenant's service, its servers, and a worker that can be told to work once."""

    database: Database
    tenant: Tenant
    plugins: Registry
    dns: MemoryServer
    web: MemoryServer
    service_id: int
    timing: Timing

    def declare(self, *resources: DesiredResource, service_id: int | None = None) -> None:
        with self.database.begin(self.tenant.id) as session:
            acts.declare(session, service_id or self.service_id, resources, plugins=self.plugins)

    def do(self, act: object, *arguments: object) -> None:
        with self.database.begin(self.tenant.id) as session:
            act(session, *arguments)  # type: ignore[operator]

    def work(self, service_id: int | None = None) -> None:
        """One job; a lease that isn't free is an error of the test."""
        pool = ProviderPool(self.plugins)
        with self.database.session(self.tenant.id) as session:
            lease = self.lease(session, service_id or self.service_id)
            reconcile(session, lease, pool, self.timing)
        pool.close()

    def lease(self, session: object, service_id: int) -> Lease:
        lease = take_lease(session, acts.WAKE, service_id, self.timing.lease)  # type: ignore[arg-type]
        assert lease is not None, "nothing pending, or leased"
        return lease

    def expire_leases(self) -> None:
        """Let time pass until every lease has run out."""
        with self.database.begin(self.tenant.id) as session:
            session.connection().exec_driver_sql("update wake set lease_until = now() - interval '1 second'")

    def new_service(self, title: str = "Layanan lain") -> int:
        with self.database.begin(self.tenant.id) as session:
            agency = session.scalars(select(Agency)).first()
            assert agency is not None
            service = Service(title=title, procedure="contoh.hosting", agency_id=agency.id)
            session.add(service)
            session.flush()
            return service.id

    def resources(self) -> dict[str, Resource]:
        with self.database.begin(self.tenant.id) as session:
            return {row.identity: row for row in session.scalars(select(Resource).order_by(Resource.id))}

    def states(self) -> dict[str, str]:
        with self.database.begin(self.tenant.id) as session:
            return {state.key: state.state for state in acts.states(session, self.service_id)}

    def service(self) -> Service:
        with self.database.begin(self.tenant.id) as session:
            return session.get_one(Service, (self.tenant.id, self.service_id))

    def journal(self, identity: str) -> list[str]:
        query = select(JournalEntry.phase).join(Resource, Resource.id == JournalEntry.resource_id)
        with self.database.begin(self.tenant.id) as session:
            return list(session.scalars(query.where(Resource.identity == identity).order_by(JournalEntry.id)))

    def held(self) -> dict[str, str]:
        with self.database.begin(self.tenant.id) as session:
            return {row.name: row.state for row in session.scalars(select(HeldName))}

    def pending(self) -> Sequence[Wake]:
        with self.database.begin(self.tenant.id) as session:
            return session.scalars(select(Wake).where(Wake.kind == acts.WAKE)).all()

    def events(self) -> list[str]:
        with self.database.begin(self.tenant.id) as session:
            return list(session.scalars(select(AuditEvent.kind).order_by(AuditEvent.seq)))


@pytest.fixture
def world(database: Database, tenant: Tenant) -> Iterator[World]:
    MemoryProvider.servers.clear()
    plugins = build([MemoryPlugin()])
    with database.begin(tenant.id) as session:
        for key, zones in (("dns", [ZONE]), ("web", [])):
            settings = {"server": key}
            save_connection(
                session, tenant, plugins, key=key, provider="memory", title=key, settings=settings, zones=zones
            )
        agency = Agency(key="rsud", name="RSUD Contoh")
        session.add(agency)
        session.flush()
        service = Service(title="Antrean", procedure="contoh.hosting", agency_id=agency.id)
        session.add(service)
        session.flush()
        session.add(HeldName(name=NAME, service_id=service.id))
    servers = MemoryProvider.servers
    timing = Timing(lease=5, glance=0.01)
    yield World(database, tenant, plugins, servers["dns"], servers["web"], service.id, timing)
    MemoryProvider.servers.clear()


@pytest.fixture
def desired() -> tuple[DesiredResource, DesiredResource]:
    """A site and the name that leads to it."""
    return SITE, name()
