"""Certificates by ACME as core brings them about: challenges through the tenant's own BIND, renewal by the sweep."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from pyrage.x25519 import Identity
from sqlalchemy import select, text

import tapak_acme.plugin
import tapak_bind.plugin
from tapak.certificates.watching import renew_due
from tapak.db.session import Database
from tapak.db.wake import take_lease
from tapak.demo.servers.bind import BindServer
from tapak.demo.servers.pebble import PebbleServer
from tapak.inventory.models import HeldName, Service
from tapak.plugins import Registry, build
from tapak.provisioning import service as acts
from tapak.provisioning.connections import ProviderPool, save_connection
from tapak.provisioning.models import JournalEntry, Resource
from tapak.provisioning.publishing import PUT, TAKEN
from tapak.provisioning.reconciler import Timing, reconcile
from tapak.sdk.certificates import Certificate, Https
from tapak.sdk.resources import DesiredResource, RecordSet, Site, spec_to_json
from tapak.sdk.x509 import Pair, problems
from tapak.tenants.models import Agency, Tenant
from tapak.tenants.secrets import new_identity
from tapak.testing.dns_server import DnsOperator
from tapak.testing.provider import MemoryPlugin, MemoryProvider, MemoryServer

ZONE = "example.test"
SECRET = "rahasia akun untuk uji, cukup panjang untuk skema"
NUMBERS = count(1)


@dataclass
class Town:
    """A tenant with BIND, Pebble and a web server in memory, and a service of its own for each name."""

    database: Database
    tenant: Tenant
    plugins: Registry
    pool: ProviderPool
    web: MemoryServer
    dns: BindServer
    service_id: int
    name: str = field(default_factory=lambda: f"aman{next(NUMBERS)}.{ZONE}")

    def declare(self) -> None:
        wanted = (
            DesiredResource("certificate", Certificate(self.name)),
            DesiredResource("site", Site(self.name, "Antrean", "RSUD", https=Https()), needs=("certificate",)),
        )
        with self.database.begin(self.tenant.id) as session:
            acts.declare(session, self.service_id, wanted, plugins=self.plugins)

    def work(self) -> None:
        with self.database.session(self.tenant.id) as session:
            lease = take_lease(session, acts.WAKE, self.service_id, 60)
            assert lease is not None
            reconcile(session, lease, self.pool, Timing(lease=60))

    def resources(self) -> dict[str, Resource]:
        with self.database.begin(self.tenant.id) as session:
            query = select(Resource).where(Resource.service_id == self.service_id)
            return {row.key: row for row in session.scalars(query)}

    def phases(self) -> list[str]:
        with self.database.begin(self.tenant.id) as session:
            query = select(JournalEntry.phase).where(JournalEntry.resource_id == self.resources()["certificate"].id)
            return list(session.scalars(query.order_by(JournalEntry.id)))

    def given(self) -> Pair:
        """What the web server was given last."""
        told = self.web.given[self.name]["certificate"]
        return Pair(told["chain"], told["key"])

    @property
    def challenge(self) -> RecordSet:
        return RecordSet(ZONE, f"_acme-challenge.{self.name}", "TXT", ('"milik orang lain"',), 60)

    def standing(self) -> tuple[str, ...]:
        """What stands at the challenge's name."""
        kind = self.plugins.providers["bind"]
        with kind(kind.settings_schema().load(bind_settings(self.dns))) as provider:
            found = provider.read([self.challenge])[self.challenge.identity]
        return found.values if isinstance(found, RecordSet) else ()


def bind_settings(dns: BindServer) -> dict[str, object]:
    return {
        "address": dns.address,
        "port": dns.port,
        "zones": [ZONE],
        "key_name": dns.key_name,
        "key_secret": dns.key_secret,
        "algorithm": dns.algorithm,
    }


@pytest.fixture
def town(
    database: Database, owner_database: Database, tenant: Tenant, bind_server: BindServer, pebble_server: PebbleServer
) -> Iterator[Town]:
    MemoryProvider.servers.clear()
    keys = new_identity()
    with owner_database.begin() as session:
        session.execute(
            text("update tenant set recipient = :it where id = :id"), {"it": keys.recipient, "id": tenant.id}
        )
    plugins = build([MemoryPlugin(), tapak_acme.plugin, tapak_bind.plugin])
    acme = {
        "directory": pebble_server.url,
        "account_secret": SECRET,
        "terms_agreed": True,
        "authorities": pebble_server.authorities,
    }
    with database.begin(tenant.id) as session:
        session.refresh(known := session.get_one(Tenant, tenant.id))
        for key, settings, zones in (
            ("memory", {"server": "web"}, []),
            ("bind", bind_settings(bind_server), [ZONE]),
            ("acme", acme, []),
        ):
            save_connection(session, known, plugins, key=key, provider=key, title=key, settings=settings, zones=zones)
        agency = Agency(key="rsud", name="RSUD Contoh")
        session.add(agency)
        session.flush()
        service = Service(title="Antrean", procedure="contoh.hosting", agency_id=agency.id)
        session.add(service)
        session.flush()
        service_id = service.id
    pool = ProviderPool(plugins, [Identity.from_str(keys.identity)])
    made = Town(database, tenant, plugins, pool, MemoryProvider.servers["web"], bind_server, service_id)
    with database.begin(tenant.id) as session:
        session.add(HeldName(name=made.name, service_id=service_id))
    yield made
    pool.close()
    MemoryProvider.servers.clear()


def test_a_certificate_is_proved_given_to_its_site_and_renewed_in_time(town: Town, pebble_server: PebbleServer) -> None:
    operator = DnsOperator(town.dns)
    operator.put(town.challenge)
    town.declare()
    town.work()
    assert {row.state for row in town.resources().values()} == {"live"}
    first = town.given()
    assert problems(first, [town.name], datetime.now(UTC), pebble_server.root) == []
    assert town.standing() == town.challenge.values
    assert town.phases() == ["intent", PUT, TAKEN, "applied", "verified"]
    operator.remove(town.challenge)

    def sweep(at: datetime) -> int:
        with town.database.begin(town.tenant.id) as session:
            return renew_due(session, town.plugins, at)

    lasts = first.facts.not_after - first.facts.not_before
    assert sweep(first.facts.not_before + lasts * 0.6) == 0
    assert sweep(first.facts.not_before + lasts * 0.7) == 1
    town.work()
    assert {row.state for row in town.resources().values()} == {"live"}
    second = town.given()
    assert second.facts.fingerprint != first.facts.fingerprint
    assert second.key != first.key
    assert sweep(datetime.now(UTC) + timedelta(hours=1)) == 0
    assert town.standing() == ()


def test_what_a_killed_worker_left_is_taken_away_and_others_values_stay(town: Town) -> None:
    town.declare()
    left = RecordSet(ZONE, town.challenge.name, "TXT", ('"sisa pekerja yang mati"',), 60)
    both = RecordSet(ZONE, left.name, "TXT", (*left.values, *town.challenge.values), 60)
    DnsOperator(town.dns).put(both)
    with town.database.begin(town.tenant.id) as session:
        resource = town.resources()["certificate"]
        session.add(JournalEntry(resource_id=resource.id, generation=1, phase=PUT, spec=spec_to_json(left)))
    town.work()
    assert town.resources()["certificate"].state == "live"
    assert town.standing() == town.challenge.values
    with suppress(AssertionError):
        DnsOperator(town.dns).remove(town.challenge)


def test_a_name_in_no_zone_of_the_tenant_is_told(town: Town) -> None:
    town.name = "aman.lain.example"
    town.declare()
    town.work()
    row = town.resources()["certificate"]
    assert row.state == "failed"
    assert "sambungan DNS" in row.reason


def test_no_private_key_is_stored_in_the_open(town: Town, owner_database: Database) -> None:
    town.declare()
    town.work()
    secret = town.given().key.splitlines()[1]
    with owner_database.begin() as session:
        for table in ("resource", "journal_entry", "audit_event", "wake", "connection"):
            assert secret not in str(session.execute(text(f"select * from {table}")).all())
